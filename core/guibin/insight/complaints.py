"""The statistics of the opinion and complaint form (S07-28), frozen at the close and compared."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.complaints.figures import ResolvedClock, form_lines, groups, resolved_clocks, tally
from guibin.context import Act
from guibin.periods.names import Period, before
from guibin.policy.calendars import Calendar
from guibin.policy.clocks import working_between
from guibin.sla.calendars import BUSINESS, in_force

from .actions import closed
from .counts import counted
from .figures import FEW, counts_of, figures_of, title_of, valued


class ComplaintStatistics(Struct, frozen=True, kw_only=True):
    """Complaints received in a period. `starts_at` is inclusive, `ends_at` exclusive; figures are as of `as_of`.

    received: complaints whose first receipt lies in the period. by_level, by_channel, by_cause: the same, divided.
    warned, breached: those of them that were warned about, whose deadline passed unresolved. resolved: those settled,
    here or at their source. open: those not settled; overdue: those of them past their deadline, unless they wait for the
    customer. judged: resolved here, or overdue; in_time_per_mille: the share of them resolved by the deadline, None for
    fewer than 5. resolution_seconds_avg: from receipt to remedy, 7×24, of those resolved here;
    resolution_business_seconds_avg: the same within business hours and outside pauses; _p90: what nine of ten stay
    within, None for fewer than 5. reopened: called back not satisfied.
    withdrawn: those the customer took back, neither settled nor judged. In time is resolved and told in time (S07-22).
    opinions: those received; repairs, receipts: such lines written on the form (S07-27).
    """

    period: str
    starts_at: datetime
    ends_at: datetime
    as_of: datetime
    received: int
    warned: int
    breached: int
    resolved: int
    open: int
    overdue: int
    reopened: int
    judged: int
    in_time_per_mille: int | None
    resolution_seconds_avg: int | None
    resolution_business_seconds_avg: int | None
    resolution_business_seconds_p90: int | None
    by_level: dict[str, int]
    by_channel: dict[str, int]
    by_cause: dict[str, int]
    withdrawn: int = 0
    opinions: int = 0
    repairs: int = 0
    receipts: int = 0
    clause: str = "S07-28"


class TargetLine(Struct, frozen=True, kw_only=True):
    """How the period stands to a KPI of the policy; `met` None for fewer than 5."""

    name: str
    title: str
    value_per_mille: float | None
    target_per_mille: int
    good: str
    met: bool | None
    clause: str


class ComplaintReport(ComplaintStatistics, frozen=True, kw_only=True):
    """The statistics of one org unit and everything under it, beside the period before and the targets.

    Once `closed_at` is set the figures are those of the close; `restated` holds, by name, every figure that has changed
    since, with its present value. `before` are the figures of the period before, frozen or not.
    """

    org_unit_id: UUID
    closed_at: datetime | None
    restated: dict[str, int | None]
    before: dict[str, int | None]
    targets: tuple[TargetLine, ...]


_COUNTED = ("received", "warned", "breached", "resolved", "withdrawn", "open", "overdue", "reopened", "judged")
_LINES = ("opinions", "repairs", "receipts")
SCALARS = (
    *_COUNTED,
    *_LINES,
    "in_time_per_mille",
    "resolution_seconds_avg",
    "resolution_business_seconds_avg",
    "resolution_business_seconds_p90",
)
_GROUPINGS = ("level", "channel", "cause")


async def complaint_statistics(period: Period, *, now: datetime) -> ComplaintStatistics:
    """The statistics of a period as of `now`, of what the scope may see."""
    counts, by, lines = await tally(period, now=now), await groups(period), await form_lines(period)
    worked = await _business_seconds(period)
    return ComplaintStatistics(
        period=period.name,
        starts_at=period.starts_at,
        ends_at=period.ends_at,
        as_of=now,
        **{name: getattr(counts, name) for name in _COUNTED},
        **{name: getattr(lines, name) for name in _LINES},
        in_time_per_mille=round(1000 * counts.in_time / counts.judged) if counts.judged >= FEW else None,
        resolution_seconds_avg=counts.seconds_avg,
        resolution_business_seconds_avg=sum(worked) // len(worked) if worked else None,
        resolution_business_seconds_p90=worked[-(-len(worked) * 9 // 10) - 1] if len(worked) >= FEW else None,
        by_level=by["level"],
        by_channel=by["channel"],
        by_cause=by["cause"],
    )


async def complaint_report(period: Period, org_unit_id: UUID, act: Act) -> ComplaintReport:
    """The statistics of a unit whose subtree the scope is narrowed to: frozen if closed, compared, against targets."""
    live = await complaint_statistics(period, now=act.now)
    close = await closed("complaints", period, org_unit_id)
    shown = msgspec.json.decode(close.content, type=ComplaintStatistics) if close else live
    earlier = before(period, act.company.time_zone)
    frozen = await closed("complaints", earlier, org_unit_id)
    compared = (
        msgspec.json.decode(frozen.content, type=ComplaintStatistics)
        if frozen
        else await complaint_statistics(earlier, now=act.now)
    )
    return ComplaintReport(
        **{name: getattr(shown, name) for name in ComplaintStatistics.__struct_fields__},
        org_unit_id=org_unit_id,
        closed_at=close.closed_at if close else None,
        restated={name: getattr(live, name) for name in SCALARS if getattr(live, name) != getattr(shown, name)},
        before={name: getattr(compared, name) for name in SCALARS},
        targets=await _targets(period, org_unit_id, act.at(shown.as_of)),
    )


def lines(statistics: ComplaintReport) -> Iterator[tuple[str, str, str, str]]:
    """Name, figure, the period before and what it is restated to, for the terminal."""
    for name in SCALARS:
        restated = worded(name, statistics.restated[name]) if name in statistics.restated else ""
        yield name, worded(name, getattr(statistics, name)), worded(name, statistics.before[name]), restated
    for title in _GROUPINGS:
        for name, count in getattr(statistics, f"by_{title}").items():
            yield f"{title} {name}", str(count), "", ""
    for target in statistics.targets:
        value = "-" if target.value_per_mille is None else f"{target.value_per_mille / 10:.2f} %"
        met = {True: "met", False: "not met", None: "too few"}[target.met]
        yield target.title, value, "", f"{target.good} {target.target_per_mille / 10:.1f} %: {met}"


def worded(name: str, value: int | None) -> str:
    """A figure as people read it: shares in per cent, durations in hours."""
    if value is None:
        return "-"
    if name.endswith("_per_mille"):
        return f"{value / 10:.1f} %"
    return f"{value / 3600:.1f} h" if "_seconds_" in name else str(value)


async def _business_seconds(period: Period) -> Sequence[int]:
    """Ascending, of every complaint of the period that was resolved here."""
    clocks = await resolved_clocks(period)
    if not clocks:
        return ()
    calendar = (await in_force(BUSINESS)).calendar
    return sorted(_worked(each, calendar) for each in clocks)


def _worked(resolved: ResolvedClock, calendar: Calendar) -> int:
    clock = resolved.clock
    return int(working_between(calendar, clock.started_at, resolved.completed_at, clock.pauses) / timedelta(seconds=1))


async def _targets(period: Period, org_unit_id: UUID, act: Act) -> tuple[TargetLine, ...]:
    policy, language = act.policy, act.language
    figures = [figure for figure in figures_of(policy, "complaints") if figure.target_per_mille is not None]
    close = await closed("counts", period, org_unit_id)
    counts = (
        msgspec.json.decode(close.content, type=dict[str, dict[str, int]])
        if close
        else await counted(counts_of(figures), period, policy=policy, time_zone=act.company.time_zone, as_of=act.now)
    )
    targets = []
    for figure in figures:
        value = valued(figure, counts, policy, language)
        line = TargetLine(
            name=figure.name,
            title=title_of(figure, policy, language),
            value_per_mille=value.value,
            target_per_mille=figure.target_per_mille or 0,
            good=figure.good,
            met=value.met,
            clause=figure.clause,
        )
        targets.append(line)
    return tuple(targets)
