"""What happened before, as every slice keeps it: by this automations count, and are tried."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from guibin.cards import tables as cards
from guibin.complaints import tables as complaints
from guibin.entitlements import tables as entitlements
from guibin.profiles import tables as profiles
from guibin.receptions import tables as receptions
from guibin.records import tables as records
from guibin.service_requests import tables as requests
from guibin.sla import tables as sla
from guibin.surveys import tables as surveys
from guibin.tiers import tables as tiers
from guibin.visits import tables as visits
from guibin_tenants.scope import fetch, fetch_value

# Whose tables these statements read.
READS = (cards, complaints, entitlements, profiles, receptions, records, requests, sla, surveys, tiers, visits)
FOUND_MAX = 1_000
Value = str | int | bool | None


class Occurrence(Struct, frozen=True):
    """Something happened: what its event says, to whom, about which case, and when. `key` tells it from any other."""

    event: str
    said: dict[str, Value]
    customer_id: UUID | None
    subject: str
    subject_id: UUID
    at: datetime
    key: str = ""


def _past(source: str, subject: str, said: str, *, at: str, row: str = "x.id", customer: str = "x.customer_id") -> str:
    return (
        f"select {at} as at, {customer} as customer_id, '{subject}'::text as subject, {row} as subject_id,"
        f" jsonb_build_object({said}) as said from {source}"
    )


_OF_COMPLAINT = "join complaint k on k.tenant_id = x.tenant_id and k.id = x.complaint_id"
_OF_REQUEST = "join service_request r on r.tenant_id = x.tenant_id and r.id = x.request_id"
PAST: dict[str, str] = {
    "complaint_received": _past(
        "complaint x where x.merged_into_id is null",
        "complaint",
        "'complaint_id', x.id, 'level', x.level",
        at="x.received_at",
    ),
    "complaint_resolved": _past(
        f"complaint_resolution x {_OF_COMPLAINT}",
        "complaint",
        "'complaint_id', k.id",
        at="x.resolved_at",
        row="k.id",
        customer="k.customer_id",
    ),
    "complaint_level_changed": _past(
        f"complaint_level_change x {_OF_COMPLAINT}",
        "complaint",
        "'complaint_id', k.id, 'from_level', x.from_level, 'to_level', x.to_level",
        at="x.changed_at",
        row="k.id",
        customer="k.customer_id",
    ),
    "contact_recorded": _past(
        "interaction x",
        "interaction",
        "'interaction_id', x.id, 'customer_id', x.customer_id, 'channel', x.channel, 'direction', x.direction,"
        " 'outcome', x.outcome, 'need', x.need <> ''",
        at="x.happened_at",
    ),
    "visit_carried_out": _past(
        "visit_record x",
        "visit",
        "'visit_id', x.visit_id, 'customer_id', x.customer_id",
        at="x.carried_out_at",
        row="x.visit_id",
    ),
    "survey_answered": _past(
        "survey_answer x",
        "survey_answer",
        "'survey_answer_id', x.id, 'customer_id', x.customer_id, 'survey', x.survey, 'score', x.score",
        at="x.answered_at",
    ),
    "service_request_received": _past(
        "service_request x",
        "service_request",
        "'service_request_id', x.id, 'customer_id', x.customer_id, 'item', x.item",
        at="x.received_at",
    ),
    "service_step_taken": _past(
        f"service_step x {_OF_REQUEST}",
        "service_request",
        "'service_request_id', r.id, 'customer_id', x.customer_id, 'item', r.item, 'step', x.step,"
        " 'skipped', x.skipped_because <> ''",
        at="x.taken_at",
        row="r.id",
    ),
    "reception_progressed": _past(
        "reception x",
        "reception",
        "'reception_id', x.id, 'customer_id', x.customer_id, 'stage', 'receive'",
        at="x.received_at",
    ),
    "redemption_changed": _past(
        "redemption x",
        "redemption",
        "'redemption_id', x.id, 'customer_id', x.customer_id, 'item', x.item,"
        " 'state', case when x.reserved_until is null then 'used' else 'reserved' end",
        at="x.redeemed_at",
    ),
    "membership_started": _past(
        "membership x",
        "membership",
        "'membership_id', x.id, 'customer_id', x.customer_id, 'scheme', x.scheme, 'tier', x.tier, 'on', x.starts_on",
        at="x.recorded_at",
    ),
    "customer_opened": _past(
        "customer x", "customer", "'customer_id', x.id, 'kind', x.kind", at="x.created_at", customer="x.id"
    ),
    "card_changed": _past(
        "card_event x join card k on k.tenant_id = x.tenant_id and k.id = x.card_id",
        "card",
        "'card_id', x.card_id, 'customer_id', x.customer_id, 'kind', k.kind, 'stage', x.kind",
        at="x.happened_at",
        row="x.card_id",
    ),
    "deadline_breached": _past(
        "timer x where x.breached_at is not null",
        "timer",
        "'timer_id', x.id, 'subject', x.subject, 'subject_id', x.subject_id, 'milestone', x.milestone",
        at="x.breached_at",
    ),
}
# What has a moment to come, as of $1 and until $2.
DATED: dict[str, str] = {
    "membership_ends": "select x.expires_on::timestamptz as at, x.customer_id, 'membership'::text as subject,"
    " x.id as subject_id, jsonb_build_object('customer_id', x.customer_id, 'scheme', x.scheme, 'tier', x.tier) as said"
    " from membership x where x.ends_on is null and x.expires_on is not null",
    "order_ends": "select x.ends_on::timestamptz as at, x.customer_id, 'order'::text as subject, x.id as subject_id,"
    " jsonb_build_object('customer_id', x.customer_id) as said from product_order x"
    " where x.ended_at is null and x.ends_on is not null",
    "card_ends": "select x.expires_on::timestamptz as at, x.customer_id, 'card'::text as subject, x.id as subject_id,"
    " jsonb_build_object('customer_id', x.customer_id, 'kind', x.kind) as said from card x"
    " where x.ended_at is null and x.expires_on is not null",
    "reception_arrives": "select x.arrives_at as at, x.customer_id, 'reception'::text as subject, x.id as subject_id,"
    " jsonb_build_object('customer_id', x.customer_id) as said from reception x where x.state <> 'cancelled'",
}
_CUSTOMERS = (
    "select $1::timestamptz as at, c.id as customer_id, 'customer'::text as subject, c.id as subject_id,"
    " jsonb_build_object('customer_id', c.id) as said from customer c where c.closed_at is null"
)


async def found(event: str, since: datetime, until: datetime) -> list[Occurrence]:
    """What happened from `since` until before `until`, the earliest first, of what may be seen; at most FOUND_MAX."""
    rows = await fetch(
        f"select * from ({PAST[event]}) p where p.at >= $1 and p.at < $2 order by p.at, p.subject_id limit {FOUND_MAX}",
        since,
        until,
    )
    return [_occurrence(event, row) for row in rows]


async def coming(dated: str, since: datetime, until: datetime) -> list[Occurrence]:
    """What ends or begins from `since` until before `until`."""
    rows = await fetch(
        f"select * from ({DATED[dated]}) p where p.at >= $1 and p.at < $2 order by p.at, p.subject_id limit {FOUND_MAX}",
        since,
        until,
    )
    return [_occurrence(dated, row) for row in rows]


async def everybody(at: datetime, after: UUID | None, batch: int) -> list[Occurrence]:
    """Open archives behind the id, in their order."""
    rows = await fetch(
        f"select * from ({_CUSTOMERS}) p where $2::uuid is null or p.subject_id > $2 order by p.subject_id limit $3",
        at,
        after,
        batch,
    )
    return [_occurrence("every", row) for row in rows]


async def how_often(event: str, customer_id: UUID, days: int, until: datetime) -> int:
    """How often it happened to the customer within so many days, up to that moment and with it."""
    count: int = await fetch_value(
        f"select count(*)::int from ({PAST[event]}) p where p.customer_id = $1 and p.at > $2 and p.at <= $3",
        customer_id,
        until - timedelta(days=days),
        until,
    )
    return count


def _occurrence(event: str, row: asyncpg.Record) -> Occurrence:
    said = msgspec.json.decode(row["said"], type=dict[str, Value])
    return Occurrence(event, said, row["customer_id"], row["subject"], row["subject_id"], row["at"])


def keyed(several: Sequence[Occurrence], of: str) -> list[Occurrence]:
    """Each with a key of its own, by what it is and when."""
    return [msgspec.structs.replace(each, key=f"{of}/{each.subject_id}/{each.at:%Y%m%d%H%M}") for each in several]
