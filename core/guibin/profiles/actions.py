"""Opening, changing, disclosing, assigning, closing and erasing archives."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import asyncpg
import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from guibin.audit.actions import AuditNote, record
from guibin.context import Company
from guibin.money import Money, to_minor
from guibin.policy.fields import ArchiveField, check_values
from guibin.policy.packs import Policy
from guibin_tenants import keyring, org_units
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import Conflict, FieldError, Invalid, NotFound
from guibin_tenants.scope import execute, fetch, fetch_value, savepoint
from guibin_tenants.tables import new_id

from . import queries
from .dates import wrong_date
from .names import fold, search_keys
from .queries import ConsentView, CustomerView, OrderView
from .reactions import ConsentRecorded, OrderOpened, consent_recorded, order_opened
from .sealing import insert_sealed, opened, sealed
from .tables import Consent, Disclosure, ProductOrder
from .words import Code, ConfidentialValues, FieldValues, FullLine, Line, Paragraph, Preferences

PURPOSE_CHARS_MIN = 4
_CURRENCY = re.compile(r"[A-Z]{3}")


class NumberTaken(Conflict):
    """Another customer has this number."""

    kind = "number-taken"
    title = "This number belongs to another customer"


class NewCustomer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`confidential` holds values by field: one text, or several such as two mobile numbers.

    `org_unit_id` None means the unit of whoever writes, else head office.
    """

    number: Code
    name: FullLine
    kind: Code
    org_unit_id: UUID | None = None
    account_manager_id: UUID | None = None
    sex: Literal["male", "female", ""] = ""
    birthday: date | None = None
    birthday_calendar: Literal["solar", "lunar"] = "solar"
    birthday_leap_month: bool = False
    employer: Line = ""
    department: Line = ""
    position: Line = ""
    preferences: Preferences = {}
    fields: FieldValues = {}
    confidential: ConfidentialValues = {}


class CustomerChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays. A confidential field given replaces all its values; an empty list removes them."""

    name: FullLine | UnsetType = UNSET
    kind: Code | UnsetType = UNSET
    sex: Literal["male", "female", ""] | UnsetType = UNSET
    birthday: date | UnsetType | None = UNSET
    birthday_calendar: Literal["solar", "lunar"] | UnsetType = UNSET
    birthday_leap_month: bool | UnsetType = UNSET
    employer: Line | UnsetType = UNSET
    department: Line | UnsetType = UNSET
    position: Line | UnsetType = UNSET
    preferences: Preferences | UnsetType = UNSET
    fields: FieldValues | UnsetType = UNSET
    confidential: ConfidentialValues = {}


class NewDisclosure(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why which confidential fields are needed in clear; the answer is on record (S07-8, S12-5)."""

    purpose: Paragraph
    fields: Annotated[tuple[Code, ...], Meta(max_length=100)]


class Disclosed(Struct, frozen=True):
    """The values in clear, this once."""

    customer_id: UUID
    purpose: str
    values: dict[str, list[str]]


class NewConsent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the customer says to a purpose, such as joining a scheme."""

    purpose: Code
    answer: Literal["granted", "refused", "withdrawn"]
    note: Paragraph = ""


class NewOrder(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A paid service from `started_on` until before `ends_on`."""

    number: Code
    product: FullLine
    price: Money
    started_on: date
    ends_on: date


