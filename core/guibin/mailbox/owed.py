"""Mails that somebody has to take up: the account manager's of a known sender, else the desk's (S01-7)."""

from guibin.profiles.queries import customer_of
from guibin.sla.owed import BY_TIMER, Owed
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
            # One of nobody's known in the head office's mailbox is everybody's there.
            "mine": "((c.account_manager_id = $me::uuid) is true"
            " or (c.account_manager_id is null and x.org_unit_id is null and $unit::uuid is null))",
            **BY_TIMER,
        },
    ),
)
