"""What of the hotline somebody owes: calls to be ended or matched, and calls to be returned (S01-7, S05-5)."""

from guibin.profiles.queries import customer_of
from guibin.sla.owed import BY_TIMER, MANAGERS_OR_HEAD_OFFICES, Owed
from guibin.sla.queries import timer_of
from guibin_tenants.principals import may

from .deadlines import CALL_BACK, MATCH, SUBJECT

_READ = may("records:read")
_OF_CALL = {
    "subject": f"'{SUBJECT}'::text",
    "customer_id": "x.customer_id",
    "about": "x.state",
    "number": "x.number_masked",
}
OWED = (
    Owed(
        kind="call",
        needs=_READ,
        source=f"hotline_call x left join {timer_of('x', MATCH)}",
        holds="x.state in ('open', 'unmatched')",
        columns=_OF_CALL
        | BY_TIMER
        | {"staff_id": "x.staff_id", "unit_id": "x.org_unit_id", "matter": "left(x.content, 120)"},
    ),
    Owed(
        kind="call_back",
        needs=_READ,
        source=f"hotline_call x left {customer_of('c', 'x')} left join {timer_of('x', CALL_BACK)}",
        holds="x.state = 'missed'",
        columns=_OF_CALL
        | BY_TIMER
        | {
            "staff_id": "c.account_manager_id",
            "unit_id": "x.org_unit_id",
            "mine": MANAGERS_OR_HEAD_OFFICES,
        },
    ),
)
