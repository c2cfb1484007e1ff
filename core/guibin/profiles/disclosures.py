"""Showing confidential values in clear, with the purpose on record (decision 9)."""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.audit.actions import AuditNote, record
from guibin.policy.packs import Policy
from guibin_tenants import keyring
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import FieldError, Invalid
from guibin_tenants.scope import fetch

from . import queries
from .requests import NewDisclosure
from .sealing import opened
from .tables import Disclosure

PURPOSE_CHARS_MIN = 4


class Disclosed(Struct, frozen=True):
    """The values in clear, this once."""

    customer_id: UUID
    purpose: str
    values: dict[str, list[str]]


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
    await record(
        AuditNote(action="customer.disclose", customer_id=customer_id, fields=new.fields, purpose=new.purpose),
        by=by,
        now=now,
    )
    return Disclosed(customer_id, new.purpose, values)
