"""One person in several archives, known as one by the blind index of an identity document (docs/decisions/0035).

Nothing is linked: equal documents are looked for where they are asked about, so that a wall hides what it hides of the rows.
"""

from uuid import UUID

from msgspec import Struct

from guibin.audit.actions import noted
from guibin.context import Act
from guibin.policy.fields import DOCUMENTS
from guibin.sealing.tables import SealedValue
from guibin_tenants.rows import many, name_of
from guibin_tenants.scope import fetch, fetch_column

from . import queries

_SEALED = name_of(SealedValue)
_FIELDS = ", ".join(f"'{name}'" for name in ("identity_number", *DOCUMENTS))
# SQL: what of the archive `v` identifies a person.
_MARK = f"v.field in ({_FIELDS}) and v.exact is not null"
_SAME = (
    f"{_SEALED} v join {_SEALED} o on o.tenant_id = v.tenant_id and o.field = v.field and o.exact = v.exact and {_MARK}"
)
# SQL: what all archives in sight of whose customer is `c` have in common, and no other archive has.
PERSON = (
    f"least(c.id::text, (select min(o.customer_id::text) from {_SAME}"
    " where v.tenant_id = c.tenant_id and v.customer_id = c.id))"
)


class SameView(Struct, frozen=True):
    """Another archive of the same person, by which `documents`."""

    customer_id: UUID
    number: str
    name: str
    kind: str
    org_unit_id: UUID
    documents: list[str]


async def same_person(customer_id: UUID, act: Act) -> list[SameView]:
    """The person's other open archives in sight of whoever asks, and not that there are any out of sight. Raises NotFound."""
    await queries.standing(customer_id)
    found = await many(
        SameView,
        "from (select c.id as customer_id, c.number, c.name, c.kind, c.org_unit_id, array_agg(distinct v.field order by v.field)"
        f" as documents from {_SAME} join customer c on c.tenant_id = o.tenant_id and c.id = o.customer_id"
        " where v.customer_id = $1 and c.id <> $1 and c.closed_at is null and c.erased_at is null group by c.id, c.number, c.name, c.kind, c.org_unit_id) same"
        " order by number",
        customer_id,
    )
    await noted(
        "same_person.read", act, customer_ids=(customer_id, *(one.customer_id for one in found)), shown=len(found)
    )
    return found


async def marks_of(customer_id: UUID) -> list[str]:
    """What identifies the person, as text that says nothing of it: to look for others once this archive is gone."""
    return list(
        await fetch_column(
            f"select v.field || ' ' || encode(v.exact, 'hex') from {_SEALED} v where v.customer_id = $1 and {_MARK} order by 1",
            customer_id,
        )
    )


async def marked(marks: tuple[str, ...], *, but: UUID, purpose: str = "") -> list[tuple[UUID, str]]:
    """The archives that have one of these, with their numbers, other than `but`: also those that are closed. With a `purpose` the
    open ones where the person's last word on it is not no.
    """
    no = f"coalesce({queries.answer('c.id', '$3')}, 'granted') <> 'granted'"
    rows = await fetch(
        f"select distinct c.id, c.number from {_SEALED} v join customer c on c.tenant_id = v.tenant_id"
        f" and c.id = v.customer_id where {_MARK} and v.field || ' ' || encode(v.exact, 'hex') = any ($1::text[]) and c.id <> $2"
        f" and c.erased_at is null and ($3 = '' or (c.closed_at is null and not {no})) order by c.number",
        list(marks),
        but,
        purpose,
    )
    return [(row["id"], row["number"]) for row in rows]
