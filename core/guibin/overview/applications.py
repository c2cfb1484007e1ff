"""Applying for something for a customer, one way for all of it: first the clause and who decides, then the form, then where it
stands. What has an intake of its own (cards, services, receptions) is entered from here and filled in there."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Response, get, post
from msgspec import Struct, structs

from guibin.cards import choices as card_choices
from guibin.console import answers, forms
from guibin.console.forms import Choice, Field
from guibin.console.limits import limit_words
from guibin.console.shell import PREFIX, Shell
from guibin.policy.approvals import ApprovalFlow
from guibin.policy.forms import Form
from guibin.policy.tiers import TierScheme
from guibin.profiles import queries as profiles
from guibin.profiles.queries import CustomerView
from guibin.tiers import applications, memberships
from guibin.tiers.applications import Kind, NewApplication
from guibin.tiers.endorsing import recognised
from guibin_tenants.principals import may
from guibin_tenants.refusals import NotFound, Refusal

from . import panels
from .customer_screens import above
from .screens import PATH

APPLY, REQUESTS, RECEPTIONS = may("tiers:apply"), may("requests:write"), may("receptions:write")
KINDS: tuple[Kind, ...] = ("tier", "upgrade", "adjustment", "exception")
_FALLBACK = "exception"


class Decider(Struct, frozen=True):
    """Who decides a step, and in what time; empty where there is none."""

    who: str
    within: str


class Offer(Struct, frozen=True, kw_only=True):
    """One thing that can be applied for: what it is called, the clause, who asks, who decides in which order, and where its
    form stands."""

    title: str
    sub: str = ""
    clause: str = ""
    applicants: str = ""
    deciders: tuple[Decider, ...] = ()
    href: str


class Group(Struct, frozen=True):
    """Offers of one kind, under the text `overview.apply.<name>`."""

    name: Literal["tiers", "cards", "services", "receptions"]
    offers: tuple[Offer, ...]


class ApplicationScreens(Controller):
    path = f"{PATH}/{{customer_id:uuid}}/apply"
    include_in_schema = False

    @get("/", needs=APPLY | REQUESTS | RECEPTIONS)
    async def choose(self, customer_id: UUID, shell: Shell) -> Response[str]:
        customer = await profiles.customer(customer_id)
        groups = [group for group in await _groups(customer, shell) if group.offers]
        return shell.page(
            "overview/apply.html",
            tab="",
            **await above(customer, await panels.consents(customer_id), shell),
            groups=groups,
        )

    @get("/{scheme:str}/{kind:str}", needs=APPLY)
    async def form(self, customer_id: UUID, scheme: str, kind: str, shell: Shell) -> Response[str]:
        return await _page(await _asked(customer_id, scheme, kind, shell), shell, {}, {}, 200)

    @post("/{scheme:str}/{kind:str}", needs=APPLY, status_code=200)
    async def send(self, customer_id: UUID, scheme: str, kind: str, shell: Shell) -> Response[str]:
        asked, given = await _asked(customer_id, scheme, kind, shell), await forms.sent(shell.request)
        own = asked.form
        sent = given | {"customer_id": [str(customer_id)], "kind": [asked.kind], "scheme": [asked.scheme.name]}
        try:
            new = forms.taken(NewApplication, {"tier": [""], **sent}, shell)
            if own is not None:
                new = structs.replace(new, form=own.name, answers=answers.read(own, given))
            applied = await applications.apply_for(new, shell.act)
        except Refusal as refusal:
            return await _page(asked, shell, given, *forms.wrong(refusal, shell))
        stands = f"{PREFIX}/approvals/{applied.approval_id}" if may("approvals:read")(shell.act.by) else ""
        return shell.done(shell.says("overview.done.exception"), goes_to=stands or f"{PATH}/{customer_id}/tier")


class _Asked(Struct, frozen=True):
    """What a form is for: the customer, the scheme, the tier held in it, and what kind of application."""

    customer: CustomerView
    scheme: TierScheme
    kind: Kind
    present: str | None
    form: Form | None


async def _asked(customer_id: UUID, scheme_name: str, kind: str, shell: Shell) -> _Asked:
    customer = await profiles.customer(customer_id)
    scheme = shell.act.policy.scheme(scheme_name)
    known = next((each for each in KINDS if each == kind), None)
    if scheme is None or known is None or customer.kind not in scheme.customer_kinds:
        raise NotFound("There is no such application for this customer")
    present = await memberships.present_tier(customer_id, scheme.name, on=shell.act.today)
    form = next((each for each in shell.act.policy.forms if each.name == scheme.form), None)
    return _Asked(customer, scheme, known, present, form if known == "tier" else None)


async def _groups(customer: CustomerView, shell: Shell) -> Sequence[Group]:
    by, policy, whose = shell.act.by, shell.act.policy, customer.id
    found = []
    if APPLY(by):
        tiers: list[Offer] = []
        for each in policy.schemes:
            if customer.kind in each.customer_kinds:
                present = await memberships.present_tier(whose, each.name, on=shell.act.today)
                tiers.extend(_of_scheme(each, present, whose, shell))
        found.append(Group("tiers", tuple(tiers)))
        # Those that the form offers: what the customer's tiers give.
        given = {choice.value for choice in await card_choices.kinds_for(whose, shell)}
        cards = [
            _at(
                _offer(shell.named(f"card.{each.name}"), each.clause, policy.approval(each.approval), shell),
                f"{PREFIX}/card-applications/new",
                customer_id=whose,
                kind=each.name,
            )
            for each in policy.cards
            if each.name in given
        ]
        found.append(Group("cards", tuple(cards)))
    if REQUESTS(by):
        services = [
            _at(
                _offer(
                    shell.named(f"service_item.{each.name}.title"), each.clause, policy.approval(each.approval), shell
                ),
                f"{PREFIX}/requests/new",
                customer_id=whose,
                item=each.name,
            )
            for each in policy.service_items
            if each.steps
        ]
        found.append(Group("services", tuple(services)))
    if RECEPTIONS(by) and policy.reception is not None:
        found.append(Group("receptions", tuple(_receptions(whose, shell))))
    return found


def _of_scheme(scheme: TierScheme, present: str | None, whose: UUID, shell: Shell) -> Iterator[Offer]:
    """A first tier for who holds none, else a higher or another one; an exception either way (S12-3)."""
    title = shell.named(f"scheme.{scheme.name}")
    tier = scheme.tier(present) if present else None
    flow = shell.act.policy.approval((tier.approval if tier else "") or scheme.approval or _FALLBACK)
    held = shell.act.policy.title(f"tier.{present}", shell.language, scheme=scheme.name) if present else ""
    can_rise = present is not None and scheme.rank(present) < len(scheme.tiers)
    kinds: dict[Kind, bool] = {
        "tier": present is None,
        "upgrade": can_rise,
        "adjustment": present is not None,
        "exception": True,
    }
    for kind in (kind for kind, able in kinds.items() if able):
        offer = _offer(shell.says(f"overview.apply.kind.{kind}", scheme=title), scheme.clause, flow, shell)
        sub = shell.says("overview.apply.holds", tier=held) if held else shell.says(f"overview.apply.about.{kind}")
        yield structs.replace(offer, sub=sub, href=f"{PATH}/{whose}/apply/{scheme.name}/{kind}")


def _receptions(whose: UUID, shell: Shell) -> Iterator[Offer]:
    policy = shell.act.policy.reception
    for each in policy.protocols if policy else ():
        flow = shell.act.policy.approval(each.approval)
        title, clause = shell.named(f"protocol.{each.name}"), each.clause or (policy.clause if policy else "")
        yield _at(_offer(title, clause, flow, shell), f"{PREFIX}/receptions/new", customer_id=whose, protocol=each.name)


def _offer(title: str, clause: str, flow: ApprovalFlow | None, shell: Shell) -> Offer:
    """What is said before anything is filled in; without a flow nobody has to decide."""
    if flow is None:
        return Offer(title=title, clause=clause, href="")
    return Offer(
        title=title,
        clause=flow.clause or clause,
        applicants=" / ".join(map(shell.post, flow.applicants)),
        deciders=tuple(
            Decider(" / ".join(map(shell.post, step.roles)), limit_words(step.within, shell) if step.within else "")
            for step in flow.steps
        ),
        href="",
    )


def _at(offer: Offer, path: str, **known: object) -> Offer:
    return structs.replace(offer, href=f"{path}?{urlencode(known)}")


def _tiers(asked: _Asked, shell: Shell) -> list[Choice]:
    """The tiers that this application can ask for; none at all is one of an adjustment's."""
    scheme, rank = asked.scheme, asked.scheme.rank(asked.present)
    fits = {
        "upgrade": [tier for tier in scheme.tiers if scheme.rank(tier.name) > rank],
        "adjustment": [tier for tier in scheme.tiers if tier.name != asked.present],
    }.get(asked.kind, list(scheme.tiers))
    return [
        Choice(tier.name, shell.act.policy.title(f"tier.{tier.name}", shell.language, scheme=scheme.name))
        for tier in fits
    ]


