"""What of service requests somebody owes: the step that comes next."""

from guibin.sla.owed import BY_TIMER, HANDLER, Owed
from guibin.sla.queries import timer_of
from guibin_tenants.principals import may

from .queries import MILESTONE

OWED = (
    Owed(
        kind="service_request",
        needs=may("requests:read"),
        source=f"service_request x left join {timer_of('x', MILESTONE)} cross join lateral (select count(*)::int as taken"
        " from service_step s where s.tenant_id = x.tenant_id and s.request_id = x.id) step",
        holds="x.state = 'open' and step.taken < jsonb_array_length(x.steps)",
        columns={
            "number": "x.number",
            "customer_id": "x.customer_id",
            "about": "x.item",
            "matter": "left(x.text, 120)",
            "details": "jsonb_build_object('step', x.steps ->> step.taken, 'place', (step.taken + 1)::text,"
            " 'of', jsonb_array_length(x.steps)::text)",
            "staff_id": HANDLER,
            "unit_id": "x.handler_unit_id",
            "happens_at": "x.appointment_at",
            **BY_TIMER,
        },
    ),
)
