"""What the customer agrees to; what follows from it happens in the same transaction."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from guibin.audit.actions import noted
from guibin.context import Act
from guibin.events import ConsentRecorded, tell_at_once
from guibin_tenants.refusals import Conflict
from guibin_tenants.rows import add, given, many

from . import queries, wishes
from .requests import NewConsent
from .tables import Consent


class ConsentView(Struct, frozen=True):
    """What the customer said to a purpose, and to whom."""

    purpose: str
    answer: str
    note: str
    recorded_by_name: str
    recorded_at: datetime


async def list_consents(customer_id: UUID, act: Act) -> list[ConsentView]:
    """Everything the customer said, latest first. Raises NotFound."""
    await queries.customer(customer_id)
    await noted("consent.read", act, customer_id=customer_id)
    return await many(
        ConsentView, "from consent where customer_id = $1 order by recorded_at desc, id desc", customer_id
    )


async def consent(customer_id: UUID, new: NewConsent, act: Act) -> ConsentView:
    """Record what the customer says; what follows from it happens in the same transaction.

    Withdrawing what was never granted is refused, and a wish (`item:lounge`) about what the policy does not have.
    """
    wishes.refuse_unknown(new.purpose, act.policy)
    await queries.customer(customer_id)
    if new.answer == "withdrawn" and not await queries.consented(customer_id, new.purpose):
        raise Conflict(f"There is no consent to {new.purpose!r} to withdraw")
    await add(Consent, act, customer_id=customer_id, **given(new))
    await noted("consent.record", act, customer_id=customer_id, fields=("purpose", "answer"))
    await tell_at_once(ConsentRecorded(customer_id, new.purpose, new.answer), act)
    return ConsentView(new.purpose, new.answer, new.note, act.by.name, act.now)
