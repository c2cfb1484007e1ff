"""Service requests, counted by the day on which their last step was recorded."""

from guibin.periods.counts import count, within

from .queries import SKIPPED

_FILED = (
    "service_request r join lateral (select max(s.recorded_at) as filed_at from service_step s"
    " where s.tenant_id = r.tenant_id and s.request_id = r.id) f on true"
)
_IN_PERIOD = f"r.state = 'filed' and {within('f.filed_at')}"

COUNTS = {
    "requests_filed": count(_FILED, _IN_PERIOD),
    "requests_skipping": count(
        _FILED, f"{_IN_PERIOD} and exists (select from {SKIPPED} and k.tenant_id = r.tenant_id and k.request_id = r.id)"
    ),
}
