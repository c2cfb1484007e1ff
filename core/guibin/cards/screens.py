"""Cards as people apply for them, hand them over and look after them: each card with its history, each application step by step."""

from collections.abc import Mapping, Sequence
from typing import Literal
from uuid import UUID

from msgspec import Struct

from guibin.approvals import queries as approvals
from guibin.approvals.queries import ApprovalView
from guibin.audit.actions import recorded, searched
from guibin.audit.answering import finds
from guibin.card_stock import queries as stock
from guibin.cases import Case
from guibin.console import cases, forms
from guibin.console import choices as offered
from guibin.console.cases import Given, Intake, Kind, Rows, Values, customer_of
from guibin.console.commands import Command, Commands
from guibin.console.lists import Column, Filter, Table, View
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.console.timeline import Happening, Stage
from guibin.context import Act
from guibin.policy.cards import CardKind
from guibin.policy.packs import Policy
from guibin.profiles.queries import called
from guibin.tiers import memberships
from guibin.tiers.marks import begun, known_of, row_marks, whose
from guibin.web.listing import PageAsked
from guibin.web.paging import Page
from guibin_tenants.principals import may
from guibin_tenants.refusals import NotFound

from . import actions, applications, choices, sealing, typed
from .queries import (
    APPLICATIONS,
    BY_NUMBER,
    CARDS,
    FORM,
    CardApplicationFilter,
    CardApplicationView,
    CardEventLine,
    CardFilter,
    CardView,
)

READ, ISSUE, APPLY = may("cards:read"), may("cards:issue"), may("tiers:apply")
PATH, APPLICATIONS_PATH = f"{PREFIX}/cards", f"{PREFIX}/card-applications"
NAME, OF_APPLICATIONS = "cards", "cards.applications"


def _has_cards(policy: Policy) -> bool:
    return bool(policy.cards)


ENTRIES = (
    Entry(title="cards.title", path=PATH, icon="credit-card", needs=READ, group="serve", order=60, has=_has_cards),
    Entry(
        title="cards.applications.title",
        path=APPLICATIONS_PATH,
        icon="id",
        needs=READ,
        group="serve",
        order=61,
        has=_has_cards,
    ),
)
TABLE = Table(
    slice_name=NAME,
    path=PATH,
    follows=("card",),
    columns=(
        Column(name="customer", width=184, confidential=True),
        Column(name="card"),
        Column(name="state", width=120),
        Column(name="until", width=136, labelled=True),
        Column(name="unit", width=120, labelled=True),
    ),
    filters=(Filter(name="kind", choices=choices.kinds), Filter(name="state", choices=choices.states)),
    views=(
        View(name="active", asks={"state": "active"}),
        View(name="issued", asks={"state": "issued"}),
        View(name="lost", asks={"state": "lost"}),
        View(name="all", asks={}),
    ),
    preview=True,
)
APPLIED = Table(
    slice_name=OF_APPLICATIONS,
    path=APPLICATIONS_PATH,
    follows=("card_application",),
    columns=(
        Column(name="customer", width=184, confidential=True),
        Column(name="card"),
        Column(name="state", width=136),
        Column(name="applied", width=152, labelled=True),
    ),
    views=(
        View(name="approval", asks={"waiting": "approval"}),
        View(name="telling", asks={"waiting": "telling"}),
        View(name="opening", asks={"waiting": "opening"}),
        View(name="all", asks={}),
    ),
    new=f"{APPLICATIONS_PATH}/new",
    new_needs=APPLY,
    preview=True,
)
COMMANDS = Commands(
    NAME,
    "card_id",
    PATH,
    Command(name="activate", action=actions.activate, icon="check", key="e", main=True),
    Command(name="report_lost", action=actions.report_lost, icon="alert-triangle", key="l", danger=True),
    Command(name="recover", action=actions.recover, icon="arrow-back-up", key="f"),
    Command(
        name="replace",
        action=typed.replace,
        icon="refresh",
        key="r",
        choices={"unit_id": offered.units},
        asks=choices.of_replacement,
    ),
    Command(name="revoke", action=actions.revoke, needs=may("cards:write"), icon="x", key="w", danger=True),
    needs=ISSUE,
)
STEPS = Commands(
    OF_APPLICATIONS,
    "application_id",
    APPLICATIONS_PATH,
    Command(name="tell", action=applications.tell, icon="phone-call", key="b", choices={"channel": choices.channels}),
    Command(
        name="issue",
        action=typed.issue,
        icon="credit-card",
        key="e",
        main=True,
        choices={"unit_id": offered.units},
        asks=choices.of_issue,
    ),
    Command(name="withdraw", action=applications.withdraw, needs=APPLY, icon="x", key="w", danger=True),
    needs=ISSUE,
)
OFFERED = {
    "issued": ("activate", "report_lost", "replace", "revoke"),
    "active": ("report_lost", "replace", "revoke"),
    "lost": ("replace", "recover", "revoke"),
}
NEXT = {"approval": ("withdraw",), "telling": ("tell", "issue", "withdraw"), "opening": ("issue", "tell", "withdraw")}


