"""What is owed because of a signal: its task, by whoever looks after the customer (S07-32)."""

from guibin.profiles.queries import customer_of
from guibin.sla.owed import BY_TIMER, Owed
from guibin.sla.queries import timer_of
from guibin_tenants.principals import may

from .queries import ACTION, SUBJECT

OWED = (
    Owed(
        kind="signal",
        needs=may("records:read"),
        source=f"signal x {customer_of('c', 'x')} left join {timer_of('x', ACTION)}",
        holds="x.state = 'open'",
        columns={
            "subject": f"'{SUBJECT}'::text",
            "customer_id": "x.customer_id",
            "about": "x.rule",
            "details": "x.details || jsonb_build_object('source', x.source)",
            "staff_id": "c.account_manager_id",
            "unit_id": "case when c.account_manager_id is null then c.org_unit_id end",
            **BY_TIMER,
        },
    ),
)
