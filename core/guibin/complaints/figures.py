"""What the complaints of a period come to, of what the scope may see: for the statistics above (S07-28)."""

from datetime import datetime

from msgspec import Struct

from guibin.periods.names import Period
from guibin.sla.plans import ClockRecord
from guibin.sla.queries import IN_TIME, judged, timer_of
from guibin_tenants.rows import read, shown
from guibin_tenants.scope import fetch

from .levels import RESOLUTION, RESULT

# What was merged into another complaint is counted there.
TAKEN_IN = "c.kind = 'complaint' and c.merged_into_id is null"
CLOCK = f"join {timer_of('c', RESOLUTION)} and t.cancelled_at is null"
_OWED = (
    "exists (select from timer r where r.tenant_id = c.tenant_id and r.subject_id = c.id"
    f" and r.milestone = '{RESULT}' and r.cancelled_at is null and {{which}})"
)
# In time is resolved in time and, where the result is due to the customer, told in time (S07-22).
IN_TIME_AND_TOLD = f"({IN_TIME} and not {_OWED.format(which='(r.completed_at is null or r.completed_at > r.due_at)')})"


def decided(now: str) -> str:
    """SQL: whether it was in time can be said: not while there is time left to tell the result."""
    waits = _OWED.format(which=f"r.completed_at is null and r.due_at >= {now}")
    return f"({judged(now)} and not (t.completed_at is not null and {IN_TIME} and {waits}))"


WITHDRAWN = "exists (select from complaint_withdrawal w where w.tenant_id = c.tenant_id and w.complaint_id = c.id)"
_RECEIVED = f"{TAKEN_IN} and c.received_at >= $1 and c.received_at < $2"
_TALLY = f"""
select count(*) as received, count(t.warned_at) as warned, count(t.breached_at) as breached,
    count(*) filter (where c.state in ('resolved', 'closed') and not {WITHDRAWN}) as resolved,
    count(*) filter (where {WITHDRAWN}) as withdrawn,
    count(*) filter (where c.state in ('open', 'waiting')) as open,
    count(*) filter (where c.state = 'open' and t.due_at < $3) as overdue,
    count(*) filter (where c.round > 0) as reopened,
    count(*) filter (where {IN_TIME_AND_TOLD}) as in_time, count(*) filter (where {decided("$3")}) as judged,
    trunc(avg(extract(epoch from t.completed_at - t.started_at)) filter (where t.completed_at is not null))::bigint
        as seconds_avg
from complaint c left {CLOCK} where {_RECEIVED}
"""
_GROUPS = {
    "level": f"c.level as name, count(*) as n from complaint c where {_RECEIVED}",
    "channel": f"c.channel as name, count(*) as n from complaint c where {_RECEIVED}",
    "cause": "r.cause as name, count(*) as n from complaint_resolution r join complaint c on c.tenant_id = r.tenant_id"
    " and c.id = r.complaint_id and c.round = r.round where c.kind = 'complaint' and c.received_at >= $1 and c.received_at < $2",
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
    withdrawn: int
    open: int
    overdue: int
    reopened: int
    in_time: int
    judged: int
    seconds_avg: int | None


class Lines(Struct, frozen=True):
    """What else the form holds: opinions received, repair records and field teams' receipts written (S07-27)."""

    opinions: int
    repairs: int
    receipts: int


_LINES = """
select (select count(*) from complaint c where c.kind = 'opinion' and c.merged_into_id is null
        and c.received_at >= $1 and c.received_at < $2) as opinions,
    count(*) filter (where n.kind = 'repair') as repairs, count(*) filter (where n.kind = 'receipt') as receipts
from complaint_note n where n.written_at >= $1 and n.written_at < $2
"""


class ResolvedClock(Struct, frozen=True):
    """The clock of a complaint that was resolved here, and when it was."""

    clock: ClockRecord
    completed_at: datetime


async def tally(period: Period, *, now: datetime) -> Tally:
    """As of `now`."""
    return shown(Tally, await fetch(_TALLY, period.starts_at, period.ends_at, now))[0]


async def form_lines(period: Period) -> Lines:
    """Of the period, each by its own moment."""
    return shown(Lines, await fetch(_LINES, period.starts_at, period.ends_at))[0]


async def groups(period: Period) -> dict[str, dict[str, int]]:
    """How many by `level`, `channel` and `cause`, each by its name."""
    return {
        group: {
            row["name"]: row["n"]
            for row in await fetch(f"select {sql} group by 1 order by 1", period.starts_at, period.ends_at)
        }
        for group, sql in _GROUPS.items()
    }


async def resolved_clocks(period: Period) -> list[ResolvedClock]:
    """Of every complaint of the period that was resolved here."""
    return await read(
        ResolvedClock,
        f"select t.clock, t.completed_at from complaint c {CLOCK} where {_RECEIVED} and t.completed_at is not null",
        period.starts_at,
        period.ends_at,
    )
