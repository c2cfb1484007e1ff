"""What departments owe each other: an answer, by whoever answers for it; what was handed back, by whoever asked (S07-21)."""

from guibin.sla.owed import BY_TIMER, Owed
from guibin_tenants.principals import may

from .queries import LISTED, MINE

OWED = (
    Owed(
        kind="department_request",
        needs=may("requests:read"),
        source=LISTED.source,
        holds=f"x.state in ('sent', 'acknowledged', 'returned') and {MINE}",
        columns={
            "number": "x.number",
            "customer_id": "m.customer_id",
            "about": "x.task",
            "matter": "left(x.text, 120)",
            "details": "jsonb_build_object('state', x.state)",
            "staff_id": "case when x.state = 'returned' then x.asked_by else x.owner_id end",
            "unit_id": "case when x.state = 'returned' then x.from_unit_id else x.to_unit_id end",
            **BY_TIMER,
            "due_at": "case when x.state = 'sent' then coalesce(least(a.due_at, t.due_at), t.due_at)"
            " when x.state = 'acknowledged' then t.due_at end",
        },
        private=True,
    ),
)
