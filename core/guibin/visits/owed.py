"""What of visits somebody owes: those that are planned, and the filing of those that took place (S07-12)."""

from guibin.sla.owed import Owed
from guibin_tenants.principals import may

_OF_VISIT = {
    "subject": "'visit'::text",
    "customer_id": "x.customer_id",
    "matter": "left(x.purpose, 120)",
    "staff_id": "x.staff_id",
}
OWED = (
    Owed(
        kind="visit",
        needs=may("records:read"),
        source="visit x",
        holds="x.state = 'planned'",
        columns=_OF_VISIT
        | {
            "details": "jsonb_build_object('place', x.place)",
            "happens_at": "x.planned_at",
            "due_at": "x.due_at",
            "warn_at": "x.planned_at",
        },
    ),
    Owed(
        kind="visit_filing",
        needs=may("records:read"),
        source="visit x join visit_record r on r.tenant_id = x.tenant_id and r.visit_id = x.id",
        holds="x.state = 'carried_out'",
        columns=_OF_VISIT,
    ),
)
