"""Mails that somebody has to take up: the account manager's of a known sender, else the desk's (S01-7)."""

from guibin.profiles.queries import customer_of
from guibin.sla.owed import BY_TIMER, MANAGERS_OR_HEAD_OFFICES, Owed
from guibin.sla.queries import timer_of
from guibin_tenants.principals import may

from .deadlines import MILESTONE, SUBJECT

OWED = (
    Owed(
        kind="mail",
        needs=may("records:read"),
        source=f"mail x left {customer_of('c', 'x')} left join {timer_of('x', MILESTONE)}",
        holds="x.state = 'new'",
        columns={
            "subject": f"'{SUBJECT}'::text",
            "customer_id": "x.customer_id",
            "matter": "left(case when x.title <> '' then x.title else x.text end, 120)",
            "staff_id": "c.account_manager_id",
            "unit_id": "x.org_unit_id",
            "mine": MANAGERS_OR_HEAD_OFFICES,
            **BY_TIMER,
        },
    ),
)
