"""What somebody owes because of a survey: an improvement that its owner has not reported yet (S01-11)."""

from guibin.sla.owed import Owed
from guibin_tenants.principals import may

OWED = (
    Owed(
        kind="improvement",
        needs=may("surveys:read"),
        source="improvement_action x",
        holds="coalesce((select s.kind from improvement_step s where s.tenant_id = x.tenant_id and s.action_id = x.id"
        " order by s.taken_at desc, s.id desc limit 1), 'sent_back') = 'sent_back'",
        columns={
            "customer_id": "x.customer_id",
            "matter": "left(x.text, 120)",
            "staff_id": "x.owner_id",
            "due_at": "x.due_at",
        },
    ),
)