class Assignment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who looks after the customer from now on, and where."""

    org_unit_id: UUID | None = None
    account_manager_id: UUID | None = None


async def open_archive(new: NewCustomer, *, policy: Policy, by: Principal, now: datetime) -> CustomerView:
    """Add a customer. Raises Invalid naming each wrong field, or NumberTaken."""
    fields = queries.archive_fields(policy)
    _refuse_wrong(new.kind, new.fields, new.confidential, fields, policy, name=new.name, number=new.number)
    _refuse_wrong_birthday(new.birthday, new.birthday_calendar, new.birthday_leap_month)
    unit = new.org_unit_id or by.org_unit_id or await _head_office()
    pinyin, initials = search_keys(new.name)
    customer_id = new_id()
    try:
        async with savepoint():
            await execute(
                "insert into customer (id, number, kind, name, pinyin, initials, org_unit_id, account_manager_id, sex,"
                " birthday, birthday_calendar, birthday_leap_month, employer, department, position, preferences, fields,"
                " version, created_at, changed_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,"
                " $15, $16::jsonb, $17::jsonb, 1, $18, $18)",
                customer_id,
                fold(new.number),
                new.kind,
                fold(new.name),
                pinyin,
                initials,
                unit,
                new.account_manager_id,
                new.sex,
                new.birthday,
                new.birthday_calendar,
                new.birthday_leap_month,
                new.employer,
                new.department,
                new.position,
                msgspec.json.encode(new.preferences).decode(),
                msgspec.json.encode(new.fields).decode(),
                now,
            )
    except asyncpg.UniqueViolationError:
        raise NumberTaken(f"There is a customer with the number {new.number!r} already") from None
    except asyncpg.ForeignKeyViolationError as error:
        raise _unknown_reference(error, new.org_unit_id, new.account_manager_id) from None
    await _seal_all(customer_id, new.confidential, fields)
    await record(_note("customer.open", customer_id, tuple(new.confidential)), by=by, now=now)
    return await queries.customer(customer_id)


async def change(
    customer_id: UUID, changed: CustomerChange, *, policy: Policy, by: Principal, now: datetime
) -> CustomerView:
    """Change the archive. Raises NotFound or Invalid. The caller has checked the version it changes."""
    before = await queries.customer(customer_id)
    fields = queries.archive_fields(policy)
    given = {name: getattr(changed, name) for name in changed.__struct_fields__ if name != "confidential"}
    given = {name: value for name, value in given.items() if value is not UNSET}
    merged = before.fields | (changed.fields if isinstance(changed.fields, dict) else {})
    kind = changed.kind if isinstance(changed.kind, str) else before.kind
    name = changed.name if isinstance(changed.name, str) else before.name
    _refuse_wrong(kind, merged, changed.confidential, fields, policy, name=name, number=before.number)
    birthday = given.get("birthday", before.birthday)
    calendar = given.get("birthday_calendar", before.birthday_calendar)
    leap_month = given.get("birthday_leap_month", before.birthday_leap_month)
    _refuse_wrong_birthday(birthday, calendar, leap_month)
    pinyin, initials = search_keys(name)
    await execute(
        "update customer set name = $2, pinyin = $3, initials = $4, kind = $5, sex = $6, birthday = $7,"
        " birthday_calendar = $8, employer = $9, department = $10, position = $11, preferences = $12::jsonb,"
        " fields = $13::jsonb, version = version + 1, changed_at = $14, birthday_leap_month = $15 where id = $1",
        customer_id,
        fold(name),
        pinyin,
        initials,
        kind,
        given.get("sex", before.sex),
        birthday,
        calendar,
        given.get("employer", before.employer),
        given.get("department", before.department),
        given.get("position", before.position),
        msgspec.json.encode(given.get("preferences", before.preferences)).decode(),
        msgspec.json.encode(merged).decode(),
        now,
        leap_month,
    )
    if changed.confidential:
        await execute(
            "delete from sealed_value where customer_id = $1 and field = any ($2)",
            customer_id,
            list(changed.confidential),
        )
        await _seal_all(customer_id, changed.confidential, fields)
    names = (*given, *changed.confidential)
    await record(_note("customer.change", customer_id, names), by=by, now=now)
    return await queries.customer(customer_id)


async def disclose(customer_id: UUID, new: NewDisclosure, *, policy: Policy, by: Principal, now: datetime) -> Disclosed:
    """Show confidential values in clear, with the purpose on record in the same transaction (decision 9)."""
    await queries.customer(customer_id)
    known = {field.name for field in queries.archive_fields(policy) if field.confidentiality == "confidential"}
    problems = [
        FieldError("fields", "a confidential field", f"one of: {', '.join(sorted(known))}", name)
        for name in new.fields
        if name not in known
    ]
    if len(new.purpose.strip()) < PURPOSE_CHARS_MIN:
        problems.append(
            FieldError("purpose", f"at least {PURPOSE_CHARS_MIN} characters that say why", value=new.purpose)
        )
    if not new.fields:
        problems.append(FieldError("fields", "at least one"))
    if problems:
        raise Invalid("Nothing was disclosed", fields=tuple(problems))
    rows = await fetch(
        "select id, field, sealed from sealed_value where customer_id = $1 and field = any ($2) order by field, place",
        customer_id,
        list(new.fields),
    )
    values: dict[str, list[str]] = {name: [] for name in new.fields}
    if rows:
        key = await keyring.subject_key(customer_id)
        for row in rows:
            values[row["field"]].append(opened(row["id"], key, bytes(row["sealed"])))
    await Disclosure.insert(
        Disclosure(
            customer_id=customer_id,
            purpose=new.purpose,
            fields=msgspec.json.encode(new.fields).decode(),
            disclosed_to=by.id,
            disclosed_to_name=by.name,
            disclosed_at=now,
        )
    )
    await record(_note("customer.disclose", customer_id, new.fields, purpose=new.purpose), by=by, now=now)
    return Disclosed(customer_id, new.purpose, values)


async def consent(customer_id: UUID, new: NewConsent, *, company: Company, by: Principal, now: datetime) -> ConsentView:
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
            recorded_by=by.id,
            recorded_by_name=by.name,
            recorded_at=now,
        )
    )
    await record(_note("consent.record", customer_id, (new.purpose,)), by=by, now=now)
    await consent_recorded(ConsentRecorded(customer_id, new.purpose, new.answer, company), by=by, now=now)
    return ConsentView(new.purpose, new.answer, new.note, by.name, now)


async def order(customer_id: UUID, new: NewOrder, *, by: Principal, now: datetime) -> OrderView:
    """Record a paid service. Raises Invalid, or NumberTaken."""
    await queries.customer(customer_id)
    if new.ends_on <= new.started_on:
        raise Invalid(fields=(FieldError("ends_on", "after started_on", value=new.ends_on.isoformat()),))
    price = to_minor(new.price, field="price.amount")
    if price < 0:
        raise Invalid(fields=(FieldError("price.amount", "0 or more", value=new.price.amount),))
    if not _CURRENCY.fullmatch(new.price.currency):
        raise Invalid(fields=(FieldError("price.currency", "an ISO 4217 code", "CNY", new.price.currency[:60]),))
    row = ProductOrder(
        customer_id=customer_id,
        number=new.number,
        product=new.product,
        price=price,
        currency=new.price.currency,
        started_on=new.started_on,
        ends_on=new.ends_on,
        created_at=now,
    )
    try:
        async with savepoint():
            await ProductOrder.insert(row)
    except asyncpg.UniqueViolationError:
        raise NumberTaken(f"There is an order {new.number!r} already") from None
    await record(_note("order.open", customer_id, (new.product,)), by=by, now=now)
    await order_opened(OrderOpened(customer_id, row.id), by=by, now=now)
    return queries.order_view(row.to_dict())


async def assign(customer_id: UUID, new: Assignment, *, by: Principal, now: datetime) -> CustomerView:
    """Move the customer to an org unit or account manager; the wall moves with it."""
    await queries.version_of(customer_id)
    try:
        async with savepoint():
            await execute(
                "update customer set org_unit_id = coalesce($2, org_unit_id), account_manager_id ="
                " coalesce($3, account_manager_id), version = version + 1, changed_at = $4 where id = $1",
                customer_id,
                new.org_unit_id,
                new.account_manager_id,
                now,
            )
    except asyncpg.ForeignKeyViolationError as error:
        raise _unknown_reference(error, new.org_unit_id, new.account_manager_id) from None
    except asyncpg.InsufficientPrivilegeError:
        raise Invalid(fields=(FieldError("org_unit_id", "an org unit you see", value=str(new.org_unit_id)),)) from None
    await record(_note("customer.assign", customer_id, ("org_unit_id", "account_manager_id")), by=by, now=now)
    return await queries.customer(customer_id)


async def erase(customer_id: UUID, *, by: Principal, now: datetime) -> None:
    """Destroy the customer's key and blank the archive; records keep the id, the audit stays verifiable."""
    await queries.version_of(customer_id)
    await keyring.forget(customer_id)
    for forgotten in (
        "delete from sealed_value where customer_id = $1",
        "delete from relative where customer_id = $1",
        "delete from occasion where customer_id = $1",
        "delete from customer_link where customer_id = $1 or of_customer_id = $1",
    ):
        await execute(forgotten, customer_id)
    await execute(
        "update customer set name = '', pinyin = '', initials = '', sex = '', birthday = null, employer = '',"
        " department = '', position = '', preferences = '{}', fields = '{}', version = version + 1, changed_at = $2,"
        " closed_at = coalesce(closed_at, $2), erased_at = $2 where id = $1",
        customer_id,
        now,
    )
    await record(_note("customer.erase", customer_id, ()), by=by, now=now)


