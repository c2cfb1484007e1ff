"""What account managers owe their customers: occasions, orders about to end, renewals to carry out (S07-4, S07-6, S07-18)."""

from guibin.profiles.queries import customer_of
from guibin.sla.owed import Owed, by_day
from guibin_tenants.principals import may

_READ = may("care:read")
_OF_CUSTOMER = {"customer_id": "x.customer_id", "staff_id": "c.account_manager_id"}
_ORDER = "join product_order o on o.tenant_id = x.tenant_id and o.id = x.order_id"
_ORDERED = {"details": "jsonb_build_object('product', o.product, 'ends_on', x.ends_on::text)"}

OWED = (
    Owed(
        kind="care_task",
        needs=_READ,
        source=f"care_task x {customer_of('c', 'x')}",
        holds="x.state = 'open'",
        columns=_OF_CUSTOMER
        | {"about": "x.occasion", "details": "jsonb_build_object('gifts', x.gifts, 'messages', x.messages)"}
        | by_day("x.occurs_on"),
    ),
    Owed(
        kind="reminder",
        needs=_READ,
        source=f"reminder x {customer_of('c', 'x')} {_ORDER}",
        holds="x.state = 'open'",
        columns=_OF_CUSTOMER | _ORDERED | by_day("x.due_on"),
    ),
    Owed(
        kind="renewal",
        needs=_READ,
        source=f"renewal x {customer_of('c', 'x')} {_ORDER}",
        holds="x.state = 'approved'",
        columns=_OF_CUSTOMER | _ORDERED | by_day("x.ends_on - 1"),
    ),
)