def _filled(asked: _Asked, shell: Shell, given: Mapping[str, list[str]], errors: Mapping[str, str]) -> list[Field]:
    form = forms.Form(
        kind=NewApplication,
        slice_name="overview",
        choices={"tier": _tiers(asked, shell)},
        left_out=frozenset({"customer_id", "kind", "scheme", "form", "answers"})
        | (frozenset() if asked.kind == "exception" else frozenset({"expires_on"})),
        needed=frozenset({"expires_on"}),
    )
    fields = form.fields(shell, given, errors)
    if asked.kind == "adjustment":
        fields = [
            structs.replace(each, required=False, hint=shell.says("overview.apply.none"))
            if each.name == "tier"
            else each
            for each in fields
        ]
    return [*fields, *(answers.fields(asked.form, shell, given, errors) if asked.form else ())]


async def _page(
    asked: _Asked, shell: Shell, given: dict[str, list[str]], errors: Mapping[str, str], status: int
) -> Response[str]:
    fields = _filled(asked, shell, given, errors)
    known = {field.name for field in fields}
    offers = _of_scheme(asked.scheme, asked.present, asked.customer.id, shell)
    return shell.page(
        "overview/applying.html",
        status=status,
        customer=asked.customer,
        offer=next((each for each in offers if each.href.endswith(f"/{asked.kind}")), None),
        fields=fields,
        problem="; ".join(said for name, said in errors.items() if name not in known),
        voluntary=asked.scheme.voluntary and asked.kind != "adjustment",
        unrecognised=asked.kind == "tier" and not await recognised(asked.customer.id, asked.scheme),
        address=shell.request.url.path,
    )
