"""What of relationship plans an account manager owes: the measures that are neither carried out nor dropped (S01-5)."""

from guibin.plan_reviews.queries import held_back
from guibin.profiles.queries import customer_of, refused
from guibin.records.dues import CONTACT
from guibin.sla.owed import Owed, by_day
from guibin_tenants.principals import may

_REFUSED = refused("x", "x.customer_id", f"'{CONTACT}'")
OWED = (
    Owed(
        kind="relationship_measure",
        needs=may("records:read"),
        source=f"relationship_measure x {customer_of('c', 'x')} and c.closed_at is null"
        " left join measure_end e on e.tenant_id = x.tenant_id and e.measure_id = x.id",
        holds=f"e.id is null and ({_REFUSED}) is not true"
        f" and not {held_back('relationship_plan', 'x.tenant_id', 'x.plan_id')}",
        columns={
            "subject": "'relationship_plan'::text",
            "subject_id": "x.plan_id",
            "customer_id": "x.customer_id",
            "about": "x.kind",
            "matter": "left(x.text, 120)",
            "staff_id": "c.account_manager_id",
            **by_day("x.due_on"),
        },
    ),
)
