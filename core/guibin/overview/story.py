"""What happened with a customer, whatever slice keeps it, in one row of moments."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from guibin.audit.actions import noted
from guibin.complaints import queries as complaints
from guibin.complaints.queries import ComplaintFilter
from guibin.console.shell import PREFIX, Shell
from guibin.entitlements import queries as entitlements
from guibin.entitlements.queries import RedemptionFilter
from guibin.profiles.orders import OrderView
from guibin.records import queries as records
from guibin.records.queries import InteractionFilter
from guibin.service_requests import queries as requests
from guibin.service_requests.queries import ServiceRequestFilter
from guibin.tiers import queries as tiers
from guibin.visits import queries as visits
from guibin.visits.queries import VisitFilter
from guibin.web.listing import PageAsked
from guibin_tenants.rows import many

from .panels import COMPLAINTS, RECORDS, REQUESTS, RIGHTS, TIERS

KINDS = ("contact", "case", "tier", "right", "order")
EACH = PageAsked(40)
_ICONS = {
    "phone": "phone",
    "visit": "map-pin",
    "hall": "building",
    "email": "mail",
    "letter": "mail",
    "sms": "message-circle",
    "social": "message-circle",
    "event": "calendar-event",
}


class Moment(Struct, frozen=True, kw_only=True):
    """One thing that happened. `kind` is one of KINDS, `tone` says how it stands out, `href` leads to it."""

    at: datetime
    kind: str
    who: str
    what: str
    icon: str
    tone: str = ""
    text: str = ""
    href: str = ""


async def story(customer_id: UUID, shell: Shell, kind: str = "", most: PageAsked = EACH) -> list[Moment]:
    """The latest first, of one kind or of all that the reader may read, at most so many of each; on record by the kinds that
    were shown."""
    found: list[Moment] = []
    by = shell.act.by
    if kind in ("", "contact") and RECORDS(by):
        found += [each async for each in _contacts(customer_id, shell, most)]
    if kind in ("", "case"):
        found += [each async for each in _cases(customer_id, shell, most)]
    if kind in ("", "tier") and TIERS(by):
        found += [each async for each in _tiers(customer_id, shell)]
    if kind in ("", "right") and RIGHTS(by):
        found += [each async for each in _rights(customer_id, shell, most)]
    if kind in ("", "order"):
        found += [each async for each in _orders(customer_id, shell, most)]
    await _put_on_record(customer_id, Counter(each.kind for each in found), shell)
    return sorted(found, key=lambda each: each.at, reverse=True)


async def _put_on_record(customer_id: UUID, counted: Counter[str], shell: Shell) -> None:
    """The entries that the API's lists of the same would leave."""
    act = shell.act
    if counted["contact"]:
        await noted("interaction.search", act, subject="interaction", customer_id=customer_id, shown=counted["contact"])
    if counted["case"]:
        await noted("complaint.search", act, subject="complaint", customer_id=customer_id, shown=counted["case"])
    if counted["tier"]:
        await noted("membership.read", act, subject="membership", customer_id=customer_id, fields=("tier",))
    if counted["right"]:
        await noted("redemption.list", act, subject="redemption", customer_id=customer_id, shown=counted["right"])
    if counted["order"]:
        await noted("order.read", act, customer_id=customer_id, shown=counted["order"])


async def _contacts(customer_id: UUID, shell: Shell, most: PageAsked) -> AsyncIterator[Moment]:
    page = await records.LISTED.page(InteractionFilter(customer_id=customer_id), most, shell.act)
    for one in page.items:
        length = shell.says("overview.minutes", count=one.duration_minutes) if one.duration_minutes else ""
        outcome = "" if one.outcome == "reached" else shell.says(f"overview.outcome.{one.outcome}")
        channel = _named(f"overview.channel.{one.channel}", one.channel, shell)
        yield Moment(
            at=one.happened_at,
            kind="contact",
            who=one.staff_name,
            what=" · ".join(part for part in (channel, length, outcome) if part),
            icon=_ICONS.get(one.channel, "message-circle"),
            tone="cust" if one.direction == "in" else "",
            text=one.content + (f"\n{shell.says('overview.need')}{one.need}" if one.need else ""),
        )
    planned = await visits.LISTED.page(VisitFilter(customer_id=customer_id, state="cancelled"), most, shell.act)
    for visit in planned.items:
        yield Moment(
            at=visit.planned_at,
            kind="contact",
            who=visit.staff_name,
            what=shell.says("overview.happened.visit_cancelled"),
            icon="map-pin",
            text=visit.purpose,
        )


