"""Opening, changing and erasing archives."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
from msgspec import UnsetType, structs

from guibin import events
from guibin.audit.actions import AuditNote, record, record_all
from guibin.audit.attempts import attempt
from guibin.context import Act
from guibin.events import ArchivesWritten, CustomerChanged, CustomerOpened, ErasureBegins, tell_at_once
from guibin.notation.dates import Day, age, columns_of, shown
from guibin.notation.names import search_keys
from guibin.policy.packs import Policy
from guibin.sealing.actions import forget, forget_fields, insert_sealed
from guibin.sealing.values import mask_of, sealed
from guibin_tenants import keyring, org_units, rows
from guibin_tenants.principals import Principal
from guibin_tenants.receivers import refuse_unfit, standing_unit
from guibin_tenants.rows import add_all, locked
from guibin_tenants.scope import execute, fetch, savepoint
from guibin_tenants.tables import new_id

from . import erasing, queries, searching
from .checking import Particulars, as_kept, listed, refuse_unwritten, refuse_wrong
from .corrections import Altered, Subject, differing, keep, refuse_idle
from .corrections import Value as Stored
from .disclosures import values_of
from .merged import merged_into, refuse_merged_away
from .queries import ArchiveView, CustomerView
from .refusals import ArchiveClosed, ArchiveErased, NumberTaken, NumberUnusable
from .requests import CustomerChange, NewCorrection, NewCustomer
from .subjects import QUALIFIED
from .tables import Customer

Value = TypeVar("Value")


async def open_archive(new: NewCustomer, act: Act) -> CustomerView:
    """Add a customer. Raises Invalid naming each wrong field, or NumberTaken."""
    opened = await open_archives((new,), act)
    return await queries.customer(opened[0])


async def open_archives(several: Sequence[NewCustomer], act: Act) -> list[UUID]:
    """As `open_archive`, for several with about as many statements as for one: their ids."""
    fields = queries.every_field(act.policy)
    several = [as_kept(new, fields) for new in several]
    for new in several:
        refuse_unwritten({name for name in new.__struct_fields__ if getattr(new, name)}, new, act.policy)
        refuse_wrong(_particulars(new), act.policy, now=act.now)
    units = await _units_of(several, act.by)
    for unit in dict.fromkeys(units):
        await standing_unit(unit)
    for manager_id, unit in dict.fromkeys(zip((new.account_manager_id for new in several), units, strict=True)):
        await refuse_unfit(manager_id, unit)
        if manager_id is not None:
            await QUALIFIED()(manager_id, act)
    ids = [new_id() for _ in several]
    await _insert(ids, several, units, act)
    await searching.name({row_id: new.name for row_id, new in zip(ids, several, strict=True)}, fresh=True)
    await tell_at_once(ArchivesWritten(tuple(ids), "opened"), act)
    for customer_id, new in zip(ids, several, strict=True):
        await _seal_all(customer_id, new.confidential, act.policy)
    notes = [
        (_note("customer.open", customer_id, tuple(new.confidential)), act.now)
        for customer_id, new in zip(ids, several, strict=True)
    ]
    await record_all(notes, by=act.by)
    opened = [CustomerOpened(customer_id, new.kind) for customer_id, new in zip(ids, several, strict=True)]
    for each in opened:
        await tell_at_once(each, act)
    await events.record_all(opened, now=act.now)
    return ids


async def show(customer_id: UUID, act: Act) -> ArchiveView:
    """The archive as it is read, confidential values masked, the age in full years on the company's day. The look is on record. Raises NotFound."""
    customer = await queries.customer(customer_id)
    await record(_note("customer.read", customer_id, ()), act)
    return ArchiveView(**structs.asdict(customer), age=age(customer.birthday, act.today))


async def _insert(ids: Sequence[UUID], several: Sequence[NewCustomer], units: Sequence[UUID], act: Act) -> None:
    """A refusal tells that a number has somebody: it is on record as asked for, and so often an hour and no more."""
    async with attempt(AuditNote(action="customer.open", fields=("number",), shown=0, asked=True), act):
        try:
            async with savepoint():
                archives = zip(ids, several, units, strict=True)
                await add_all(Customer, None, [_row(*archive, act.now) for archive in archives])
        except asyncpg.UniqueViolationError:
            raise await _taken([new.number for new in several]) from None


async def _taken(numbers: list[str]) -> NumberTaken | NumberUnusable:
    seen = await fetch("select number from customer where number = any ($1) order by number limit 10", numbers)
    if not seen and len(set(numbers)) == len(numbers):
        return NumberUnusable()
    named = ", ".join(repr(row["number"]) for row in seen) or "that stands twice"
    return NumberTaken(f"There is a customer with the number {named} already")


