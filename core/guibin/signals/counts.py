"""Signals counted beside complaints: which had a signal before them, which signals a complaint followed (S07-16, S07-32)."""

from guibin.complaints.queries import KNOWN, following
from guibin.periods.counts import COUNTED_ABOVE, Count, within
from guibin.sla.queries import timer_of

from .queries import ACTION

_BEFORE = (
    "exists (select from signal s where s.tenant_id = k.tenant_id and s.customer_id = k.customer_id"
    " and s.found_at < k.received_at and k.received_at <= s.found_at + make_interval(days => s.followed_days))"
)
_FOUND = within("s.found_at")
_TAKEN = f"{KNOWN} and k.kind = 'complaint' and {within('k.received_at')}"
_DUE = f"signal s join {timer_of('s', ACTION)} where t.cancelled_at is null and {within('t.due_at')}"


def _count(rows: str) -> Count:
    table, _, holds = rows.partition(" where ")
    return Count(f"select '', count(*) from p cross join {rows}", rows=table, holds=holds)


for _name, _rows in {
    "complaints_of_customers": _TAKEN,
    "complaints_foreseen": f"{_TAKEN} and {_BEFORE}",
    "signals_found": f"signal s where {_FOUND}",
    "signals_followed": f"signal s where {_FOUND} and exists (select {following('s')})",
    "signals_due": f"{_DUE} and t.due_at < p.as_of",
    "signals_acted_in_time": f"{_DUE} and t.completed_at <= t.due_at",
}.items():
    COUNTED_ABOVE.give(_name, _count(_rows))
