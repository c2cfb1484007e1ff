"""Reports: the figures of one kind for a week, month or year, of an org unit and everything under it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from guibin.context import Act
from guibin.periods.names import Period, before
from guibin.policy.packs import Policy
from guibin.policy.workstreams import Workstream

from .actions import closed
from .counts import Groups, counted
from .figures import KINDS, OF_PACKS, Definition, Figure, Kind, Value, counts_of, defined, figures_of, say, valued


class FigureLine(Value, frozen=True, kw_only=True):
    """A figure with its definition. `before` is its value in the period before; `restated` its numerator, denominator and
    value as they would be now, None while the period is open or nothing has changed since the close.
    """

    definition: Definition
    before: float | None
    restated: Value | None


class Report(Struct, frozen=True, kw_only=True):
    """The figures of a period. Once `closed_at` is set they are those of the close."""

    kind: str
    title: str
    period: str
    starts_at: datetime
    ends_at: datetime
    as_of: datetime
    closed_at: datetime | None
    org_unit_id: UUID
    org_unit_name: str
    figures: tuple[FigureLine, ...]


class Asked(Struct, frozen=True, kw_only=True):
    """Which report of which unit, and for whom: the unit's subtree is what the scope sees."""

    kind: Kind
    period: Period
    org_unit_id: UUID
    org_unit_name: str


async def report(asked: Asked, act: Act) -> Report:
    """Frozen if the period is closed, beside the period before."""
    policy, language = act.policy, act.language
    figures = figures_of(policy, asked.kind)
    names = counts_of(figures)
    live = await _counted(names, asked.period, act)
    close = await closed("counts", asked.period, asked.org_unit_id)
    shown = _missing(_counts(close.content), live) if close else live
    earlier = await _earlier(asked, names, act)
    lines = []
    for figure in figures:
        if figure.name in OF_PACKS and not {figure.numerator, figure.denominator or figure.numerator} <= shown.keys():
            continue
        value = valued(figure, shown, policy, language)
        present = valued(figure, live, policy, language)
        line = FigureLine(
            **{name: getattr(value, name) for name in Value.__struct_fields__},
            definition=defined(figure, policy, language),
            before=valued(figure, earlier, policy, language).value,
            restated=present if present != value else None,
        )
        lines.append(line)
    return Report(
        kind=asked.kind,
        title=say(f"report.{asked.kind}", policy, language),
        period=asked.period.name,
        starts_at=asked.period.starts_at,
        ends_at=asked.period.ends_at,
        as_of=close.closed_at if close else act.now,
        closed_at=close.closed_at if close else None,
        org_unit_id=asked.org_unit_id,
        org_unit_name=asked.org_unit_name,
        figures=tuple(lines),
    )


async def _earlier(asked: Asked, names: Sequence[str], act: Act) -> dict[str, Groups]:
    period = before(asked.period, act.company.time_zone)
    close = await closed("counts", period, asked.org_unit_id)
    if close:
        return _counts(close.content)
    return await _counted(names, period, act)


async def _counted(names: Sequence[str], period: Period, act: Act) -> dict[str, Groups]:
    return await counted(names, period, policy=act.policy, time_zone=act.company.time_zone, as_of=act.now)


def _counts(text: str) -> dict[str, Groups]:
    return msgspec.json.decode(text, type=dict[str, dict[str, int]])


def _missing(frozen: dict[str, Groups], live: dict[str, Groups]) -> dict[str, Groups]:
    # A count that was defined after the close has no frozen number: it is shown as it is now.
    return {**live, **frozen}


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
