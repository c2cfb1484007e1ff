"""What of inspections somebody owes: going through what was drawn, correcting a fault, and verifying that it is (S08-6)."""

from guibin.sla.owed import BY_TIMER, Owed
from guibin.sla.queries import timer_at, timer_of
from guibin_tenants.principals import may

_INSPECTS = "exists (select from staff m where m.tenant_id = x.tenant_id and m.id = $me::uuid and {0} = any (m.roles))"
OWED = (
    Owed(
        kind="inspection_item",
        needs=may("approvals:decide"),
        source="inspection_item x join inspection n on n.tenant_id = x.tenant_id and n.id = x.inspection_id"
        f" left join {timer_at('n', repr('inspected'))} and t.completed_at is null and t.cancelled_at is null",
        holds=f"x.result is null and x.responsible_id is distinct from $me::uuid and {_INSPECTS.format('n.inspector')}",
        columns={
            "subject_id": "x.inspection_id",
            "customer_id": "x.customer_id",
            "about": "n.name",
            "staff_id": "$me::uuid",
            **BY_TIMER,
        },
        private=True,
    ),
    Owed(
        kind="inspection_finding",
        needs=may("records:read"),
        source=f"inspection_finding x left join {timer_of('x', 'correction')}",
        holds="x.state = 'open'",
        columns={
            "customer_id": "x.customer_id",
            "about": "x.criterion",
            "matter": "left(x.text, 120)",
            "staff_id": "x.owner_id",
            "unit_id": "x.org_unit_id",
            **BY_TIMER,
        },
    ),
    Owed(
        kind="inspection_verification",
        needs=may("approvals:decide"),
        source="inspection_finding x",
        holds=f"x.state = 'corrected' and x.owner_id <> $me::uuid and {_INSPECTS.format('x.inspector')}",
        columns={
            "customer_id": "x.customer_id",
            "about": "x.criterion",
            "matter": "left(x.text, 120)",
            "staff_id": "$me::uuid",
        },
        private=True,
    ),
)