def _row(customer_id: UUID, new: NewCustomer, unit: UUID, now: datetime) -> dict[str, Any]:
    pinyin, initials = search_keys(new.name)
    solar, lunar = columns_of(new.birthday)
    return {
        "id": customer_id,
        "number": new.number,
        "kind": new.kind,
        "name": new.name,
        "pinyin": pinyin,
        "initials": initials,
        "org_unit_id": unit,
        "account_manager_id": new.account_manager_id,
        "sex": new.sex,
        "birthday": solar,
        "birthday_lunar": lunar,
        "employer": new.employer,
        "department": new.department,
        "position": new.position,
        "preferences": new.preferences,
        "fields": new.fields,
        "created_at": now,
        "changed_at": now,
    }


async def change(customer_id: UUID, new: CustomerChange, act: Act) -> CustomerView:
    """Change what `new` says and leave the rest: a field that is absent stays, one that is empty is taken away. Each field's
    value before and after is kept, and the change is on record, refused or not. Answers with the archive, masked. Raises
    NotFound, also behind a wall; Invalid naming each wrong field."""
    await queries.version_of(customer_id)
    note = _note("customer.change", customer_id, _named(new, act.policy), asked=bool(new.confidential))
    async with attempt(note, act):
        altered = await _alter(customer_id, new, act)
        await keep(Subject("customer", customer_id, customer_id), altered, act, reason="")
        await record(note, act)
        await events.happen(CustomerChanged(customer_id), act)
    return await queries.customer(customer_id)


async def correct(customer_id: UUID, new: NewCorrection, act: Act) -> CustomerView:
    """Put the archive right, and say why (S07-10). Raises as `change`, and Invalid when nothing differs."""
    await queries.version_of(customer_id)
    note = _note(
        "customer.correct",
        customer_id,
        _named(new.changes, act.policy),
        asked=bool(new.changes.confidential),
    )
    async with attempt(note, act):
        altered = await _alter(customer_id, new.changes, act)
        refuse_idle(altered, new.reason)
        await keep(Subject("customer", customer_id, customer_id), altered, act, reason=new.reason)
        await record(note, act)
        await events.happen(CustomerChanged(customer_id), act)
    return await queries.customer(customer_id)


async def erase(customer_id: UUID, act: Act) -> None:
    """Destroy the customer's key, blank the archive and what cases say in words; records keep the id, the audit stays
    verifiable. What waits for a decision about the customer is withdrawn.
    """
    await locked(Customer, customer_id)
    await refuse_merged_away(customer_id)
    # What became one with it is the same customer's: nothing is left of either.
    for each in (*await merged_into(customer_id), customer_id):
        await _erase(each, act)


async def _erase(customer_id: UUID, act: Act) -> None:
    archive = await locked(Customer, customer_id)
    await tell_at_once(ErasureBegins(customer_id), act)
    await keyring.forget(customer_id)
    await forget(customer_id)
    for forgotten in (
        "delete from search_term where customer_id = $1",
        "delete from relative where customer_id = $1",
        "delete from occasion where customer_id = $1",
        "delete from customer_link where customer_id = $1 or of_customer_id = $1",
    ):
        await execute(forgotten, customer_id)
    await rows.change(
        Customer,
        customer_id,
        name="",
        pinyin="",
        initials="",
        sex="",
        birthday=None,
        birthday_lunar=None,
        employer="",
        department="",
        position="",
        preferences={},
        fields={},
        changed_at=act.now,
        closed_at=archive["closed_at"] or act.now,
        erased_at=act.now,
    )
    await erasing.blank(customer_id)
    await record(_note("customer.erase", customer_id, ()), act)


def _named(changed: CustomerChange, policy: Policy) -> tuple[str, ...]:
    """What changes, by the names there are: whatever else was written in place of a name is not for the record."""
    known = {*CustomerChange.__struct_fields__, *(field.name for field in queries.archive_fields(policy))}
    return tuple(name for name in changed.given() if name in known)


def _particulars(new: NewCustomer) -> Particulars:
    return Particulars(
        kind=new.kind,
        number=new.number,
        name=new.name,
        sex=new.sex,
        birthday=new.birthday,
        fields=new.fields,
        confidential=new.confidential,
    )


