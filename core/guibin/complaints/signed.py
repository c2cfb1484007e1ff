"""A complaint that was settled with the customer on site is signed for (S07-12)."""

from uuid import UUID

import asyncpg

from guibin.audit.actions import recorded
from guibin.context import Act
from guibin.signatures import actions as signing
from guibin.signatures.actions import Occasion
from guibin.signatures.requests import NewSignature

from .levels import case_of
from .queries import FORM, ComplaintForm
from .refusals import NotResolved
from .requests import NewCallback


def occasion(complaint: asyncpg.Record, act: Act) -> Occasion:
    """What is signed for: the result of this round."""
    return Occasion(case_of(complaint), f"callback:{complaint['round']}", complaint["number"], act.by.name)


async def keep(complaint: asyncpg.Record, new: NewSignature, act: Act) -> ComplaintForm:
    """Keep what the customer signed. Raises NotResolved before there is a remedy, Invalid, AlreadySigned, ArchiveErased."""
    if complaint["state"] in ("open", "waiting"):
        raise NotResolved(f"Complaint {complaint['number']} has no remedy to sign for: resolve it first")
    await signing.take(occasion(complaint, act), new, act)
    return await recorded("sign", case_of(complaint), FORM, act)


def asks_for(customer_id: UUID | None, act: Act) -> bool:
    """Whether a revisit that settles the case of such a customer is signed for by the company's policy (S07-12)."""
    return act.policy.visits.signature_when_settling and customer_id is not None


async def settle(complaint: asyncpg.Record, new: NewCallback, act: Act) -> None:
    """A revisit that satisfied the customer is signed for, or the reason is told. Raises SignatureMissing, Invalid."""
    owed = asks_for(complaint["customer_id"], act) and new.on_site and new.outcome == "satisfied"
    await signing.settle(occasion(complaint, act), new.unsigned_because, act, owed=owed)
