"""The parts of a customer's page that are lists: each by the query of its slice, and on record as there."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from msgspec import Struct

from guibin.audit.actions import noted, searched
from guibin.cards.queries import CARDS, CardApplicationFilter, CardFilter
from guibin.cards.screens import ASKED as CARD_APPLICATIONS
from guibin.complaints import queries as complaints
from guibin.complaints.queries import ComplaintFilter
from guibin.console.moments import Deadline, Due
from guibin.console.shell import PREFIX, Shell
from guibin.entitlements import queries as entitlements
from guibin.entitlements.queries import RedemptionFilter
from guibin.materials import queries as materials
from guibin.materials.queries import GivingFilter
from guibin.needs_analyses import queries as needs_analyses
from guibin.needs_analyses.queries import NeedsAnalysisFilter
from guibin.profiles import orders
from guibin.registers import queries as registers
from guibin.registers.drawing import fact_title, label_title
from guibin.registers.queries import SpanFilter
from guibin.relationships import queries as relationships
from guibin.relationships.queries import PlanFilter
from guibin.service_requests import queries as requests
from guibin.service_requests.queries import ServiceRequestFilter
from guibin.tiers import queries as tiers
from guibin.tiers.gauges import amount, exact
from guibin.tiers.queries import ApplicationFilter, FactFilter, FactView
from guibin.web.listing import PageAsked
from guibin_tenants.principals import Predicate, may

from . import panels
from .choices import worded

PAGE = PageAsked(100)
DUE = "due"


class Cell(Struct, frozen=True, kw_only=True):
    """One cell: what it says, what stands under it, where it leads; `due` where it is a deadline."""

    text: str = ""
    sub: str = ""
    href: str = ""
    due: Due | None = None


class Section(Struct, frozen=True):
    """A list with its title `<slice>.section.<name>` and the heads `<slice>.head.<head>`; `wide` is the column that takes what is left,
    `more` where one more is begun, under the text `<slice>.begin.<name>`."""

    name: str
    heads: tuple[str, ...]
    rows: list[list[Cell]]
    wide: int = 0
    more: str = ""


class Tab(Struct, frozen=True):
    """One part of the page: what its reader needs, and what it shows, at most so much of each list."""

    needs: Predicate
    shows: Callable[[UUID, Shell, PageAsked], Awaitable[Sequence[Section]]]


async def tier(customer_id: UUID, shell: Shell, most: PageAsked = PAGE) -> list[Section]:
    """Every period of every scheme."""
    held = await tiers.memberships_of(customer_id)
    await noted("membership.read", shell.act, subject="membership", customer_id=customer_id, fields=("tier",))
    clock = shell.clock
    rows = [
        [
            Cell(
                text=shell.act.policy.title(f"tier.{each.tier}", shell.language, scheme=each.scheme),
                sub=shell.named(f"scheme.{each.scheme}"),
            ),
            Cell(text=clock.full_day(each.starts_on)),
            Cell(
                text=clock.full_day(each.ends_on) if each.ends_on else "—",
                sub=shell.says("overview.expires", day=clock.full_day(each.expires_on)) if each.expires_on else "",
            ),
            Cell(
                text=worded("overview.basis", each.basis, shell),
                sub=_told(each.reason if each.basis != "assessment" else "", each.ended_because, shell),
            ),
        ]
        for each in held
    ]
    return [Section("tiers", ("tier", "from", "until", "because"), rows, 3), await _applied(customer_id, shell, most)]


async def _applied(customer_id: UUID, shell: Shell, most: PageAsked = PAGE) -> Section:
    """Applications for a tier and where they stand, the newest first."""
    page = await tiers.APPLICATIONS.page(ApplicationFilter(customer_id=customer_id), most, shell.act)
    found = await searched("application", page, shell.act, verb="list")
    readable = may("approvals:read")(shell.act.by)
    rows = [
        [
            Cell(text=shell.clock.moment(each.applied_at), sub=each.applied_by_name),
            Cell(
                text=_tier(each.tier, each.scheme, shell),
                sub=worded("overview.applied", each.kind, shell),
                href=f"{PREFIX}/approvals/{each.approval_id}" if readable and each.approval_id else "",
            ),
            Cell(
                text=shell.says(f"overview.approvals.outcome.{each.outcome or 'waiting'}"),
                sub=shell.clock.moment(each.decided_at) if each.decided_at else "",
            ),
            Cell(text=each.reason, sub=each.clause),
        ]
        for each in found.items
    ]
    return Section("applications", ("when", "tier", "state", "because"), rows, 3)


def _tier(name: str, scheme: str, shell: Shell) -> str:
    if not name:
        return shell.says("overview.no_tier")
    return shell.act.policy.title(f"tier.{name}", shell.language, scheme=scheme)


def _told(reason: str, ended_because: str, shell: Shell) -> str:
    ended = worded("overview.ended", ended_because, shell) if ended_because else ""
    return " · ".join(part for part in (reason, ended) if part)


async def rights(customer_id: UUID, shell: Shell, most: PageAsked = PAGE) -> list[Section]:
    """What is left of each right, and every use."""
    left = await panels.rights(customer_id, shell.act)
    fields = ("tier", "redemptions")
    await noted("entitlements.read", shell.act, customer_id=customer_id, fields=fields)
    material = await _given(customer_id, shell, most)
    page = await entitlements.LISTED.page(RedemptionFilter(customer_id=customer_id), most, shell.act)
    used = await searched("redemption", page, shell.act, verb="list")
    return [
        Section("rights", ("right", "left", "used", "until"), [_right(each, shell) for each in left]),
        Section(
            "redemptions",
            ("when", "right", "state", "by"),
            [
                [
                    Cell(text=shell.clock.moment(each.redeemed_at)),
                    Cell(text=shell.named(f"service_item.{each.item}.title"), sub=each.note),
                    Cell(text=shell.says(f"overview.redeemed.{each.state}", count=each.quantity)),
                    Cell(text=each.redeemed_by_name),
                ]
                for each in used.items
            ],
            1,
        ),
        *([Section("materials", ("when", "material", "quantity", "by"), material, 1)] if material else []),
    ]


async def _given(customer_id: UUID, shell: Shell, most: PageAsked) -> list[list[Cell]]:
    """What the customer was given free of charge, for whoever may read records (S07-31)."""
    if not may("records:read")(shell.act.by):
        return []
    page = await materials.LISTED.page(GivingFilter(customer_id=customer_id), most, shell.act)
    found = await searched(materials.SUBJECT, page, shell.act)
    return [
        [
            Cell(text=shell.clock.full_day(each.given_on)),
            Cell(text=_policy(f"material.{each.material}", each.material, shell), sub=each.note),
            Cell(text=str(each.quantity)),
            Cell(text=each.given_by_name),
        ]
        for each in found.items
    ]


def _right(each: panels.RightLine, shell: Shell) -> list[Cell]:
    left = shell.says("overview.unlimited") if each.left is None else f"{each.left} / {each.granted}"
    if each.withheld_until:
        left = shell.says("overview.withheld", day=shell.clock.day(each.withheld_until))
    if each.declined:
        left = shell.says("overview.declined")
    reserved = shell.says("overview.redeemed.reserved", count=each.reserved) if each.reserved else ""
    return [
        Cell(text=each.title, sub=f"{each.tier_title} · {each.clause}" if each.clause else each.tier_title),
        Cell(text=left),
        Cell(text=str(each.used), sub=reserved),
        Cell(text=shell.clock.full_day(each.ends_on)),
    ]


async def cards(customer_id: UUID, shell: Shell, most: PageAsked = PAGE) -> list[Section]:
    """The customer's cards, the newest first."""
    page = await CARDS.page(CardFilter(customer_id=customer_id), most, shell.act)
    found = await searched("card", page, shell.act, verb="list", fields=("card",))
    rows = [
        [
            Cell(
                text=shell.act.policy.title(f"tier.{each.tier}", shell.language, scheme=each.scheme),
                sub=_policy(f"card.{each.kind}", each.kind, shell),
            ),
            Cell(text=each.number, href=f"{PREFIX}/cards/{each.id}"),
            Cell(text=worded("overview.card", each.state, shell), sub=_because(each.ended_because, shell)),
            Cell(text=shell.clock.full_day(each.issued_on), sub=each.issued_by_name),
            Cell(text=shell.clock.full_day(each.expires_on)),
        ]
        for each in found.items
    ]
    asked = await CARD_APPLICATIONS.page(CardApplicationFilter(customer_id=customer_id), most, shell.act)
    wanted = await searched("card_application", asked, shell.act, subject="card", verb="list", fields=("card",))
    applied = [
        [
            Cell(text=_policy(f"card.{each.kind}", each.kind, shell), href=f"{PREFIX}/card-applications/{each.id}"),
            Cell(text=shell.says(f"cards.applications.state.{each.state}"), sub=_because(each.closed_because, shell)),
            Cell(text=shell.clock.moment(each.applied_at), sub=each.applied_by_name),
            Cell(text=each.reason),
        ]
        for each in wanted.items
    ]
    more = f"{PREFIX}/card-applications/new?customer_id={customer_id}"
    return [
        Section(
            "cards",
            ("card", "number", "state", "from", "until"),
            rows,
            more=more if may("tiers:apply")(shell.act.by) and shell.act.policy.cards else "",
        ),
        *([Section("card_applications", ("card", "state", "when", "because"), applied, 3)] if applied else []),
    ]


