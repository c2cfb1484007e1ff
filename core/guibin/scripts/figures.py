"""What scripts that act are told of customers: kind, tiers, and how often each kind of event happened to them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from guibin.automations.history import PAST, Occurrence
from guibin.context import Act
from guibin.periods.days import local_day
from guibin.profiles.queries import kinds_of
from guibin.tiers.queries import current_tiers
from guibin_tenants.scope import fetch

from .stubs import CustomerFigures, Due, Happened

_SHORT, _LONG = timedelta(days=30), timedelta(days=365)
_COUNTED = (
    "select event, customer_id, count(*)::int as long, (count(*) filter (where at > $2))::int as short from ("
    + " union all ".join(
        f"select '{event}'::text as event, p.customer_id, p.at from ({source}) p" for event, source in PAST.items()
    )
    + ") e where customer_id = any ($1::uuid[]) and at > $3 and at <= $4 group by event, customer_id order by event"
)


async def figures_of(customer_ids: Sequence[UUID], at: datetime, act: Act) -> dict[UUID, CustomerFigures]:
    """Of each that is in sight, as of that moment; the kind is today's."""
    ids = list(customer_ids)
    kinds = await kinds_of(ids)
    tiers = await current_tiers(ids, on=local_day(at, act.company.time_zone)) if ids else {}
    rows = await fetch(_COUNTED, ids, at - _SHORT, at - _LONG, at) if ids else []
    short: dict[UUID, dict[str, int]] = {}
    long: dict[UUID, dict[str, int]] = {}
    for row in rows:
        long.setdefault(row["customer_id"], {})[row["event"]] = row["long"]
        if row["short"]:
            short.setdefault(row["customer_id"], {})[row["event"]] = row["short"]
    return {
        each: CustomerFigures(each, kind, tiers.get(each, {}), short.get(each, {}), long.get(each, {}))
        for each, kind in kinds.items()
    }


async def happened(occurrence: Occurrence, act: Act) -> Happened:
    """What a script hears of an event."""
    whose = occurrence.customer_id
    known = await figures_of([whose], occurrence.at, act) if whose else {}
    return Happened(
        event=occurrence.event,
        data=occurrence.said,
        subject=occurrence.subject,
        subject_id=occurrence.subject_id,
        customer=known.get(whose) if whose else None,
        at=occurrence.at,
        today=local_day(occurrence.at, act.company.time_zone),
        settings=_settings(act),
    )


def due(customer: CustomerFigures, at: datetime, act: Act) -> Due:
    """What a script is told of a customer whose turn it is."""
    return Due(customer, at, local_day(at, act.company.time_zone), _settings(act))


def _settings(act: Act) -> dict[str, int]:
    return {setting.name: setting.value for setting in act.policy.settings}
