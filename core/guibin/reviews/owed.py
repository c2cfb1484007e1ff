"""What account managers owe: customers to go through in the present span, and what was to follow from a review (S07-9)."""

from collections.abc import Mapping

from guibin.context import Act
from guibin.periods.days import local_day
from guibin.profiles.queries import customer_of
from guibin.sla.owed import Owed, by_day
from guibin_tenants.principals import may

from . import dues
from .actions import SUBJECT

_READ = may("records:read")


async def _rhythms(act: Act) -> Mapping[str, object]:
    zone = act.company.time_zone
    return dues.asked_all(dues.reviews_on(act.policy.reviews, local_day(act.now, zone), zone), "review")


OWED = (
    Owed(
        kind="review",
        needs=_READ,
        source=dues.owed("customer_review", "review"),
        holds="x.state = 'due'",
        columns={
            "subject": "'customer'::text",
            "customer_id": "x.id",
            "about": "x.name",
            "details": "jsonb_build_object('span', x.span)",
            "staff_id": "x.account_manager_id",
            **by_day("(x.ends_at at time zone $zone::text)::date - 1"),
        },
        asks=_rhythms,
    ),
    Owed(
        kind="follow_up",
        needs=_READ,
        source=f"customer_review x {customer_of('c', 'x')} and c.closed_at is null",
        holds="x.follow_up_on is not null and not exists (select from review_outcome o where o.tenant_id = x.tenant_id"
        " and o.review_id = x.id)",
        columns={
            "subject": f"'{SUBJECT}'::text",
            "customer_id": "x.customer_id",
            "about": "x.duty",
            "matter": "left(x.follow_up, 120)",
            "staff_id": "c.account_manager_id",
            **by_day("x.follow_up_on"),
        },
    ),
)
