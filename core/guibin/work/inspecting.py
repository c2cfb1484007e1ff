"""What a supervisor goes through and sees to, in parts: what of each is late, due today, open, and where its rows are (S08-6)."""

from collections.abc import Collection
from datetime import datetime
from typing import Literal

from msgspec import Struct

from guibin.context import Act
from guibin.plans import work_logs
from guibin.plans.work_logs import UnreviewedLog
from guibin.web.listing import PageAsked
from guibin.web.paging import Page

from . import queries
from .queries import WorkFilter, WorkView

Part = Literal["inspections", "faults", "samples", "cadence", "measures", "logs"]
# The kinds of what is owed that each part holds. A customer not contacted, or not gone through, in time is missed cadence.
PARTS: dict[Part, tuple[str, ...]] = {
    "inspections": ("inspection_item", "inspection_verification"),
    "faults": ("inspection_finding",),
    "samples": ("sampled",),
    "cadence": ("contact", "review", "follow_up"),
    "measures": ("improvement", "measure", "relationship_measure", "rectification"),
    "logs": ("plan_review",),
}
ALL = tuple(kind for kinds in PARTS.values() for kind in kinds)


class PartCount(Struct, frozen=True, kw_only=True):
    """How much of a part is open, late, and due until the day ends, what is late included."""

    part: Part
    count: int
    late: int
    today: int


class Inspecting(Struct, frozen=True, kw_only=True):
    """Every part with its counts, and the logs of the last span that wait to be gone through: they count among `logs`."""

    parts: tuple[PartCount, ...]
    logs: list[UnreviewedLog]


async def inspecting(act: Act) -> Inspecting:
    """Of all units that the reader leads. Raises Forbidden for whoever leads none."""
    counts = {each.kind: each for each in await queries.counts(WorkFilter(whose="unit"), act, kinds=ALL)}
    logs = await work_logs.unreviewed(act)
    found = []
    for part, kinds in PARTS.items():
        known = [counts[kind] for kind in kinds if kind in counts]
        more = len(logs) if part == "logs" else 0
        found.append(
            PartCount(
                part=part,
                count=sum(each.count for each in known) + more,
                late=sum(each.late for each in known),
                today=sum(each.today for each in known) + more,
            )
        )
    return Inspecting(parts=tuple(found), logs=logs)


async def rows(part: Part | None, ends: datetime, page: PageAsked, act: Act) -> Page[WorkView]:
    """The rows of a part, due soonest first; without one, of all parts what is late or due before `ends`."""
    kinds: Collection[str] = PARTS[part] if part else ALL
    asked = WorkFilter(whose="unit") if part else WorkFilter(whose="unit", due_before=ends)
    return await queries.owed(asked, page, act, kinds=kinds)
