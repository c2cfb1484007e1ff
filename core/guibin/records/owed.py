"""What account managers owe: contacts that their cadence asks for, and answers to what customers asked (S05-6, S13-5)."""

from collections.abc import Mapping

from guibin.context import Act
from guibin.periods.days import local_day
from guibin.profiles.queries import customer_of
from guibin.sla.owed import BY_TIMER, Owed, by_day
from guibin.sla.queries import timer_of
from guibin_tenants.principals import may

from . import dues
from .deadlines import MILESTONE, SUBJECT

_READ = may("records:read")


async def _cadences(act: Act) -> Mapping[str, object]:
    zone = act.company.time_zone
    return dues.asked_now(act.policy.cadences, dues.AsOf(local_day(act.now, zone), zone, act.now))


OWED = (
    Owed(
        kind="contact",
        needs=_READ,
        source=dues.OWED_NOW,
        holds="x.state = 'due'",
        columns={
            "subject": "'customer'::text",
            "customer_id": "x.id",
            "about": "x.scheme || '/' || x.tier || '/' || x.place",
            "details": "jsonb_build_object('span', x.span, 'times', x.times::text, 'made', x.made::text,"
            " 'face_to_face', x.face_to_face::text, 'tier', x.tier, 'scheme', x.scheme)",
            "staff_id": "x.account_manager_id",
            **by_day("(x.ends_at at time zone $zone::text)::date - 1"),
        },
        asks=_cadences,
    ),
    Owed(
        kind="question",
        needs=_READ,
        source=f"interaction x {customer_of('c', 'x')} left join {timer_of('x', MILESTONE)}",
        holds="x.handling_state = 'open'",
        columns={
            "subject": f"'{SUBJECT}'::text",
            "customer_id": "x.customer_id",
            "about": "x.channel",
            "matter": "left(x.need, 120)",
            "staff_id": "coalesce(c.account_manager_id, x.staff_id)",
            **BY_TIMER,
        },
    ),
)
