"""Needs that departments found and somebody is to follow up (S01-12)."""

from guibin.profiles.queries import customer_of
from guibin.sla.owed import Owed, by_day
from guibin_tenants.principals import may

OWED = (
    Owed(
        kind="needs_analysis",
        needs=may("records:read"),
        source=f"needs_analysis x {customer_of('c', 'x')} and c.closed_at is null",
        holds="x.followed_up_at is null",
        columns={
            "customer_id": "x.customer_id",
            "matter": "left(x.needs, 120)",
            "staff_id": "x.owner_id",
            **by_day("x.follow_up_on"),
        },
    ),
)
