"""All that is known of one customer, panel by panel: one query a panel, and all of them as one answer."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from guibin.audit import queries as audit
from guibin.audit.actions import AuditNote, noted, record_all
from guibin.audit.queries import AuditFilter
from guibin.care import queries as care
from guibin.care.queries import CareTaskView
from guibin.complaints import queries as complaints
from guibin.complaints.queries import ComplaintFilter, ComplaintLine
from guibin.context import Act
from guibin.entitlements import actions as entitlements
from guibin.entitlements.actions import Offer
from guibin.profiles import queries as profiles
from guibin.profiles.consents import ConsentView
from guibin.profiles.queries import CustomerView
from guibin.records.dues import Standing
from guibin.service_requests import queries as requests
from guibin.service_requests.queries import ServiceRequestFilter, ServiceRequestView
from guibin.signals import queries as signals
from guibin.signals.queries import SignalView
from guibin.tiers import queries as tiers
from guibin.tiers.explaining import Basis, Explanation, explanation_of
from guibin.tiers.gauges import Ladder, grounds, ladder
from guibin.tiers.queries import MembershipView
from guibin.visits import queries as visits
from guibin.visits.queries import VisitView
from guibin.web.listing import PageAsked
from guibin_tenants.principals import may
from guibin_tenants.rows import many

from . import queries

TIERS, RIGHTS, COMPLAINTS = may("tiers:read"), may("entitlements:read"), may("complaints:read")
REQUESTS, RECORDS, CARE = may("requests:read"), may("records:read"), may("care:read")
LOOKS = may("customers:disclose")
CASES_SHOWN, NEXT_SHOWN = 20, 6


class TierLine(Struct, frozen=True):
    """A scheme that says something of the customer: what is held in it, on what grounds, and how far the next tier is."""

    scheme: str
    title: str
    tier: str
    membership: MembershipView | None
    explanation: Explanation | None
    grounds: Ladder | None
    ladder: Ladder | None


class RightLine(Struct, frozen=True):
    """What is left of one item in its period; None is without limit."""

    item: str
    title: str
    scheme: str
    tier: str
    tier_title: str
    granted: int | None
    used: int
    reserved: int
    left: int | None
    ends_on: date
    withheld_until: date | None
    declined: bool
    clause: str


class Cases(Struct, frozen=True):
    """Complaints and service requests, the newest first."""

    complaints: list[ComplaintLine]
    requests: list[ServiceRequestView]


class Ahead(Struct, frozen=True):
    """What comes up: visits planned, days to think of."""

    visits: list[VisitView]
    tasks: list[CareTaskView]


class Look(Struct, frozen=True):
    """Somebody looked at the customer or changed something, and when last."""

    actor_name: str
    action: str
    purpose: str
    happened_at: datetime


class Overview(Struct, frozen=True, kw_only=True):
    """A customer on one page. A panel is null for whoever may not read what it shows."""

    customer: CustomerView
    unit_name: str
    account_manager_name: str
    consents: list[ConsentView]
    tiers: list[TierLine] | None
    rights: list[RightLine] | None
    contact: Standing | None
    ahead: Ahead | None
    cases: Cases | None
    signals: list[SignalView] | None
    looks: list[Look] | None


async def overview(customer_id: UUID, act: Act) -> Overview:
    """The customer with every panel that the reader may see; what was shown is on record, thing by thing. Raises NotFound."""
    customer = await profiles.customer(customer_id)
    names = await queries.names_of([customer])
    by = act.by
    shown = Overview(
        customer=customer,
        unit_name=names.get(customer.org_unit_id, ""),
        account_manager_name=names.get(customer.account_manager_id, "") if customer.account_manager_id else "",
        consents=await consents(customer_id),
        tiers=await tier_lines(customer_id, act) if TIERS(by) else None,
        rights=await rights(customer_id, act) if RIGHTS(by) else None,
        contact=(await queries.standings([customer_id], act))[customer_id] if RECORDS(by) else None,
        ahead=await ahead(customer_id, act) if RECORDS(by) and CARE(by) else None,
        cases=await cases(customer_id, act),
        signals=await warnings(customer_id, act) if RECORDS(by) else None,
        looks=await looks(customer_id, act) if LOOKS(by) else None,
    )
    await put_on_record(shown, act)
    return shown


async def put_on_record(shown: Overview, act: Act) -> None:
    """The entries that reading each of these by itself would leave."""
    whose = shown.customer.id
    notes = [
        AuditNote(action="customer.read", customer_id=whose),
        AuditNote(action="consent.read", customer_id=whose),
    ]
    if shown.tiers is not None:
        fields = ("tier", "measures")
        notes.append(AuditNote(action="membership.read", subject="membership", customer_id=whose, fields=fields))
    if shown.rights is not None:
        notes.append(AuditNote(action="entitlements.read", customer_id=whose, fields=("tier", "redemptions")))
    if shown.ahead is not None and (count := len(shown.ahead.visits)):
        notes.append(AuditNote(action="visit.search", subject="visit", customer_id=whose, shown=count))
    if shown.ahead is not None and (count := len(shown.ahead.tasks)):
        notes.append(AuditNote(action="care_task.search", subject="care_task", customer_id=whose, shown=count))
    if shown.cases is not None and (count := len(shown.cases.complaints)):
        notes.append(AuditNote(action="complaint.search", subject="complaint", customer_id=whose, shown=count))
    if shown.cases is not None and (count := len(shown.cases.requests)):
        notes.append(
            AuditNote(action="service_request.search", subject="service_request", customer_id=whose, shown=count)
        )
    if shown.signals:
        count = len(shown.signals)
        notes.append(AuditNote(action="signal.search", subject="signal", customer_id=whose, shown=count))
    await record_all([(note, act.now) for note in notes], by=act.by)


async def consents(customer_id: UUID) -> list[ConsentView]:
    """The last word on every purpose."""
    return await many(
        ConsentView,
        "from (select distinct on (purpose) * from consent where customer_id = $1"
        " order by purpose, recorded_at desc, id desc) last order by purpose",
        customer_id,
    )


async def tier_lines(customer_id: UUID, act: Act) -> list[TierLine]:
    """Scheme by scheme: those the customer holds a tier of or was assessed under."""
    held = {each.scheme: each for each in tiers.holding_on(await tiers.memberships_of(customer_id), act.today)}
    bases = {basis.scheme.name: basis for basis in await tiers.bases_of(customer_id)}
    return [
        await _tier_line(customer_id, scheme.name, (held.get(scheme.name), bases.get(scheme.name)), act)
        for scheme in act.policy.schemes
        if scheme.name in held or scheme.name in bases
    ]


async def ladders(customer_ids: Sequence[UUID], act: Act) -> dict[UUID, Ladder]:
    """How far the next tier is in the scheme that comes first, of those who were assessed; on record as reading it is."""
    order = [scheme.name for scheme in act.policy.schemes]
    found = {}
    for customer_id, known in (await _ladders(customer_ids, act)).items():
        nearest = [(basis, step) for basis, step in known if basis.scheme.name in order]
        if nearest:
            found[customer_id] = min(nearest, key=lambda each: order.index(each[0].scheme.name))[1]
    await _on_record(customer_ids, act)
    return found


async def _ladders(customer_ids: Sequence[UUID], act: Act) -> dict[UUID, list[tuple[Basis, Ladder]]]:
    """Scheme by scheme the way up, of those of these customers who were assessed, in as many statements as for one."""
    bases = await tiers.bases_of_all(customer_ids) if customer_ids else {}
    held = await tiers.current_tiers(list(bases), on=act.today) if bases else {}
    return {
        customer_id: [
            (basis, step)
            for basis in known
            if (step := ladder(basis, held.get(customer_id, {}).get(basis.scheme.name), act)) is not None
        ]
        for customer_id, known in bases.items()
    }


async def _on_record(customer_ids: Sequence[UUID], act: Act) -> None:
    if customer_ids:
        said = ("tier", "measures")
        await noted(
            "membership.read",
            act,
            subject="membership",
            customer_ids=tuple(customer_ids),
            fields=said,
            shown=len(customer_ids),
        )


async def _tier_line(
    customer_id: UUID, scheme: str, known: tuple[MembershipView | None, Basis | None], act: Act
) -> TierLine:
    held, basis = known
    return TierLine(
        scheme=scheme,
        title=act.policy.title(f"scheme.{scheme}", act.language),
        tier=act.policy.title(f"tier.{held.tier}", act.language, scheme=scheme) if held else "",
        membership=held,
        explanation=await explanation_of(customer_id, basis, act) if basis else None,
        grounds=grounds(basis, act) if basis else None,
        ladder=ladder(basis, held.tier if held else None, act) if basis else None,
    )


class Step(Struct, frozen=True):
    """The nearest tier above the one that is held, and what is missing to it."""

    tier: str
    short: str


async def next_steps(customer_ids: Sequence[UUID], act: Act) -> dict[UUID, Step]:
    """What is missing to the next tier, of those of these customers whose figures are known; that they were shown is on record."""
    found = {}
    for customer_id, known in (await _ladders(customer_ids, act)).items():
        ways = [(basis, step) for basis, step in known if step.ways]
        if ways:
            basis, step = min(ways, key=lambda way: len(way[1].ways[0].short))
            title = act.policy.title(f"tier.{step.tier}", act.language, scheme=basis.scheme.name)
            found[customer_id] = Step(title, "；".join(step.ways[0].short))
    await _on_record(tuple(found), act)
    return found


async def rights(customer_id: UUID, act: Act) -> list[RightLine]:
    """What the customer's tiers give today, and what is left of it."""
    found = await entitlements.offers(customer_id, act.policy, day=act.today, now=act.now)
    return [_right(offer, act) for offer in found]


