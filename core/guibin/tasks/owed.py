"""What is owed because of a task, by whoever's it is."""

from guibin.sla.owed import BY_TIMER, Owed
from guibin.sla.queries import timer_of
from guibin_tenants.principals import may

from .queries import MILESTONE

OWED = (
    Owed(
        kind="task",
        needs=may("records:read"),
        source=f"task x left join {timer_of('x', MILESTONE)}",
        holds="x.state = 'open'",
        columns={
            "customer_id": "x.customer_id",
            "matter": "left(x.text, 120)",
            "staff_id": "x.owner_id",
            **BY_TIMER,
        },
    ),
)
