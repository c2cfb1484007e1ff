"""The weekly statistics of the opinion and complaint form (S07-28), each figure defined here and nowhere else."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from guibin_tenants.scope import fetch, fetch_one

from .periods import Period


class ComplaintStatistics(Struct, frozen=True):
    """Complaints received in a period. `starts_at` is inclusive, `ends_at` exclusive; figures are as of `as_of`.

    received: complaints whose first receipt lies in the period. by_level, by_channel, by_cause: the same, divided.
    warned, breached: those of them that were warned about, whose deadline passed unresolved. resolved: those settled,
    here or at their source. open: those not settled; overdue: those of them past their deadline. in_time_per_mille:
    of those whose deadline has come or that were resolved here, the share resolved by it; None when there is none.
    resolution_seconds_avg: from receipt to remedy, 7×24, of those resolved here. reopened: called back not satisfied.
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
    in_time_per_mille: int | None
    resolution_seconds_avg: int | None
    by_level: dict[str, int]
    by_channel: dict[str, int]
    by_cause: dict[str, int]
    clause: str = "S07-28"


_FIGURES = """
select count(*) as received, count(t.warned_at) as warned, count(t.breached_at) as breached,
    count(*) filter (where c.state in ('resolved', 'closed')) as resolved,
    count(*) filter (where c.state in ('open', 'waiting')) as open,
    count(*) filter (where c.state in ('open', 'waiting') and t.due_at < $3) as overdue,
    count(*) filter (where c.round > 0) as reopened,
    count(*) filter (where t.completed_at <= t.due_at) as in_time,
    count(*) filter (where t.completed_at is not null or t.due_at < $3) as judged,
    avg(extract(epoch from t.completed_at - t.started_at)) filter (where t.completed_at is not null) as seconds
from complaint c left join timer t on t.tenant_id = c.tenant_id and t.subject_id = c.id and t.milestone = 'resolution'
where c.kind = 'complaint' and c.received_at >= $1 and c.received_at < $2
"""
_GROUPS = {
    "level": "select c.level as name, count(*) as n from complaint c where c.kind = 'complaint'"
    " and c.received_at >= $1 and c.received_at < $2 group by 1 order by 1",
    "channel": "select c.channel as name, count(*) as n from complaint c where c.kind = 'complaint'"
    " and c.received_at >= $1 and c.received_at < $2 group by 1 order by 1",
    "cause": "select r.cause as name, count(*) as n from complaint_resolution r join complaint c"
    " on c.tenant_id = r.tenant_id and c.id = r.complaint_id and c.round = r.round where c.kind = 'complaint'"
    " and c.received_at >= $1 and c.received_at < $2 group by 1 order by 1",
}


async def complaint_statistics(period: Period, *, now: datetime) -> ComplaintStatistics:
    """The statistics of a period as of `now`."""
    row = await fetch_one(_FIGURES, period.starts_at, period.ends_at, now)
    assert row is not None
    groups = {
        name: {r["name"]: r["n"] for r in await fetch(sql, period.starts_at, period.ends_at)}
        for name, sql in _GROUPS.items()
    }
    return ComplaintStatistics(
        period=period.name,
        starts_at=period.starts_at,
        ends_at=period.ends_at,
        as_of=now,
        received=row["received"],
        warned=row["warned"],
        breached=row["breached"],
        resolved=row["resolved"],
        open=row["open"],
        overdue=row["overdue"],
        reopened=row["reopened"],
        in_time_per_mille=round(1000 * row["in_time"] / row["judged"]) if row["judged"] else None,
        resolution_seconds_avg=int(row["seconds"]) if row["seconds"] is not None else None,
        by_level=groups["level"],
        by_channel=groups["channel"],
        by_cause=groups["cause"],
    )


def lines(found: ComplaintStatistics) -> Iterator[tuple[str, str]]:
    """The statistics as name and figure, for tables and workbooks."""
    for name in ("received", "warned", "breached", "resolved", "open", "overdue", "reopened"):
        yield name, str(getattr(found, name))
    share = found.in_time_per_mille
    yield "in time", "-" if share is None else f"{share / 10:.1f} %"
    seconds = found.resolution_seconds_avg
    yield "average hours to remedy", "-" if seconds is None else f"{seconds / 3600:.1f}"
    for title, group in (("level", found.by_level), ("channel", found.by_channel), ("cause", found.by_cause)):
        for name, count in group.items():
            yield f"{title} {name}", str(count)
