"""Showing confidential values in clear, with the purpose on record (decision 9)."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from guibin.audit.actions import done, noted
from guibin.cases import Case
from guibin.cases.requests import LeavesTo, Leaving, NewDisclosure
from guibin.context import Act
from guibin.sealing.seeing import right_to_field
from guibin.sealing.values import opened
from guibin.web.listing import Listing, PageAsked, newest_first
from guibin.web.paging import Page
from guibin_tenants import keyring
from guibin_tenants.refusals import FieldError, refuse
from guibin_tenants.rows import add
from guibin_tenants.scope import current_scope, execute, fetch, fetch_column

from . import queries
from .refusals import NoBasis
from .requests import FieldDisclosure
from .tables import Disclosure

PURPOSE_CHARS_MIN = 4
# What stands in the record between a purpose and to whom it leaves.
LEFT_TO = " → "
# The purpose a customer consents to so that others outside the company may be told.
OUTSIDE = "disclosure"


class Disclosed(Struct, frozen=True):
    """The values in clear, this once."""

    customer_id: UUID
    purpose: str
    values: dict[str, list[str]]


class DisclosureView(Struct, frozen=True):
    """Who saw which fields in clear, why, and to whom they left the company: by law, or by the customer's permission."""

    id: UUID
    purpose: str
    fields: tuple[str, ...]
    leaves_to: LeavesTo
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


async def gate(new: Leaving, customers: Collection[UUID]) -> None:
    """What everything confidential passes before it is shown or written to a file: nothing leaves the company but to somebody
    who is named, by law or with the permission of every customer concerned (S12-5). Raises Invalid, NoBasis."""
    outside, recipient, basis = new.leaves_to == "outside", new.recipient.strip(), new.legal_basis.strip()
    problems = purpose_problems(new.purpose)
    if outside and not recipient:
        problems.append(FieldError("recipient", "required", "say who outside the company gets it"))
    if new.leaves_to == "nobody":
        problems += [
            FieldError(name, "empty where it leaves to nobody", "say to whom it leaves", value)
            for name, value in (("recipient", recipient), ("legal_basis", basis))
            if value
        ]
    refuse(problems, "Nothing was disclosed")
    if outside and not basis and not await queries.all_consented(customers, OUTSIDE):
        raise NoBasis(f"No legal basis is given, and not everybody has consented to the purpose {OUTSIDE!r}")


def as_recorded(new: Leaving) -> str:
    """The purpose, and to whom it leaves by what, as the record has it."""
    if new.leaves_to == "nobody":
        return new.purpose
    basis = new.legal_basis.strip() or ("客户同意 with permission" if new.leaves_to == "outside" else "")
    return f"{new.purpose}{LEFT_TO}{new.recipient.strip() or new.leaves_to}{f' ({basis})' if basis else ''}"


async def disclose(customer_id: UUID, new: FieldDisclosure, act: Act) -> Disclosed:
    """Show confidential values in clear, with the purpose on record in the same transaction (decision 9).

    Raises Invalid and NoBasis as `gate`.
    """
    await queries.customer(customer_id)
    known = {field.name for field in queries.archive_fields(act.policy) if field.confidentiality == "confidential"}
    # What was sealed stays sealed, also where the policy calls the field otherwise by now.
    known = {
        name for name in known | await sealed_fields(customer_id) if right_to_field(name, confidential=True) == "clear"
    }
    problems = [
        FieldError("fields", "a confidential field", f"one of: {', '.join(sorted(known))}", name)
        for name in new.fields
        if name not in known
    ]
    refuse(problems, "Nothing was disclosed")
    await write_down(customer_id, new, act)
    values = await values_of(customer_id, new.fields)
    return Disclosed(customer_id, new.purpose, values)