async def _seal_all(
    customer_id: UUID, confidential: Mapping[str, str | list[str]], fields: tuple[ArchiveField, ...]
) -> None:
    if not confidential:
        return
    known = {field.name: field for field in fields}
    key, above = await keyring.subject_key(customer_id), await keyring.tenant_key()
    rows = [
        sealed(known[name], value, customer_id=customer_id, key=key, tenant_key=above, place=place)
        for name, given in confidential.items()
        for place, value in enumerate(_listed(given))
    ]
    await insert_sealed(rows)


def _refuse_wrong(
    kind: str,
    open_values: Mapping[str, object],
    confidential: Mapping[str, str | list[str]],
    fields: tuple[ArchiveField, ...],
    policy: Policy,
    *,
    name: str,
    number: str,
) -> None:
    problems = wrong_fields(kind, open_values, confidential, fields, policy, name=name, number=number)
    if problems:
        raise Invalid("The archive is not valid", fields=problems)


def _refuse_wrong_birthday(birthday: date | None, calendar: str, leap_month: bool) -> None:
    rule = wrong_date(birthday, calendar, leap_month=leap_month) if birthday else ""
    if birthday and rule:
        raise Invalid(fields=(FieldError("birthday", rule, value=birthday.isoformat()),))


def wrong_fields(
    kind: str,
    open_values: Mapping[str, object],
    confidential: Mapping[str, str | list[str]],
    fields: tuple[ArchiveField, ...],
    policy: Policy,
    *,
    name: str,
    number: str,
) -> tuple[FieldError, ...]:
    """Everything wrong with an archive's values; imports use it row by row."""
    problems = []
    if not 1 <= len(fold(name)) <= 200:
        problems.append(FieldError("name", "1 to 200 characters", value=name[:60]))
    if not 1 <= len(fold(number)) <= 60:
        problems.append(FieldError("number", "1 to 60 characters", value=number[:60]))
    if kind not in policy.customer_kinds:
        problems.append(FieldError("kind", "a customer kind", f"one of: {', '.join(policy.customer_kinds)}", kind[:60]))
    plain = tuple(field for field in fields if field.confidentiality != "confidential")
    secret = tuple(field for field in fields if field.confidentiality == "confidential")
    problems += [FieldError(f"fields.{p.field}", p.rule, p.fix, p.value) for p in check_values(plain, open_values)]
    for field, given in confidential.items():
        for value in _listed(given):
            # The value itself stays out of the answer and the logs.
            problems += [
                FieldError(f"confidential.{p.field}", p.rule, p.fix)
                for p in check_values([f for f in secret if f.name == field] or secret, {field: value})
                if p.field == field
            ]
    return tuple(problems)


def _listed(given: str | list[str]) -> list[str]:
    return [value for value in ([given] if isinstance(given, str) else given) if value.strip()]


async def _head_office() -> UUID:
    unit = await org_units.head_office()
    if unit is None:
        raise Invalid(fields=(FieldError("org_unit_id", "an org unit", "the company has no head office yet"),))
    return unit.id


def _unknown_reference(error: asyncpg.ForeignKeyViolationError, unit: UUID | None, manager: UUID | None) -> Invalid:
    if "account_manager" in str(error.constraint_name or ""):
        return Invalid(fields=(FieldError("account_manager_id", "a member of staff", value=str(manager)),))
    return Invalid(fields=(FieldError("org_unit_id", "an org unit", value=str(unit)),))


def _note(action: str, customer_id: UUID, fields: tuple[str, ...], *, purpose: str = "") -> AuditNote:
    return AuditNote(action=action, customer_id=customer_id, fields=fields, purpose=purpose)


async def known_customer(customer_id: UUID) -> None:
    """Raises NotFound unless the customer is visible from here."""
    if not await fetch_value("select true from customer where id = $1", customer_id):
        raise NotFound(f"There is no customer {customer_id}")
