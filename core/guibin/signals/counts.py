"""Signals counted beside complaints: which had a signal before them, which signals a complaint followed (S07-16, S07-32)."""

from guibin.periods.counts import count, within

from .queries import FOLLOWING

_TAKEN = (
    f"k.customer_id is not null and k.kind = 'complaint' and k.merged_into_id is null and {within('k.received_at')}"
)
_BEFORE = (
    "exists (select from signal s where s.tenant_id = k.tenant_id and s.customer_id = k.customer_id"
    " and s.found_at < k.received_at and k.received_at <= s.found_at + make_interval(days => s.followed_days))"
)
_FOUND = within("s.found_at")
_TIMED = "join timer t on t.tenant_id = s.tenant_id and t.subject_id = s.id and t.cancelled_at is null"
_DUE = within("t.due_at")

COUNTS = {
    "complaints_of_customers": count("complaint k", _TAKEN),
    "complaints_foreseen": count("complaint k", f"{_TAKEN} and {_BEFORE}"),
    "signals_found": count("signal s", _FOUND),
    "signals_followed": count("signal s", f"{_FOUND} and exists (select {FOLLOWING.format('s')})"),
    "signals_due": count(f"signal s {_TIMED}", f"{_DUE} and t.due_at < p.as_of"),
    "signals_acted_in_time": count(f"signal s {_TIMED}", f"{_DUE} and t.completed_at <= t.due_at"),
}
