"""Complaints and callbacks, counted."""

from guibin.periods.counts import count, within

from .figures import CLOCK, IN_TIME_AND_TOLD, TAKEN_IN, decided

_RECEIVED = f"{TAKEN_IN} and {within('c.received_at')}"
_CALLBACKS = "complaint_callback b join complaint c on c.tenant_id = b.tenant_id and c.id = b.complaint_id"
_LEVEL = {"level": "c.level"}

COUNTS = {
    "complaints_received": count("complaint c", _RECEIVED, by=_LEVEL),
    "complaints_due": count(f"complaint c {CLOCK}", f"{_RECEIVED} and {decided('p.as_of')}", by=_LEVEL),
    "complaints_resolved_in_time": count(f"complaint c {CLOCK}", f"{_RECEIVED} and {IN_TIME_AND_TOLD}", by=_LEVEL),
    "callbacks_answered": count(_CALLBACKS, f"{within('b.called_at')} and b.outcome <> 'not_reached'"),
    "callbacks_satisfied": count(_CALLBACKS, f"{within('b.called_at')} and b.outcome = 'satisfied'"),
}
