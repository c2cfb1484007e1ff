"""Two reports side by side: of two org units, of two periods, or of both."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Struct

from guibin.audit.actions import noted
from guibin.context import Act
from guibin.periods.names import before, parse_period
from guibin.policy.words import up_to
from guibin_tenants import org_units
from guibin_tenants.scope import see_units

from .actions import unit_of
from .figures import Definition, Kind, Value
from .reports import Asked, FigureLine, Report, report

Better = Literal["first", "second"]


class ComparisonAsked(Struct, frozen=True, kw_only=True):
    """Of which unit and period beside which: the reader's own unit and the period before without a wish."""

    period: Annotated[str, up_to(10)]
    other_period: Annotated[str, up_to(10)] | None = None
    org_unit_id: UUID | None = None
    other_unit_id: UUID | None = None


class Side(Struct, frozen=True, kw_only=True):
    """Which report stands on one side."""

    period: str
    org_unit_id: UUID
    org_unit_name: str
    closed: bool

    @property
    def named(self) -> str:
        """The unit and its period."""
        return f"{self.org_unit_name} {self.period}"


class ComparedLine(Struct, frozen=True, kw_only=True):
    """A figure on both sides. `change` is the first less the second, None where either is of too few; `better` the side that does
    better by what is good for the figure, None where they are equal or it cannot be said."""

    definition: Definition
    first: Value
    second: Value
    change: float | None
    better: Better | None


class Comparison(Struct, frozen=True, kw_only=True):
    """Every figure of a kind on both sides."""

    kind: str
    title: str
    first: Side
    second: Side
    figures: tuple[ComparedLine, ...]

    def better_of(self, line: ComparedLine) -> str:
        """What the better side is called: its unit, or its period where both are of one unit; empty where neither is."""
        if line.better is None:
            return ""
        side = self.first if line.better == "first" else self.second
        return side.period if self.first.org_unit_id == self.second.org_unit_id else side.org_unit_name


async def compare(kind: Kind, asked: ComparisonAsked, act: Act) -> Comparison:
    """It narrows what the transaction sees: the last thing read in it. Raises NotFound for a unit behind the wall, Invalid for
    no period."""
    zone = act.company.time_zone
    period = parse_period(asked.period, zone)
    other = parse_period(asked.other_period, zone) if asked.other_period else before(period, zone)
    unit = await unit_of(asked.org_unit_id, by=act.by)
    beside = await unit_of(asked.other_unit_id, by=act.by) if asked.other_unit_id else unit
    seen = {each.id: await org_units.visible_from(each.id) for each in (unit, beside)}
    made: dict[str, Report] = {}
    # Who sees all stands first: what was narrowed is not widened again.
    sides = (("first", unit, period), ("second", beside, other))
    for side, of, when in sorted(sides, key=lambda each: isinstance(seen[each[1].id], tuple)):
        visible = seen[of.id]
        if isinstance(visible, tuple):
            await see_units(visible)
        asked_of = Asked(kind=kind, period=when, org_unit_id=of.id, org_unit_name=of.name)
        made[side] = await report(asked_of, act)
    await noted("statistics.compare", act, subject="statistics", shown=len(made["first"].figures))
    return Comparison(
        kind=kind,
        title=made["first"].title,
        first=_side(made["first"]),
        second=_side(made["second"]),
        figures=tuple(map(_line, made["first"].figures, made["second"].figures)),
    )


def _side(made: Report) -> Side:
    told = {name: getattr(made, name) for name in ("period", "org_unit_id", "org_unit_name")}
    return Side(**told, closed=made.closed_at is not None)


def _line(first: FigureLine, second: FigureLine) -> ComparedLine:
    change = None if first.value is None or second.value is None else round(first.value - second.value, 1)
    good = first.definition.good
    better: Better | None = None
    # Of a plain number more is not better.
    if change and first.definition.unit == "per_mille":
        better = "first" if (change > 0) == (good == "above") else "second"
    return ComparedLine(definition=first.definition, first=first, second=second, change=change, better=better)
