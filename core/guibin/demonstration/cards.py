"""Cards of a demonstration company: held, waiting for approval, for the customer, lost; and a stock that runs low."""

import contextlib
from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from msgspec.structs import replace
from stdnum.cn import ric as cn_ric

from guibin.card_stock import actions as stock
from guibin.card_stock import orders
from guibin.card_stock.requests import (
    NewCardBatch,
    NewCardOrder,
    NewCardRequest,
    NewConfirmation,
    NewDelivery,
    NewOrderSending,
)
from guibin.cards import actions, applications, identity
from guibin.cards.requests import NewCard, NewCardApplication, NewCardTelling, NewIdentityCheck
from guibin.cards.sealing import passes_luhn
from guibin.cases.requests import Because
from guibin.context import Act
from guibin.policy.cards import CardKind
from guibin.profiles import actions as archive
from guibin.profiles.queries import name_of
from guibin.profiles.requests import CustomerChange
from guibin.tiers.queries import holding
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import Refusal
from guibin_tenants.scope import fetch, savepoint

from .approvals import approve
from .days import Scene

# So many of each kind are applied for.
EACH = 4
_BATCH = 40


async def hand_out_cards(scene: Scene, people: Sequence[Principal]) -> None:
    """Inside the company's scope, when tiers are held; `people` take applications in, the company's system decides."""
    for kind in scene.act.policy.cards:
        if kind.sponsorship is not None:
            continue
        if kind.quantity_approval:
            await _fill_stock(scene, kind, people)
        rows = await fetch(
            "select m.customer_id from membership m join customer c on c.tenant_id = m.tenant_id and c.id = m.customer_id"
            f" where m.scheme = $1 and m.tier = $2 and {holding('m', '$3::date')} and c.closed_at is null"
            " order by c.number limit $4",
            kind.scheme,
            kind.tier,
            scene.today,
            EACH,
        )
        for place, row in enumerate(rows):
            # Whoever has not agreed to the scheme gets none.
            with contextlib.suppress(Refusal):
                async with savepoint():
                    await _card(scene, kind, row["customer_id"], (people, place))


async def _fill_stock(scene: Scene, kind: CardKind, people: Sequence[Principal]) -> None:
    if kind.made_above is None:
        await stock.make(NewCardBatch(kind=kind.name, quantity=_BATCH), scene.act)
    else:
        await _ordered(kind.name, scene.act)
    for person in people[:2]:
        with contextlib.suppress(Refusal):
            async with savepoint():
                await stock.ask(
                    NewCardRequest(kind=kind.name, quantity=10, reason="网点备卡"), replace(scene.act, by=person)
                )


async def _card(scene: Scene, kind: CardKind, customer_id: UUID, taken: tuple[Sequence[Principal], int]) -> None:
    people, place = taken
    act = replace(scene.act, by=people[place % len(people)])
    checked = await _identified(kind, customer_id, scene)
    asked = await applications.apply_for(
        NewCardApplication(customer_id=customer_id, kind=kind.name, reason="客户申领", identity_check_id=checked), act
    )
    if place == EACH - 1 or asked.approval_id is None:
        return
    await approve(asked.approval_id, scene.act)
    await applications.tell(asked.id, NewCardTelling(channel="phone", reached=True), act)
    if place == EACH - 2:
        return
    card = await actions.issue(
        NewCard(application_id=asked.id, number=_number(scene), identity_check_id=checked), scene.act
    )
    await actions.activate(card.id, act)
    if place == 1:
        await actions.report_lost(card.id, Because(reason="客户来电，卡在出差途中遗失"), act)


async def _identified(kind: CardKind, customer_id: UUID, scene: Scene) -> UUID | None:
    """The document compared with the archive, where the real-name rule holds; the archive has its number from now on."""
    if kind.real_name is None:
        return None
    number = _identity_number(scene)
    known = CustomerChange(confidential={kind.real_name.field: number})
    await archive.change(customer_id, known, scene.act)
    shown = NewIdentityCheck(field=kind.real_name.field, name=await name_of(customer_id), number=number)
    return (await identity.check(customer_id, shown, scene.act)).id


def _identity_number(scene: Scene) -> str:
    """Of somebody born on a day in 1972, with its check digit (GB 11643)."""
    born = date(1972, 1, 1) + timedelta(days=scene.chance.randrange(365))
    body = f"110105{born:%Y%m%d}{scene.chance.randrange(1000):03}"
    return body + cn_ric.calc_check_digit(body + "0")


def _number(scene: Scene) -> str:
    """A card number with a right check digit."""
    body = "62258801" + "".join(str(scene.chance.randrange(10)) for _ in range(7))
    return next(f"{body}{digit}" for digit in range(10) if passes_luhn(f"{body}{digit}"))


async def _ordered(kind: str, act: Act) -> None:
    """An order of which the last part is waited for still."""
    placed = await orders.place(NewCardOrder(kind=kind, quantity=2 * _BATCH), act)
    await orders.send(placed.id, NewOrderSending(by="机要邮件"), act)
    await orders.confirm(placed.id, NewConfirmation(reference="SL-2026-031"), act)
    await orders.deliver(placed.id, NewDelivery(received=_BATCH), act)