def _because(name: str, shell: Shell) -> str:
    key = f"cards.because.{name}"
    return shell.says(key) if name and shell.studio.words.has(key) else ""


async def cases(customer_id: UUID, shell: Shell, most: PageAsked = PAGE) -> list[Section]:
    """Complaints and service requests, as far as one may read them."""
    found = []
    if panels.COMPLAINTS(shell.act.by):
        page = await complaints.queue(ComplaintFilter(customer_id=customer_id), most, shell.act, due_first=False)
        found.append(
            Section("complaints", ("when", "matter", "state", DUE), [_case(each, shell) for each in page.items], 1)
        )
    if panels.REQUESTS(shell.act.by):
        asked = await requests.LISTED.page(ServiceRequestFilter(customer_id=customer_id), most, shell.act)
        rows = [
            [
                Cell(text=shell.clock.moment(each.received_at)),
                Cell(
                    text=shell.named(f"service_item.{each.item}.title"),
                    sub=f"{each.number} · {each.owner_name}",
                    href=f"{PREFIX}/requests/{each.id}",
                ),
                Cell(text=shell.says(f"overview.request.{each.state}")),
                Cell(
                    due=shell.clock.due(
                        Deadline(
                            due_at=each.due_at,
                            warn_at=each.warn_at,
                            completed_at=each.carried_out_at,
                            breached_at=each.breached_at,
                        )
                    )
                ),
            ]
            for each in (await searched("service_request", asked, shell.act)).items
        ]
        found.append(Section("requests", ("when", "service", "state", DUE), rows, 1))
    return found


