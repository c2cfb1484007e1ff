"""What the customer agrees to; what follows from it happens in the same transaction."""

from uuid import UUID

from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin_tenants.refusals import Conflict

from . import queries
from .queries import ConsentView
from .reactions import ConsentRecorded, consent_recorded
from .requests import NewConsent
from .tables import Consent


async def consent(customer_id: UUID, new: NewConsent, act: Act) -> ConsentView:
    """Record what the customer says; what follows from it happens in the same transaction.

    Withdrawing what was never granted is refused.
    """
    await queries.customer(customer_id)
    if new.answer == "withdrawn" and not await queries.consented(customer_id, new.purpose):
        raise Conflict(f"There is no consent to {new.purpose!r} to withdraw")
    await Consent.insert(
        Consent(
            customer_id=customer_id,
            purpose=new.purpose,
            answer=new.answer,
            note=new.note,
            recorded_by=act.by.id,
            recorded_by_name=act.by.name,
            recorded_at=act.now,
        )
    )
    await record(AuditNote(action="consent.record", customer_id=customer_id, fields=("purpose", "answer")), act)
    await consent_recorded(ConsentRecorded(customer_id, new.purpose, new.answer, act.company), act)
    return ConsentView(new.purpose, new.answer, new.note, act.by.name, act.now)
