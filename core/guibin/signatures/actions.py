"""The customer signs where a concrete problem was settled with them on site, whatever kind of case it was (S07-12).

Where that cannot be had, the reason is kept and the nearest manager hears of it.
"""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from guibin.cases import Case
from guibin.cases.requests import NewDisclosure
from guibin.context import Act
from guibin.notices.actions import Notice, notify
from guibin.profiles import disclosures
from guibin.profiles.queries import customer_of
from guibin.profiles.refusals import ArchiveErased
from guibin.profiles.subjects import refuse_unless_kept
from guibin_tenants.refusals import Invalid, NotFound
from guibin_tenants.rows import add_all
from guibin_tenants.scope import fetch_column, fetch_one, fetch_value
from guibin_tenants.tables import new_id

from .refusals import AlreadySigned, SignatureMissing
from .requests import NewSignature
from .sealing import checked_type, opened_signature, sealed_signature
from .tables import CaseSignature

TABLE = "case_signature"
FIELD = "unsigned_because"
_TAKEN = "select true from case_signature where subject_id = $1 and occasion = $2"


class SignatureLine(Struct, frozen=True):
    """That the customer signed, of which `occasion`; what they signed is disclosed on record."""

    id: UUID
    occasion: str
    signed_by: str
    taken_by_name: str
    taken_at: datetime


class DisclosedCaseSignature(Struct, frozen=True):
    """The signature in clear, this once: a file in base64."""

    signature_id: UUID
    purpose: str
    media_type: str
    content: bytes


# What a case's form shows, for `lines`: `x` is the case.
LINES = f"from {TABLE} where subject_id = x.id order by taken_at, id"


class Occasion(Struct, frozen=True):
    """What is signed for: of which case, such as its revisit or the callback of a round, and whose work it was."""

    case: Case
    name: str
    number: str
    who: str


async def take(occasion: Occasion, new: NewSignature, act: Act) -> None:
    """Keep the signature, sealed. Raises Invalid, ArchiveErased, AlreadySigned, and Invalid for a case of nobody's."""
    customer_id = occasion.case.customer_id
    if customer_id is None:
        raise Invalid.at("signed_by", "the case of a customer who is known", "say first whose it is")
    media_type = checked_type(new.content)
    await refuse_unless_kept(customer_id)
    row = new_id()
    values = {
        "id": row,
        "customer_id": customer_id,
        "subject": occasion.case.subject,
        "subject_id": occasion.case.id,
        "occasion": occasion.name,
        "signed_by": new.signed_by,
        "media_type": media_type,
        "bytes_count": len(new.content),
        "sealed": await sealed_signature(new.content, customer_id=customer_id, row=row, table=TABLE),
    }
    if not await add_all(CaseSignature, act, [values], unless=("subject_id", "occasion")):
        raise AlreadySigned("What the customer signed is not exchanged")


async def signed(subject_id: UUID) -> set[str]:
    """Of which occasions of the case the customer signed."""
    return set(await fetch_column("select occasion from case_signature where subject_id = $1", subject_id))


async def settle(occasion: Occasion, because: str, act: Act, *, owed: bool) -> None:
    """What was owed to be signed for is signed for, or `because` says why it is not: then the manager hears.

    Raises SignatureMissing, and Invalid for a reason where no signature is missing.
    """
    signed = owed and await fetch_value(_TAKEN, occasion.case.id, occasion.name)
    if refuse_unsigned(because, owed=owed and not signed):
        await tell(occasion, act)


def refuse_unsigned(because: str, *, owed: bool) -> bool:
    """Whether it goes on without a signature that is owed. Raises SignatureMissing without a reason, and Invalid for a reason
    where none is asked for."""
    because = because.strip()
    if owed and not because:
        raise SignatureMissing("It settled a concrete problem: let the customer sign, or say why they cannot")
    if because and not owed:
        raise Invalid.at(FIELD, "empty where no signature is missing", value=because[:60])
    return owed


async def tell(occasion: Occasion, act: Act, *, kind: str = "case_unsigned") -> None:
    """The nearest manager hears that it was settled without a signature."""
    details = {"who": occasion.who} | ({"number": occasion.number} if occasion.number else {})
    notice = Notice(kind, occasion.case, roles=("manager",), details=details)
    key = f"case-unsigned/{occasion.case.id}/{occasion.name}" if occasion.name else f"unsigned/{occasion.case.id}"
    await notify(notice, key=key, now=act.now)


async def disclose(signature_id: UUID, new: NewDisclosure, act: Act) -> DisclosedCaseSignature:
    """Show the signature, with the purpose on record (S07-8). Raises NotFound, ArchiveErased."""
    row = await fetch_one(
        "select s.id, s.customer_id, s.media_type, s.sealed, c.erased_at from case_signature s"
        f" {customer_of('c', 's')} where s.id = $1",
        signature_id,
    )
    if row is None:
        raise NotFound(f"There is no signature {signature_id}")
    customer_id = row["customer_id"]
    if row["erased_at"] is not None:
        raise ArchiveErased(f"The archive of customer {customer_id} was erased: its signatures open no more")
    content = await opened_signature(bytes(row["sealed"]), customer_id=customer_id, row=row["id"], table=TABLE)
    await disclosures.keep(Case(TABLE, signature_id, customer_id), ("signature",), new, act)
    return DisclosedCaseSignature(signature_id, new.purpose, row["media_type"], content)
