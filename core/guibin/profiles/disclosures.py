"""Showing confidential values in clear, with the purpose on record (decision 9)."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct, structs

from guibin.audit.actions import done, noted
from guibin.cases import Case
from guibin.context import Act
from guibin.sealing.values import opened
from guibin.web.listing import Listing, PageAsked, newest_first
from guibin.web.paging import Page
from guibin_tenants import keyring
from guibin_tenants.refusals import FieldError, Invalid
from guibin_tenants.rows import add, given
from guibin_tenants.scope import fetch

from . import queries
from .refusals import NoBasis
from .requests import NewDisclosure
from .tables import Disclosure

PURPOSE_CHARS_MIN = 4
# The purpose a customer consents to so that others outside the company may be told.
OUTSIDE = "disclosure"


class Disclosed(Struct, frozen=True):
    """The values in clear, this once."""

    customer_id: UUID
    purpose: str
    values: dict[str, list[str]]


class DisclosureView(Struct, frozen=True):
    """Who saw which fields in clear, why, and to whom outside they went: by law, or by the customer's permission."""

    id: UUID
    purpose: str
    fields: tuple[str, ...]
    recipient: str
    legal_basis: str
    disclosed_to: UUID
    disclosed_to_name: str
    disclosed_at: datetime


HISTORY = Listing(
    view=DisclosureView,
    source="disclosure x",
    order=newest_first("x.disclosed_at"),
    holds="x.customer_id = $customer_id",
)


def purpose_problems(purpose: str) -> list[FieldError]:
    """What is wrong with a purpose for which something sealed is opened: it says why, in a few characters at least."""
    if len(purpose.strip()) >= PURPOSE_CHARS_MIN:
        return []
    return [FieldError("purpose", f"at least {PURPOSE_CHARS_MIN} characters that say why", value=purpose[:60])]


def refuse_without_purpose(purpose: str) -> None:
    """Raises Invalid for a purpose that says nothing."""
    if problems := purpose_problems(purpose):
        raise Invalid(fields=tuple(problems))


async def disclose(customer_id: UUID, new: NewDisclosure, act: Act) -> Disclosed:
    """Show confidential values in clear, with the purpose on record in the same transaction (decision 9).

    Raises Invalid, and NoBasis where somebody outside would get them without permission or law (S12-5).
    """
    await queries.customer(customer_id)
    known = {field.name for field in queries.archive_fields(act.policy) if field.confidentiality == "confidential"}
    # What was sealed stays sealed, also where the policy calls the field otherwise by now.
    known |= await sealed_fields(customer_id)
    problems = [
        FieldError("fields", "a confidential field", f"one of: {', '.join(sorted(known))}", name)
        for name in new.fields
        if name not in known
    ]
    problems += purpose_problems(new.purpose)
    if not new.fields:
        problems.append(FieldError("fields", "at least one"))
    recipient, legal_basis = new.recipient.strip(), new.legal_basis.strip()
    if legal_basis and not recipient:
        problems.append(FieldError("recipient", "whoever outside gets it by this basis", value=new.recipient))
    if problems:
        raise Invalid("Nothing was disclosed", fields=tuple(problems))
    if recipient and not legal_basis and not await queries.consented(customer_id, OUTSIDE):
        raise NoBasis(f"The customer has not consented to the purpose {OUTSIDE!r}, and no legal basis is given")
    values = await values_of(customer_id, new.fields)
    await write_down(customer_id, structs.replace(new, recipient=recipient, legal_basis=legal_basis), act)
    return Disclosed(customer_id, new.purpose, values)


async def write_down(customer_id: UUID, new: NewDisclosure, act: Act) -> None:
    """That values are shown in clear, why and to whom: for the customer's own history and for the confidentiality record."""
    await _remember(customer_id, new, act)
    outside = f"; to {new.recipient}, {new.legal_basis or 'with permission'}" if new.recipient else ""
    await noted("customer.disclose", act, customer_id=customer_id, fields=new.fields, purpose=new.purpose + outside)


async def keep(
    case: Case, fields: tuple[str, ...], purpose: str, act: Act, *, called: tuple[str, ...] | None = None
) -> None:
    """As `write_down`, for what is shown of a customer's case; the history calls it `called`, `subject.field` by default."""
    assert case.customer_id is not None, case
    called = called or tuple(f"{case.subject}.{field}" for field in fields)
    await _remember(case.customer_id, NewDisclosure(purpose=purpose, fields=called), act)
    await done("disclose", case, act, fields=fields, purpose=purpose)


async def _remember(customer_id: UUID, new: NewDisclosure, act: Act) -> None:
    await add(
        Disclosure,
        customer_id=customer_id,
        disclosed_to=act.by.id,
        disclosed_to_name=act.by.name,
        disclosed_at=act.now,
        **given(new),
    )


async def list_disclosures(customer_id: UUID, page: PageAsked, act: Act) -> Page[DisclosureView]:
    """Every disclosure of the customer's values, latest first. Raises NotFound."""
    await queries.customer(customer_id)
    shown = await HISTORY.page(None, page, act, customer_id=customer_id)
    await noted("disclosure.list", act, customer_id=customer_id)
    return shown


async def sealed_fields(customer_id: UUID) -> set[str]:
    """The names of fields of which something is sealed."""
    rows = await fetch("select distinct field from sealed_value where customer_id = $1", customer_id)
    return {row["field"] for row in rows}


async def values_of(customer_id: UUID, names: tuple[str, ...]) -> dict[str, list[str]]:
    """The values of confidential fields in clear. Whoever shows them records it."""
    rows = await fetch(
        "select id, field, sealed from sealed_value where customer_id = $1 and field = any ($2) order by field, place",
        customer_id,
        list(names),
    )
    values: dict[str, list[str]] = {name: [] for name in names}
    if rows:
        key = await keyring.subject_key(customer_id)
        for row in rows:
            values[row["field"]].append(opened(row["id"], key, bytes(row["sealed"])))
    return values