async def _alter(customer_id: UUID, changed: CustomerChange, act: Act) -> list[Altered]:
    refuse_unwritten(changed.given(), changed, act.policy)
    before = await queries.whole(customer_id)
    if before.erased_at is not None:
        raise ArchiveErased("Nothing new is written about a customer who was erased")
    if before.closed_at is not None:
        raise ArchiveClosed("Nothing changes in a closed archive")
    fields = queries.every_field(act.policy)
    changed = as_kept(changed, fields)
    after = _changed(before, changed)
    refuse_wrong(after, act.policy, now=act.now)
    altered = differing(*_plain_values(before, changed))
    # Kept whether it differs or not: nobody learns by trying what stands there.
    held = await values_of(customer_id, tuple(changed.confidential)) if changed.confidential else {}
    masks = {field.name: mask_of(field) for field in fields}
    altered += [Altered(name, held[name], listed(value), masks[name]) for name, value in changed.confidential.items()]
    await _write_change(before, changed, after, act.now)
    if after.name != before.name:
        await searching.name({customer_id: after.name})
    if changed.confidential:
        await forget_fields([(customer_id, field) for field in changed.confidential])
        await _seal_all(customer_id, changed.confidential, act.policy)
    return altered


def _plain_values(before: CustomerView, changed: CustomerChange) -> tuple[dict[str, Stored], dict[str, Stored]]:
    """What stood in the columns and fields that change, and what will."""
    old: dict[str, Stored] = {f"fields.{name}": value for name, value in before.fields.items()}
    new: dict[str, Stored] = {f"fields.{name}": value for name, value in _or(changed.fields, {}).items()}
    for name in changed.given():
        if name != "fields" and name not in changed.confidential:
            old[name], new[name] = _stored(getattr(before, name)), _stored(getattr(changed, name))
    return old, new


def _stored(value: Stored | Day) -> Stored:
    return shown(value) if isinstance(value, Day) else value


def _changed(before: CustomerView, changed: CustomerChange) -> Particulars:
    """The archive as it will be."""
    return Particulars(
        kind=_or(changed.kind, before.kind),
        number=before.number,
        name=_or(changed.name, before.name),
        sex=_or(changed.sex, before.sex),
        birthday=_or(changed.birthday, before.birthday),
        fields=before.fields | _or(changed.fields, {}),
        confidential=changed.confidential,
        held=before.masked.keys() - changed.confidential.keys(),
    )


async def _write_change(before: CustomerView, changed: CustomerChange, after: Particulars, now: datetime) -> None:
    pinyin, initials = search_keys(after.name)
    solar, lunar = columns_of(after.birthday)
    await rows.change(
        Customer,
        before.id,
        name=after.name,
        pinyin=pinyin,
        initials=initials,
        kind=after.kind,
        sex=after.sex,
        birthday=solar,
        birthday_lunar=lunar,
        employer=_or(changed.employer, before.employer),
        department=_or(changed.department, before.department),
        position=_or(changed.position, before.position),
        preferences=_or(changed.preferences, before.preferences),
        fields=after.fields,
        changed_at=now,
    )


def _or(given: Value | UnsetType, before: Value) -> Value:
    return before if isinstance(given, UnsetType) else given


async def _seal_all(customer_id: UUID, confidential: Mapping[str, str | list[str]], policy: Policy) -> None:
    if not confidential:
        return
    known = {field.name: field for field in queries.every_field(policy)}
    key, above = await keyring.subject_key(customer_id), await keyring.tenant_key()
    values = [
        sealed(known[name], value, customer_id=customer_id, key=key, tenant_key=above, place=place)
        for name, given in confidential.items()
        for place, value in enumerate(listed(given))
    ]
    await insert_sealed(values)


async def _units_of(several: Sequence[NewCustomer], by: Principal) -> list[UUID]:
    given = [new.org_unit_id or by.org_unit_id for new in several]
    home = await org_units.or_head_office(None) if None in given else None
    return [unit for unit in (named or home for named in given) if unit is not None]


def _note(action: str, customer_id: UUID, fields: tuple[str, ...], *, asked: bool = False) -> AuditNote:
    return AuditNote(action=action, customer_id=customer_id, fields=fields, asked=asked)


async def leave_team(customer_id: UUID, member_id: UUID, *, now: datetime) -> bool:
    """Whether this member was in the customer's team until now."""
    left = "update team_member set left_at = $3 where id = $1 and customer_id = $2 and left_at is null"
    return bool(await execute(left, member_id, customer_id, now))


async def leave_teams(staff_ids: Sequence[UUID], *, of: Sequence[UUID] | None, now: datetime) -> int:
    """These are in the teams of these customers no more, with None of nobody's; how many places ended."""
    return await execute(
        "update team_member set left_at = $3 where staff_id = any ($1) and left_at is null"
        " and ($2::uuid[] is null or customer_id = any ($2))",
        list(staff_ids),
        None if of is None else list(of),
        now,
    )