async def _cases(customer_id: UUID, shell: Shell, most: PageAsked) -> AsyncIterator[Moment]:
    if COMPLAINTS(shell.act.by):
        page = await complaints.QUEUE.page(ComplaintFilter(customer_id=customer_id), most, shell.act)
        for case in page.items:
            yield Moment(
                at=case.received_at,
                kind="case",
                who=shell.says("overview.happened.complaint"),
                what=shell.says(f"complaints.state.{case.state}"),
                icon="message-report",
                tone="bad" if case.state in ("open", "waiting") else "",
                text=case.matter,
                href=f"{PREFIX}/complaints/{case.id}",
            )
    if REQUESTS(shell.act.by):
        asked = await requests.LISTED.page(ServiceRequestFilter(customer_id=customer_id), most, shell.act)
        for request in asked.items:
            yield Moment(
                at=request.received_at,
                kind="case",
                who=shell.says("overview.happened.request"),
                what=shell.says(f"overview.request.{request.state}"),
                icon="clipboard-check",
                text=shell.named(f"service_item.{request.item}.title"),
            )


async def _tiers(customer_id: UUID, shell: Shell) -> AsyncIterator[Moment]:
    for held in await tiers.memberships_of(customer_id):
        tier = shell.act.policy.title(f"tier.{held.tier}", shell.language, scheme=held.scheme)
        yield Moment(
            at=held.recorded_at,
            kind="tier",
            who=shell.named(f"scheme.{held.scheme}"),
            what=shell.says(
                "overview.happened.tier", tier=tier, because=_named(f"overview.basis.{held.basis}", held.basis, shell)
            ),
            icon="stairs-up",
            tone="rule",
            text=held.reason if held.basis != "assessment" else "",
        )
        if held.ends_on is not None and held.ends_on <= shell.act.today:
            yield Moment(
                at=_morning(held.ends_on, shell),
                kind="tier",
                who=shell.named(f"scheme.{held.scheme}"),
                what=shell.says("overview.happened.tier_ended", tier=tier),
                icon="stairs-up",
                tone="rule",
            )


async def _rights(customer_id: UUID, shell: Shell, most: PageAsked) -> AsyncIterator[Moment]:
    page = await entitlements.LISTED.page(RedemptionFilter(customer_id=customer_id), most, shell.act)
    for used in page.items:
        yield Moment(
            at=used.redeemed_at,
            kind="right",
            who=shell.named(f"service_item.{used.item}.title"),
            what=shell.says(f"overview.redeemed.{used.state}", count=used.quantity),
            icon="gift",
            text=used.note,
        )


async def _orders(customer_id: UUID, shell: Shell, most: PageAsked) -> AsyncIterator[Moment]:
    found = await many(
        OrderView,
        "from product_order where customer_id = $1 order by started_on desc limit $2",
        customer_id,
        most.limit,
    )
    for order in found:
        yield Moment(
            at=_morning(order.started_on, shell),
            kind="order",
            who=shell.says("overview.happened.order"),
            what=shell.says("overview.until", day=shell.clock.day(order.ends_on)),
            icon="packages",
            text=order.product,
        )


def _named(key: str, otherwise: str, shell: Shell) -> str:
    return shell.says(key) if shell.studio.words.has(key) else otherwise


def _morning(day: date, shell: Shell) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(shell.act.company.time_zone))
