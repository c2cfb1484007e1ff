"""What of inspections somebody owes: going through what was drawn, correcting a fault, and verifying that it is (S08-6)."""

from collections.abc import Mapping

from guibin.context import Act
from guibin.sla.owed import BY_TIMER, Owed
from guibin.sla.queries import timer_at, timer_of
from guibin_tenants.keys import hands_of
from guibin_tenants.principals import may

_INSPECTS = "exists (select from staff m where m.tenant_id = x.tenant_id and m.id = $me::uuid and {0} = any (m.roles))"
_CORRECTED_BY = (
    "(select p.taken_by from inspection_step p where p.tenant_id = x.tenant_id and p.finding_id = x.id"
    " and p.kind = 'corrected' order by p.taken_at desc limit 1)"
)


async def _hands(act: Act) -> Mapping[str, object]:
    return {"hands": list(await hands_of(act.by, now=act.now))}


OWED = (
    Owed(
        kind="inspection_item",
        needs=may("approvals:decide"),
        source="inspection_item x join inspection n on n.tenant_id = x.tenant_id and n.id = x.inspection_id"
        f" left join {timer_at('n', repr('inspected'))} and t.completed_at is null and t.cancelled_at is null",
        holds="x.result is null and (x.responsible_id is null or x.responsible_id <> all ($hands::uuid[]))"
        f" and {_INSPECTS.format('n.inspector')}",
        columns={
            "subject_id": "x.inspection_id",
            "customer_id": "x.customer_id",
            "about": "n.name",
            "staff_id": "$me::uuid",
            **BY_TIMER,
        },
        asks=_hands,
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
        holds="x.state = 'corrected' and x.owner_id <> all ($hands::uuid[])"
        f" and {_CORRECTED_BY} <> all ($hands::uuid[]) and {_INSPECTS.format('x.inspector')}",
        columns={
            "customer_id": "x.customer_id",
            "about": "x.criterion",
            "matter": "left(x.text, 120)",
            "staff_id": "$me::uuid",
        },
        asks=_hands,
        private=True,
    ),
)