def _right(offer: Offer, act: Act) -> RightLine:
    given, item = offer.allowance, offer.entitlement.item
    return RightLine(
        item=item,
        title=act.policy.title(f"service_item.{item}.title", act.language),
        scheme=offer.entitlement.scheme,
        tier=offer.entitlement.tier,
        tier_title=act.policy.title(f"tier.{offer.entitlement.tier}", act.language, scheme=offer.entitlement.scheme),
        granted=None if given.granted is None else given.granted + given.carried + given.adjusted,
        used=given.consumed,
        reserved=given.reserved,
        left=given.left if offer.withheld is None and not offer.declined else 0,
        ends_on=given.period.ends_on,
        withheld_until=offer.withheld.until_on if offer.withheld else None,
        declined=offer.declined,
        clause=offer.entitlement.clause,
    )


async def cases(customer_id: UUID, act: Act) -> Cases | None:
    """Complaints and requests, as far as the reader may read them."""
    page = PageAsked(CASES_SHOWN)
    may_complaints, may_requests = COMPLAINTS(act.by), REQUESTS(act.by)
    if not (may_complaints or may_requests):
        return None
    return Cases(
        (await complaints.QUEUE.page(ComplaintFilter(customer_id=customer_id), page, act)).items
        if may_complaints
        else [],
        (await requests.LISTED.page(ServiceRequestFilter(customer_id=customer_id), page, act)).items
        if may_requests
        else [],
    )