async def needed_values(
    customer_id: UUID, names: tuple[str, ...], new: NewDisclosure, act: Act
) -> dict[str, tuple[str, ...]]:
    """What the archive says under these names, in its fields or else its preferences; without those of which it says nothing. What
    was sealed is written down as shown. Of an erased archive nothing. Raises as `gate`."""
    said = await queries.said(customer_id)
    known: dict[str, tuple[str, ...]] = {name: (str(said[name]),) for name in names if said.get(name) not in (None, "")}
    of_seal = await sealed_fields(customer_id)
    hidden = tuple(name for name in names if name in of_seal)
    if hidden:
        asked = FieldDisclosure(fields=hidden, purpose=new.purpose, leaves_to=new.leaves_to)
        await write_down(customer_id, asked, act)
        known |= {name: tuple(values) for name, values in (await values_of(customer_id, hidden)).items()}
    return known


async def write_down(customer_id: UUID, new: FieldDisclosure, act: Act) -> None:
    """That values are shown in clear, why and to whom: for the customer's own history and for the confidentiality record.
    Raises as `gate`."""
    await _remember(customer_id, new, new.fields, act)
    await noted("customer.disclose", act, customer_id=customer_id, fields=new.fields, purpose=as_recorded(new))


async def keep(
    case: Case, fields: tuple[str, ...], new: NewDisclosure, act: Act, *, called: tuple[str, ...] | None = None
) -> None:
    """As `write_down`, for what is shown of a case; its customer's history calls it `called`, `subject.field` by default."""
    if case.customer_id is None:
        await gate(new, ())
    else:
        await _remember(case.customer_id, new, called or tuple(f"{case.subject}.{field}" for field in fields), act)
    await done("disclose", case, act, fields=fields, purpose=as_recorded(new))


async def _remember(customer_id: UUID, new: NewDisclosure, fields: tuple[str, ...], act: Act) -> None:
    await gate(new, (customer_id,))
    await add(
        Disclosure,
        customer_id=customer_id,
        purpose=new.purpose,
        fields=fields,
        leaves_to=new.leaves_to,
        recipient=new.recipient.strip(),
        legal_basis=new.legal_basis.strip(),
        disclosed_to=act.by.id,
        disclosed_to_name=act.by.name,
        disclosed_at=act.now,
    )


async def keep_of_everybody(new: NewDisclosure, act: Act) -> None:
    """As `write_down`, for everything sealed of every customer that is not erased, in one statement; again for those who came since.
    The confidentiality record has it once, of whoever asks. Raises Invalid, NoBasis as `gate` of whom nobody is asked."""
    await gate(new, ())
    await execute(
        "insert into disclosure (id, customer_id, purpose, fields, leaves_to, recipient, legal_basis, disclosed_to, disclosed_to_name,"
        " disclosed_at) select gen_random_uuid(), c.id, $1, coalesce((select jsonb_agg(distinct s.field) from sealed_value s"
        " where s.tenant_id = c.tenant_id and s.customer_id = c.id), '[]'), $2, $3, $4, $5, $6, $7 from customer c"
        " where c.erased_at is null and not exists (select from disclosure d where d.tenant_id = c.tenant_id"
        " and d.customer_id = c.id and d.disclosed_to = $5 and d.disclosed_at = $7)",
        *(new.purpose, new.leaves_to, new.recipient.strip(), new.legal_basis.strip()),
        *(act.by.id, act.by.name, act.now),
    )


def of_everybody(opened: Collection[UUID]) -> None:
    """Of these customers, whose values were opened, `keep_of_everybody` wrote it down: nothing more is remembered of them."""
    current_scope().opened.difference_update(opened)


async def list_disclosures(customer_id: UUID, page: PageAsked, act: Act) -> Page[DisclosureView]:
    """Every disclosure of the customer's values, latest first. Raises NotFound."""
    await queries.customer(customer_id)
    shown = await HISTORY.page(None, page, act, customer_id=customer_id)
    await noted("disclosure.list", act, customer_id=customer_id)
    return shown


async def sealed_fields(customer_id: UUID) -> set[str]:
    """The names of fields of which something is sealed."""
    return set(await fetch_column("select distinct field from sealed_value where customer_id = $1", customer_id))


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
