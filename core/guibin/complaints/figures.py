"""What the complaints of a period come to, of what the scope may see: for the statistics above (S07-28)."""

from datetime import datetime

from msgspec import Struct

from guibin.periods.names import Period
from guibin.sla.plans import ClockRecord
from guibin.sla.queries import timer_of
from guibin_tenants.rows import shown
from guibin_tenants.scope import fetch

from .levels import RESOLUTION

# What was merged into another complaint is counted there.
_RECEIVED = "c.kind = 'complaint' and c.merged_into_id is null and c.received_at >= $1 and c.received_at < $2"
_CLOCK = f"join {timer_of('c', RESOLUTION)} and t.cancelled_at is null"
_TALLY = f"""
select count(*) as received, count(t.warned_at) as warned, count(t.breached_at) as breached,
    count(*) filter (where c.state in ('resolved', 'closed')) as resolved,
    count(*) filter (where c.state in ('open', 'waiting')) as open,
    count(*) filter (where c.state = 'open' and t.due_at < $3) as overdue,
    count(*) filter (where c.round > 0) as reopened,
    count(*) filter (where t.completed_at <= t.due_at) as in_time,
    count(*) filter (where t.completed_at is not null or (t.paused_at is null and t.due_at < $3)) as judged,
    trunc(avg(extract(epoch from t.completed_at - t.started_at)) filter (where t.completed_at is not null))::bigint
        as seconds_avg
from complaint c left {_CLOCK} where {_RECEIVED}
"""
_GROUPS = {
    "level": f"select c.level as name, count(*) as n from complaint c where {_RECEIVED} group by 1 order by 1",
    "channel": f"select c.channel as name, count(*) as n from complaint c where {_RECEIVED} group by 1 order by 1",
    "cause": "select r.cause as name, count(*) as n from complaint_resolution r join complaint c"
    " on c.tenant_id = r.tenant_id and c.id = r.complaint_id and c.round = r.round where c.kind = 'complaint'"
    " and c.received_at >= $1 and c.received_at < $2 group by 1 order by 1",
}


class Tally(Struct, frozen=True):
    """How many were received in the period, and of them warned about, late, settled and so on.

    `judged` are resolved here, or overdue; `in_time` those of them resolved by the deadline. `seconds_avg` is from receipt
    to remedy, 7×24, of those resolved here; None without any.
    """

    received: int
    warned: int
    breached: int
    resolved: int
    open: int
    overdue: int
    reopened: int
    in_time: int
    judged: int
    seconds_avg: int | None


class ResolvedClock(Struct, frozen=True):
    """The clock of a complaint that was resolved here, and when it was."""

    clock: ClockRecord
    completed_at: datetime


async def tally(period: Period, *, now: datetime) -> Tally:
    """As of `now`."""
    return shown(Tally, await fetch(_TALLY, period.starts_at, period.ends_at, now))[0]


async def groups(period: Period) -> dict[str, dict[str, int]]:
    """How many by `level`, `channel` and `cause`, each by its name."""
    return {
        group: {row["name"]: row["n"] for row in await fetch(sql, period.starts_at, period.ends_at)}
        for group, sql in _GROUPS.items()
    }


async def resolved_clocks(period: Period) -> list[ResolvedClock]:
    """Of every complaint of the period that was resolved here."""
    rows = await fetch(
        f"select t.clock, t.completed_at from complaint c {_CLOCK} where {_RECEIVED} and t.completed_at is not null",
        period.starts_at,
        period.ends_at,
    )
    return shown(ResolvedClock, rows)
