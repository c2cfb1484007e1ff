"""What people type of cards: with the application and the card, the document that the customer shows (S08-3)."""

from typing import Literal
from uuid import UUID

from msgspec import Struct

from guibin.context import Act
from guibin.policy.words import CardNumber, Code, Line, Paragraph, Reason

from . import actions, applications, identity
from .queries import APPLICATIONS, CARDS, CardApplicationView
from .requests import NewCard, NewCardApplication, NewIdentityCheck, NewReplacement


class Wanted(Struct, frozen=True, kw_only=True):
    """Who is put up for which card, with what the document says that was shown."""

    customer_id: UUID
    kind: Code
    reason: Reason
    of_customer_id: UUID | None = None
    document_name: Line = ""
    document_number: Line = ""


class HandedOut(Struct, frozen=True, kw_only=True):
    """The card that is handed over, with what the document says that was shown."""

    number: CardNumber
    unit_id: UUID | None = None
    document_name: Line = ""
    document_number: Line = ""


class Replaced(Struct, frozen=True, kw_only=True):
    """The card that comes in the other's place, with what the document says that was shown."""

    cause: Literal["lost", "damaged", "expiring"]
    number: CardNumber
    unit_id: UUID | None = None
    document_name: Line = ""
    document_number: Line = ""
    reason: Paragraph = ""


async def apply(new: Wanted, act: Act) -> CardApplicationView:
    """As `applications.apply_for`, the document compared before."""
    return await applications.apply_for(
        NewCardApplication(
            customer_id=new.customer_id,
            kind=new.kind,
            reason=new.reason,
            of_customer_id=new.of_customer_id,
            identity_check_id=await _checked(new.customer_id, (new.document_name, new.document_number), new.kind, act),
        ),
        act,
    )


async def issue(application_id: UUID, new: HandedOut, act: Act) -> None:
    """As `actions.issue`, the document compared before."""
    asked = await APPLICATIONS.one(application_id)
    shown = (new.document_name, new.document_number)
    check_id = await _checked(asked.customer_id, shown, asked.kind, act)
    await actions.issue(
        NewCard(application_id=application_id, number=new.number, unit_id=new.unit_id, identity_check_id=check_id), act
    )


async def replace(card_id: UUID, new: Replaced, act: Act) -> None:
    """As `actions.replace`, the document compared before."""
    card = await CARDS.one(card_id)
    check_id = await _checked(card.customer_id, (new.document_name, new.document_number), card.kind, act)
    await actions.replace(
        card_id,
        NewReplacement(
            cause=new.cause, number=new.number, unit_id=new.unit_id, reason=new.reason, identity_check_id=check_id
        ),
        act,
    )


async def _checked(customer_id: UUID, shown: tuple[str, str], kind: str, act: Act) -> UUID | None:
    """The comparison of what was read with the archive; none where nothing was."""
    name, number = (text.strip() for text in shown)
    if not (name and number):
        return None
    asked = await identity.shown(customer_id, number, act.policy.card(kind), act.policy)
    return (await identity.check(customer_id, NewIdentityCheck(field=asked, name=name, number=number), act)).id
