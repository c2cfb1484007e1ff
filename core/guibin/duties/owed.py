"""What whoever is on duty owes: to take what came in (S07-2)."""

from guibin.sla.owed import BY_TIMER, Owed
from guibin.sla.queries import timer_of
from guibin_tenants.principals import may

from .queries import RESPONSE

OWED = (
    Owed(
        kind="duty_call",
        needs=may("records:read"),
        source=f"duty_call x left join {timer_of('x', RESPONSE)}",
        holds="x.state = 'waiting'",
        columns={
            "subject": "x.subject",
            "subject_id": "x.subject_id",
            "customer_id": "x.customer_id",
            "number": "x.number",
            "about": "x.subject",
            "staff_id": "x.asked_id",
            "unit_id": "x.org_unit_id",
            **BY_TIMER,
        },
    ),
)
