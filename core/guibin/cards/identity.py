"""The real-name rule: the document shown is the customer's own, and somebody looked (S08-3)."""

import re
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.audit.actions import AuditNote, noted
from guibin.audit.attempts import attempt
from guibin.context import Act
from guibin.notation.spelling import dotted
from guibin.periods.days import local_day
from guibin.policy.cards import CardKind, RealName
from guibin.policy.fields import ArchiveField, check_values
from guibin.policy.packs import Policy
from guibin.profiles.queries import archive_fields
from guibin.sealing.values import masked, normalised
from guibin_tenants import keyring
from guibin_tenants.keyring import Place
from guibin_tenants.refusals import Invalid, NotFound
from guibin_tenants.rows import add
from guibin_tenants.scope import fetch, fetch_one
from guibin_tenants.tables import new_id

from .refusals import NotIdentified
from .requests import NewIdentityCheck
from .tables import IdentityCheck


class IdentityCheckView(Struct, frozen=True):
    """`differs` names what did not match the archive: name, number, or number_not_on_file."""

    id: UUID
    customer_id: UUID
    field: str
    masked: str
    matches: bool
    differs: tuple[str, ...]
    checked_by_name: str
    checked_at: datetime


async def check(customer_id: UUID, new: NewIdentityCheck, act: Act) -> IdentityCheckView:
    """Compare a document with the archive; a check that fails is kept as well. Raises NotFound, Invalid."""
    tried = AuditNote(
        action="identity.check",
        subject="identity_check",
        customer_id=customer_id,
        fields=("name", "number"),
        asked=True,
    )
    async with attempt(tried, act):
        return await _check(customer_id, new, act)


async def _check(customer_id: UUID, new: NewIdentityCheck, act: Act) -> IdentityCheckView:
    customer = await fetch_one("select name from customer where id = $1 and erased_at is null", customer_id)
    if customer is None:
        raise NotFound(f"There is no customer {customer_id}")
    field = _document(act.policy, new.field or await shown(customer_id, new.number, None, act.policy))
    on_file = await fetch(
        "select exact from sealed_value where customer_id = $1 and field = $2", customer_id, field.name
    )
    read = keyring.blind_index(await keyring.tenant_key(), field.name, normalised(field, new.number))
    differs = []
    if _plain(customer["name"]) != _plain(new.name):
        differs.append("name")
    if not on_file:
        differs.append("number_not_on_file")
    elif read not in [bytes(row["exact"]) for row in on_file]:
        differs.append("number")
    check_id = new_id()
    sealed = keyring.seal(
        await keyring.subject_key(customer_id),
        Place("identity_check", "sealed", check_id),
        msgspec.json.encode({"name": new.name, "number": new.number}).decode(),
    )
    await add(
        IdentityCheck,
        act,
        id=check_id,
        customer_id=customer_id,
        field=field.name,
        sealed=sealed,
        differs=differs,
        matches=not differs,
    )
    await noted(
        "identity.check",
        act,
        subject="identity_check",
        subject_id=check_id,
        customer_id=customer_id,
        fields=("name", field.name),
        asked=True,
        purpose="matches" if not differs else f"differs: {', '.join(differs)}",
    )
    return IdentityCheckView(
        check_id, customer_id, field.name, masked(field, new.number), not differs, tuple(differs), act.by.name, act.now
    )


async def refuse_unidentified(check_id: UUID | None, customer_id: UUID, kind: CardKind, act: Act) -> None:
    """Raises NotIdentified unless a check of this customer's document matched on this very day."""
    if kind.real_name is None:
        return
    row = (
        await fetch_one(
            "select field, matches, checked_at from identity_check where id = $1 and customer_id = $2",
            check_id,
            customer_id,
        )
        if check_id is not None
        else None
    )
    if row is None:
        raise NotIdentified(f"{kind.name} needs an identity check of this customer: POST …/identity-checks first")
    taken = (kind.real_name.field, *kind.real_name.documents)
    if row["field"] not in taken:
        raise NotIdentified(f"{kind.name} needs a document checked against one of: {', '.join(taken)}")
    if not row["matches"]:
        raise NotIdentified("The document that was checked does not match the archive")
    zone = act.company.time_zone
    if local_day(row["checked_at"], zone) != local_day(act.now, zone):
        raise NotIdentified("The document was checked on another day: check it again")


async def shown(customer_id: UUID, number: str, kind: CardKind | None, policy: Policy) -> str:
    """The field that the number of a document is compared with: of those it may be, one that the archive has."""
    rule = kind.real_name if kind and kind.real_name else RealName()
    fields = {field.name: field for field in archive_fields(policy)}
    may_be = [
        name
        for name in (rule.field, *rule.documents)
        if name in fields and not check_values([fields[name]], {name: number})
    ]
    rows = await fetch(
        "select distinct field from sealed_value where customer_id = $1 and field = any ($2)", customer_id, may_be
    )
    held = {row["field"] for row in rows}
    return next((name for name in may_be if name in held), may_be[0] if may_be else rule.field)


def _document(policy: Policy, name: str) -> ArchiveField:
    fields = [field for field in archive_fields(policy) if field.confidentiality == "confidential" and field.searchable]
    named = next((field for field in fields if field.name == name), None)
    if named is None:
        known = ", ".join(field.name for field in fields)
        raise Invalid.at("field", "a field a document's number is kept in", f"one of: {known}", name)
    return named


def _plain(name: str) -> str:
    return re.sub(r"\s", "", dotted(name)).casefold()