def _case(each: complaints.ComplaintLine, shell: Shell) -> list[Cell]:
    return [
        Cell(text=shell.clock.moment(each.received_at)),
        Cell(
            text=each.matter,
            sub=f"{each.number} · {each.handler_name or each.unit_name or each.owner_name}",
            href=f"{PREFIX}/complaints/{each.id}",
        ),
        Cell(text=shell.says(f"complaints.state.{each.state}")),
        Cell(due=shell.clock.due(Deadline.of(each))),
    ]


async def ordered(customer_id: UUID, shell: Shell, most: PageAsked = PAGE) -> list[Section]:
    """Paid services with their periods, the last to end first."""
    clock, today = shell.clock, shell.act.today
    rows = [
        [
            Cell(text=each.product, sub=each.number),
            Cell(text=amount(each.price, each.currency, shell.act)),
            Cell(text=clock.full_day(each.started_on)),
            Cell(text=clock.full_day(each.ends_on)),
            Cell(text=shell.says(f"overview.order.{'over' if each.ended_at or each.ends_on <= today else 'running'}")),
        ]
        for each in await orders.list_orders(customer_id, shell.act)
    ]
    return [Section("orders", ("product", "price", "from", "until", "state"), rows)]


async def facts(customer_id: UUID, shell: Shell, most: PageAsked = PAGE) -> list[Section]:
    """Balances, transactions and whatever else is known, the latest day first."""
    page = await tiers.FACTS.page(FactFilter(), most, shell.act, customer_id=customer_id)
    fields = ("facts",)
    await noted("fact.list", shell.act, customer_id=customer_id, fields=fields, shown=len(page.items))
    rows = [
        [
            Cell(text=shell.clock.full_day(each.occurred_on)),
            Cell(text=fact_title(each.metric, shell.act), sub=label_title(each.label, shell.act)),
            Cell(text=exact(each.value, each.unit, shell.act)),
            Cell(text=_source(each, shell), sub=_corrected(each.revision, shell)),
        ]
        for each in page.items
    ]
    return [Section("facts", ("when", "fact", "figure", "source"), rows, 1)]


