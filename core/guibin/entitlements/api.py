"""`/api/v1/service-items`, `/customers/{id}/entitlements`, `/redemptions`."""

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.status_codes import HTTP_200_OK
from msgspec import Struct

from guibin.audit.actions import noted
from guibin.audit.answering import lists, reads
from guibin.context import Act
from guibin.desks.queries import DeskView
from guibin.desks.queries import desks as open_desks
from guibin.policy.deadlines import Deadline
from guibin.policy.packs import Policy
from guibin.policy.service_items import Discount, Pool, ServiceItem
from guibin.policy.words import up_to
from guibin.web.paging import Page
from guibin.web.routing import posts
from guibin_tenants.principals import may

from . import actions, queries
from .actions import NewAdjustment, Offer
from .queries import LISTED, RedemptionFilter, RedemptionView
from .standards import ClassStandard, standards


class TimeLimitView(Struct, frozen=True):
    """How fast, in which situation, counted from what."""

    name: str
    title: str
    within: Deadline
    counted_from: str


class QuotaView(Struct, frozen=True):
    """Which tier gets how much; `quota` None is without limit."""

    scheme: str
    tier: str
    quota: int | None
    period: str
    clause: str


class ServiceItemView(Struct, frozen=True):
    """A service item described by content, standard, channel and process (S01-10, S03-3)."""

    name: str
    family: str
    title: str
    content: str
    standard: str
    channel: str
    process: str
    steps: tuple[str, ...]
    time_limits: tuple[TimeLimitView, ...]
    approval: str
    form: str
    clause: str
    quotas: tuple[QuotaView, ...]


class EntitlementView(Struct, frozen=True):
    """What is left of one item: granted and carried over, minus consumed, minus reserved. None is without limit.

    `companions` count or are free; `pool` says who shares it and how much each may use; `discount` what is taken off.
    `declined` is what the customer does not want;
    `desks` are the halls at which an item given at desks or in venues is to be had (S07-3, S03-7).
    """

    item: str
    title: str
    scheme: str
    tier: str
    period: str
    starts_on: date
    ends_on: date
    granted: int | None
    carried: int
    adjusted: int
    consumed: int
    reserved: int
    left: int | None
    rewarded: int
    withheld_until: date | None
    declined: bool
    clause: str
    companions: str
    pool: Pool | None
    discount: Discount | None
    desks: tuple[DeskView, ...] = ()


class NewReversal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why the redemption is undone."""

    reason: Annotated[str, up_to(1_000, 1)]


class ServiceItemController(Controller):
    path = "/api/v1/service-items"
    tags = ("entitlements",)

    @get("/", needs=may("entitlements:read"), summary="What the company offers its VIPs")
    async def list_items(self, act: Act) -> Page[ServiceItemView]:
        return Page([_item(item, act.policy, act.language) for item in act.policy.service_items])


class ServiceStandardController(Controller):
    path = "/api/v1/service-standards"
    tags = ("entitlements",)

    @get("/", needs=may("entitlements:read"), summary="Each class of VIP: rights, scope of service, time limits")
    async def list_standards(self, act: Act) -> list[ClassStandard]:
        return standards(act.policy, act.language)


class EntitlementController(Controller):
    path = "/api/v1/customers/{customer_id:uuid}/entitlements"
    tags = ("entitlements",)

    @get("/", needs=may("entitlements:read"), summary="What the customer is entitled to, and what is left")
    async def show(
        self, customer_id: UUID, act: Act, on: date | None = None, occasion: str = ""
    ) -> Page[EntitlementView]:
        day = on or act.today
        found = await actions.offers(customer_id, act.policy, day=day, now=act.now, occasion=occasion)
        await noted("entitlements.read", act, customer_id=customer_id, fields=("tier", "redemptions"))
        desks = tuple(await open_desks()) if any(_kinds(offer.entitlement.item, act.policy) for offer in found) else ()
        return Page([_entitlement(offer, act.policy, act.language, desks) for offer in found])

    @post("/adjustments", needs=may("tiers:assess"), summary="Give units beside the quota, or take some away")
    async def adjust(self, customer_id: UUID, data: NewAdjustment, act: Act) -> EntitlementView:
        offer = await actions.adjust(customer_id, data, act)
        item = act.policy.service_item(data.item)
        desks = tuple(await open_desks()) if item is not None and _kinds(item.name, act.policy) else ()
        return _entitlement(offer, act.policy, act.language, desks)


class RedemptionController(Controller):
    path = "/api/v1/redemptions"
    tags = ("entitlements",)
    redeem = posts("/", actions.use, "Use or reserve units of a service item", needs=may("entitlements:redeem"))
    list_redemptions = lists(
        "/",
        LISTED,
        RedemptionFilter,
        "Redemptions, newest first",
        recorded="redemption",
        verb="list",
        needs=may("entitlements:read"),
    )
    show = reads("/{redemption_id:uuid}", queries.by_id, "One redemption", "redemption", needs=may("entitlements:read"))

    @post(
        "/{redemption_id:uuid}/reversal",
        needs=may("entitlements:redeem"),
        summary="Undo a redemption: its units are free",
    )
    async def reverse(self, redemption_id: UUID, data: NewReversal, act: Act) -> RedemptionView:
        return await actions.reverse(redemption_id, act, reason=data.reason)

    take_up = posts(
        "/{redemption_id:uuid}/use",
        actions.take_up,
        "Take up a reservation",
        needs=may("entitlements:redeem"),
        status_code=HTTP_200_OK,
    )


def _item(item: ServiceItem, policy: Policy, language: str) -> ServiceItemView:
    def text(part: str) -> str:
        return policy.title(f"service_item.{item.name}.{part}", language)

    return ServiceItemView(
        name=item.name,
        family=item.family,
        title=text("title"),
        content=text("content"),
        standard=text("standard"),
        channel=text("channel"),
        process=text("process"),
        steps=item.steps,
        time_limits=tuple(
            TimeLimitView(
                limit.name, policy.title(f"time_limit.{limit.name}", language), limit.within, limit.counted_from
            )
            for limit in item.time_limits
        ),
        approval=item.approval,
        form=item.form,
        clause=item.clause,
        quotas=tuple(
            QuotaView(e.scheme, e.tier, e.quota, e.period, e.clause) for e in policy.entitlements if e.item == item.name
        ),
    )


def _kinds(name: str, policy: Policy) -> tuple[str, ...]:
    """In what kind of venue an item is given; nothing for one that is given anywhere."""
    item = policy.service_item(name)
    return (*item.venues, *(("desk",) if item.at_desks else ())) if item else ()


def _entitlement(offer: Offer, policy: Policy, language: str, desks: tuple[DeskView, ...]) -> EntitlementView:
    given, entitlement = offer.allowance, offer.entitlement
    return EntitlementView(
        item=entitlement.item,
        title=policy.title(f"service_item.{entitlement.item}.title", language),
        scheme=entitlement.scheme,
        tier=entitlement.tier,
        period=entitlement.period,
        starts_on=given.period.starts_on,
        ends_on=given.period.ends_on,
        declined=offer.declined,
        granted=given.granted,
        carried=given.carried,
        adjusted=given.adjusted,
        consumed=given.consumed,
        reserved=given.reserved,
        left=given.left if offer.withheld is None else 0,
        rewarded=offer.rewarded,
        withheld_until=offer.withheld.until_on if offer.withheld else None,
        clause=entitlement.clause,
        companions=entitlement.companions,
        pool=entitlement.pool,
        discount=entitlement.discount,
        desks=tuple(one for one in desks if one.kind in _kinds(offer.entitlement.item, policy)),
    )
