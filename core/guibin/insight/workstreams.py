"""The three workstreams with their parts of the policy and their figures of a period (S01-3)."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from guibin.context import Act
from guibin.policy.packs import Policy
from guibin.policy.workstreams import Workstream

from .figures import KINDS, Figure, figures_of, say
from .reports import Asked, FigureLine, report


class WorkstreamReport(Struct, frozen=True):
    """One workstream: which parts of the policy belong to it, and how it went."""

    name: str
    title: str
    parts: tuple[str, ...]
    clause: str
    figures: tuple[FigureLine, ...]


class WorkstreamsReport(Struct, frozen=True):
    """All of them for one period and org unit."""

    period: str
    as_of: datetime
    org_unit_id: UUID
    workstreams: tuple[WorkstreamReport, ...]


async def workstreams(asked: Asked, act: Act) -> WorkstreamsReport:
    """Every figure under the one workstream it belongs to."""
    reports = [await report(replace(asked, kind=kind), act) for kind in KINDS]
    lines = {line.definition.name: line for each in reports for line in each.figures}
    belongs = {figure.name: workstream_of(figure, act.policy) for figure in figures_of(act.policy)}
    return WorkstreamsReport(
        period=asked.period.name,
        as_of=act.now,
        org_unit_id=asked.org_unit_id,
        workstreams=tuple(
            WorkstreamReport(
                name=stream.name,
                title=say(f"workstream.{stream.name}", act.policy, act.language),
                parts=stream.parts,
                clause=stream.clause,
                figures=tuple(line for name, line in lines.items() if belongs[name] == stream),
            )
            for stream in act.policy.workstreams
        ),
    )


def workstream_of(figure: Figure, policy: Policy) -> Workstream | None:
    """The workstream that names the figure, else the one of its kind."""
    named = next((stream for stream in policy.workstreams if figure.name in stream.figures), None)
    return named or next((stream for stream in policy.workstreams if figure.kind in stream.figure_kinds), None)
