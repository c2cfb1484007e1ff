"""What of receptions a department owes: its tasks ahead of the arrival. They name no guest."""

from guibin.sla.owed import BY_TIMER, Owed
from guibin.sla.queries import timer_of
from guibin_tenants.principals import may

from .editions import DONE

OWED = (
    Owed(
        kind="reception_task",
        needs=may("receptions:read"),
        source=f"reception_task x join {timer_of('x', DONE)}",
        holds="x.state = 'open'",
        columns={
            "number": "x.number",
            "about": "x.name",
            "details": "jsonb_build_object('department', x.department)",
            "unit_id": "x.org_unit_id",
            "mine": "(x.org_unit_id = $unit::uuid) is true",
            **BY_TIMER,
        },
    ),
)