class CardLine(CardView, frozen=True, kw_only=True):
    """A card as a list shows it: whose it is by name."""

    customer_name: str | None
    unit_name: str | None


class ApplicationLine(CardApplicationView, frozen=True):
    """An application as a list shows it; `state` is what it waits for, or how it ended."""

    customer_name: str | None = None
    state: Literal["approval", "telling", "opening", "issued", "closed"] = "approval"


LINES = CARDS.wider(
    CardLine,
    customer_name=called("x.customer_id"),
    unit_name="(select u.name from org_unit u where u.id = x.unit_id)",
)
ASKED = APPLICATIONS.wider(
    ApplicationLine,
    customer_name=called("x.customer_id"),
    state="case when x.closed_because = 'issued' then 'issued' when x.closed_at is not null then 'closed'"
    " when x.outcome is null then 'approval' when exists (select from card_telling t where t.tenant_id = x.tenant_id"
    " and t.application_id = x.id and t.reached) then 'opening' else 'telling' end",
)


class Rule(Struct, frozen=True):
    """What a card asks, told before it is applied for: the tier it is of and the one that is held, who approves, and how many
    are left in one's own stock, None where none is kept."""

    kind: CardKind
    tier: str
    held: str
    steps: tuple[str, ...]
    clause: str
    stock: int | None


async def held(number: str, act: Act) -> Sequence[CardLine]:
    """The card of this whole number, on record; none for a part of one."""
    rows = await LINES.where(BY_NUMBER, exact=await sealing.exact(number))
    if not rows:
        return ()
    return (await searched("card", Page(rows), act, verb="list", fields=("card",))).items


async def _whole(number: str, shell: Shell) -> UUID:
    for card in await held(number, shell.act):
        return card.id
    raise NotFound("No card has this number")


_found = finds("card", LINES, verb="list", fields=("card",))


async def _card(card_id: UUID, shell: Shell) -> Values:
    form = await recorded("read", Case("card", card_id), FORM, shell.act, fields=("card",))
    earlier = await CARDS.where(
        "x.customer_id = $of and x.id <> $this",
        order="x.issued_at desc, x.id limit 5",
        of=form.customer_id,
        this=card_id,
    )
    return {
        "form": form,
        "known": await whose(form.customer_id, shell.act),
        "kind": shell.act.policy.card(form.kind),
        "events": [_happening(each, shell) for each in form.events],
        "others": earlier,
        "commands": COMMANDS.allowed(shell, *OFFERED.get(form.state, ())),
    }


def _happening(event: CardEventLine, shell: Shell) -> Happening:
    key = f"cards.because.{event.because}"
    told = [shell.says(key)] if event.because and shell.studio.words.has(key) else []
    return Happening(
        at=event.at,
        who=event.by_name,
        what=" · ".join([shell.says(f"cards.happened.{event.kind}"), *told]),
        icon="credit-card",
        tone={"ended": "bad", "lost": "bad", "activated": "good", "found": "good"}.get(event.kind, ""),
        text=event.note if event.kind in ("lost", "found", "ended") else "",
    )


_asked = finds("card_application", ASKED, subject="card", verb="list", fields=("card",))


async def _application(application_id: UUID, shell: Shell) -> Values:
    form = await recorded("read", Case("card_application", application_id), ASKED, shell.act, fields=("card",))
    return {
        "form": form,
        "known": await whose(form.customer_id, shell.act),
        "stages": await _stages(form, shell),
        "rule": await _rule(form.kind, form.customer_id, shell),
        "commands": STEPS.allowed(shell, *NEXT.get(form.state, ())),
    }


async def _stages(form: ApplicationLine, shell: Shell) -> list[Stage]:
    says, ended = shell.says, form.state == "closed"
    approval = await approvals.by_id(form.approval_id) if form.approval_id is not None else None
    applied = Stage(
        title=says("cards.applications.stage.applied"),
        state="done",
        who=form.applied_by_name,
        at=form.applied_at,
        text=form.reason,
    )
    told = Stage(
        title=says("cards.applications.stage.telling"),
        state="done" if form.told_at else "next" if form.state == "telling" else "dropped" if ended else "later",
        at=form.told_at,
        about=((says("cards.applications.tellings"), str(form.tellings)),) if form.tellings else (),
    )
    issued = Stage(
        title=says("cards.applications.stage.issued"),
        state={"issued": "done", "opening": "next", "closed": "dropped"}.get(form.state, "later"),
        at=form.closed_at if form.state == "issued" else None,
    )
    closed = Stage(title=_closed(form.closed_because, shell), state="refused", at=form.closed_at)
    decided = _decided(approval, shell) if approval else []
    return [applied, *decided, told, issued, *([closed] if ended else [])]


