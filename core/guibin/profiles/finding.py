"""Who may already be there when somebody is about to be added: the same number, the same name, the same telephone or document."""

from collections.abc import Mapping
from uuid import UUID

from guibin.audit.actions import AuditNote, noted
from guibin.audit.attempts import attempt
from guibin.context import Act
from guibin.notation.names import prefix_range, typed_key
from guibin.notation.spelling import code, line
from guibin.policy.fields import check_values
from guibin.sealing.values import exacts, names_a_value, normalised
from guibin_tenants import keyring
from guibin_tenants.keyring import blind_index
from guibin_tenants.scope import fetch_column

from .checking import listed
from .queries import CustomerView, archive_fields, customer

TWINS_SHOWN = 5
# Two say that there are several.
KNOWN_MAX = 2


async def known_by(text: str, act: Act) -> set[UUID]:
    """The customers, at most two, whose archive has this very number, or of whom a value equal to this is sealed. Whoever asks
    writes it down.
    """
    found = exacts(archive_fields(act.policy), text, await keyring.tenant_key()) if names_a_value(text) else []
    return set(
        await fetch_column(
            "select c.id from customer c where c.erased_at is null and (c.number = $1 or c.id = any (array("
            "select customer_id from sealed_value where exact = any ($2)))) limit $3",
            code(text),
            found,
            KNOWN_MAX,
        )
    )


async def twins(name: str, number: str, confidential: Mapping[str, str | list[str]], act: Act) -> list[CustomerView]:
    """Archives in sight with this number, this very name or one of these whole values: on record as a search, and counted as
    one that names values if it does. Raises TooManyLookUps."""
    fields = {field.name: field for field in archive_fields(act.policy) if field.searchable}
    named = [
        (fields[field], value)
        for field, given in confidential.items()
        if field in fields
        for value in listed(given)
        if not check_values([fields[field]], {field: value})
    ]
    key = await keyring.tenant_key()
    held = [blind_index(key, field.name, normalised(field, value)) for field, value in named]
    asked = bool(held)
    typed = typed_key(name)
    first, last = prefix_range(typed) if typed else ("", "")
    async with attempt(AuditNote(action="customer.search", shown=0, asked=asked), act):
        ids = tuple(
            await fetch_column(
                "select c.id from customer c where c.erased_at is null and (c.number = $1 or c.name = $2 and c.id = any (array("
                "select customer_id from search_term where term >= $3 and term < $4)) or c.id = any (array("
                "select customer_id from sealed_value where exact = any ($5)))) order by c.created_at limit $6",
                *(code(number), line(name), first, last, held, TWINS_SHOWN),
            )
        )
        await noted("customer.search", act, customer_ids=ids, shown=len(ids), asked=asked)
    return [await customer(one) for one in ids]