async def ahead(customer_id: UUID, act: Act) -> Ahead:
    """Visits that are planned, and what is to be done on days to come, the next first."""
    return Ahead(
        await visits.LISTED.where(
            "x.customer_id = $customer and x.state = 'planned'",
            order=f"x.planned_at limit {NEXT_SHOWN}",
            customer=customer_id,
            now=act.now,
        ),
        await care.TASKS.where(
            "x.customer_id = $customer and x.state = 'open'",
            order=f"x.occurs_on limit {NEXT_SHOWN}",
            customer=customer_id,
        ),
    )


async def warnings(customer_id: UUID, act: Act) -> list[SignalView]:
    """What warns of a complaint and waits to be acted on, the newest first (S07-32)."""
    return await signals.LISTED.where(
        "x.customer_id = $customer and x.state = 'open'",
        order=f"x.found_at desc limit {NEXT_SHOWN}",
        customer=customer_id,
        now=act.now,
    )


async def looks(customer_id: UUID, act: Act, *, most: int = 100) -> list[Look]:
    """Who looked at the customer or changed something of late: each person once for everything done on the same occasion."""
    entries = (await audit.LISTED.page(AuditFilter(customer_id=customer_id, refused=False), PageAsked(most), act)).items
    found: dict[tuple[UUID, str, date], Look] = {}
    for entry in entries:
        occasion = (entry.actor_id, entry.action if entry.purpose else "", entry.happened_at.date())
        if occasion not in found or entry.action == "customer.read":
            moment = found[occasion].happened_at if occasion in found else entry.happened_at
            found[occasion] = Look(entry.actor_name, entry.action, entry.purpose, moment)
    return list(found.values())


async def note_looks(customer_id: UUID, count: int, act: Act) -> None:
    """Reading who looked is on record, too."""
    await noted("customer.looks", act, customer_id=customer_id, shown=count)