def _decided(approval: ApprovalView, shell: Shell) -> list[Stage]:
    """Each step of the approval: who decided, who may, by which clause."""
    found = []
    for step in approval.steps:
        waits = approval.step == step.step
        still = "next" if waits else "dropped" if approval.outcome else "later"
        found.append(
            Stage(
                title=shell.says(
                    "cards.applications.stage.approval", who=" / ".join(map(shell.post, (step.role, *step.others)))
                ),
                state=still if step.approved is None else "done" if step.approved else "refused",
                who=step.decided_by_name,
                at=step.decided_at,
                text=step.reason,
                why=shell.says("cards.applications.by_clause", clause=approval.clause) if approval.clause else "",
                place=f"{PREFIX}/approvals/{approval.id}" if waits else "",
            )
        )
    return found


def _closed(because: str, shell: Shell) -> str:
    key = f"cards.applications.closed.{because}"
    return shell.says(key if shell.studio.words.has(key) else "cards.applications.state.closed")


async def _rule(name: str, customer_id: UUID, shell: Shell) -> Rule | None:
    kind = shell.act.policy.card(name)
    if kind is None:
        return None
    act = shell.act
    held = await memberships.present_tier(customer_id, kind.scheme, on=act.today)
    flow = act.policy.approval(kind.approval)
    counted = None
    if kind.quantity_approval:
        counted = sum(each.quantity for each in await stock.stocks(kind.name, by=act.by))

    def tier(of: str) -> str:
        return act.policy.title(f"tier.{of}", shell.language, scheme=kind.scheme)

    return Rule(
        kind=kind,
        tier=tier(kind.tier),
        held=tier(held) if held else "",
        steps=tuple(" / ".join(map(shell.post, step.roles)) for step in flow.steps) if flow else (),
        clause=flow.clause if flow else "",
        stock=counted,
    )


async def _begun(shell: Shell) -> Given:
    """Also while it is filled in: which card was chosen decides what else is asked."""
    return {"kind": [shell.request.query_params.get("kind", "")], **await begun(shell)}


def _read(given: Given, shell: Shell) -> forms.Filled:
    return forms.fill(typed.Wanted, given, shell)


async def _page(given: Given, errors: Mapping[str, str], shell: Shell) -> Values:
    customer_id = customer_of(given)
    kinds = await choices.kinds_for(customer_id, shell) if customer_id else list(await choices.kinds(shell))
    chosen = "".join(given.get("kind", [])[:1]) or (kinds[0].value if len(kinds) == 1 else "")
    asks = choices.of_application(shell.act.policy.card(chosen))
    form = forms.Form(
        kind=typed.Wanted,
        slice_name=NAME,
        choices={"kind": kinds},
        left_out=frozenset({"customer_id"}) | asks.left_out,
        needed=asks.needed,
        finds=frozenset({"of_customer_id"}),
    )
    fields = form.fields(shell, {**given, "kind": [chosen]} if chosen else given, errors)
    return {
        "fields": fields,
        "head": [field for field in fields if field.name in _ALWAYS],
        "asked": [field for field in fields if field.name not in _ALWAYS],
    }


# What is asked of every card; the rest follows from its kind.
_ALWAYS = ("kind", "reason")


async def _suggested(given: Given, shell: Shell) -> Values:
    known = await known_of(customer_of(given), shell.act)
    name = "".join(given.get("kind", [])[:1])
    held = []
    if known is not None:
        filters = CardFilter(customer_id=known.customer.id)
        held = list((await _found(filters, PageAsked(5), shell.act, "")).items)
    return {
        "known": known,
        "rule": await _rule(name, known.customer.id, shell) if known and name else None,
        "held": held,
    }


CardScreens = cases.screens(
    Kind(
        subject="card",
        table=TABLE,
        commands=COMMANDS,
        read=READ,
        write=READ,
        rows=Rows(
            filters=CardFilter,
            find=_found,
            counts=CARDS.counts,
            beside=row_marks,
            first="active",
            whole=_whole,
        ),
        case=_card,
    ),
    __name__,
)
CardApplicationScreens = cases.screens(
    Kind(
        subject="card_application",
        table=APPLIED,
        commands=STEPS,
        read=READ,
        write=READ,
        rows=Rows(
            filters=CardApplicationFilter,
            find=_asked,
            counts=APPLICATIONS.counts,
            beside=row_marks,
            first="telling",
        ),
        case=_application,
        intake=Intake(action=typed.apply, begun=_begun, read=_read, page=_page, suggested=_suggested, needs=APPLY),
    ),
    __name__,
)