def _source(fact: FactView, shell: Shell) -> str:
    """Where a figure is from: by its document, else by the system; what no words are known for is not shown as a code."""
    key = f"overview.source.{fact.source}"
    said = shell.says(key) if fact.source and shell.studio.words.has(key) else fact.source
    return f"{said} {fact.source_ref}" if fact.source_ref else said


def _corrected(revision: int, shell: Shell) -> str:
    return shell.says("overview.fact_corrected", count=revision - 1) if revision > 1 else ""


async def registered(customer_id: UUID, shell: Shell, most: PageAsked = PAGE) -> list[Section]:
    """The file's registrations and analyses and its frozen years, register by register, the newest first."""
    found = []
    for register in shell.act.policy.registers:
        asked = SpanFilter(customer_id=customer_id)
        page = await registers.ENTRIES.page(asked, most, shell.act, register=register.name)
        await searched("register_entry", page, shell.act)
        rows = [
            [
                Cell(text=each.span, sub=shell.says(f"overview.registered.{each.what}")),
                Cell(text=each.text, sub=shell.says("overview.registered.late", count=each.late) if each.late else ""),
                Cell(text=shell.clock.moment(each.written_at)),
                Cell(text=each.written_by_name),
            ]
            for each in page.items
        ]
        found.append(Section("register", ("span", "matter", "when", "by"), rows, 1))
        kept = await registers.ARCHIVES.page(asked, most, shell.act, register=register.name)
        await searched("register_archive", kept, shell.act)
        years = [
            [
                Cell(text=each.span),
                Cell(text=f"{each.registered} / {each.expected}"),
                Cell(text=shell.clock.moment(each.archived_at)),
            ]
            for each in kept.items
        ]
        found.append(Section("frozen", ("span", "registrations", "when"), years, 1))
    return found or [Section("register", (), [])]


async def plan(customer_id: UUID, shell: Shell, most: PageAsked = PAGE) -> list[Section]:
    """What is planned with the customer, measure by measure, the newest plan first."""
    act = shell.act
    page = await relationships.LISTED.page(PlanFilter(customer_id=customer_id), most, act, today=act.today)
    await searched("relationship_plan", page, act)
    found = []
    for each in page.items[:3]:
        form = await relationships.plan(each.id, act)
        rows = [
            [
                Cell(text=shell.clock.full_day(line.due_on)),
                Cell(text=_policy(f"measure.{line.kind}", line.kind, shell), sub=line.text),
                Cell(text=worded("overview.measure", line.state, shell)),
                Cell(text=line.ended_by_name or "—", sub=line.note),
            ]
            for line in form.lines
        ]
        found.append(Section("plan", ("when", "measure", "state", "by"), rows, 1))
    return [*(found or [Section("plan", (), [])]), await _needs(customer_id, shell, most)]


async def _needs(customer_id: UUID, shell: Shell, most: PageAsked) -> Section:
    """What departments found the customer to need, of their own accord (S01-12)."""
    page = await needs_analyses.LISTED.page(NeedsAnalysisFilter(customer_id=customer_id), most, shell.act)
    await searched("needs_analysis", page, shell.act)
    rows = [
        [
            Cell(text=shell.clock.moment(each.analysed_at), sub=each.department_name),
            Cell(text=each.needs, sub=each.offers or each.situation),
            Cell(text=each.outcome or shell.clock.full_day(each.follow_up_on), sub=each.owner_name),
            Cell(text=each.analysed_by_name),
        ]
        for each in page.items
    ]
    return Section("needs", ("when", "needs", "follow_up", "by"), rows, 1)


def _policy(key: str, otherwise: str, shell: Shell) -> str:
    """What the policy calls it, else the pages' own word for the last part of the key."""
    title = shell.named(key)
    kind, _, name = key.partition(".")
    return title if title != key else worded(f"overview.{kind}_kind", name, shell) or otherwise


TABS = {
    "tier": Tab(panels.TIERS, tier),
    "rights": Tab(panels.RIGHTS, rights),
    "cards": Tab(may("cards:read"), cards),
    "cases": Tab(panels.COMPLAINTS | panels.REQUESTS, cases),
    "orders": Tab(may("customers:read"), ordered),
    "facts": Tab(panels.TIERS, facts),
    "register": Tab(panels.RECORDS, registered),
    "plan": Tab(panels.RECORDS, plan),
}
