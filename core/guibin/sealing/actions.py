"""Writing sealed values, and taking them away."""

from collections.abc import Sequence
from uuid import UUID

from guibin_tenants.scope import execute

from .values import NewSealedValue

_FORGET = """delete from sealed_value where customer_id = any ($1)
    and (customer_id, field) in (select * from unnest($1::uuid[], $2::text[]))"""


async def insert_sealed(values: Sequence[NewSealedValue]) -> None:
    """Write them in one statement."""
    await execute(
        "insert into sealed_value (id, customer_id, field, place, sealed, masked, exact, tail)"
        " select i, c, f, p, s, m, e, t from unnest($1::uuid[], $2::uuid[], $3::text[], $4::smallint[], $5::bytea[],"
        " $6::text[], $7::bytea[], $8::bytea[]) as v (i, c, f, p, s, m, e, t)",
        [value.id for value in values],
        [value.customer_id for value in values],
        [value.field for value in values],
        [value.place for value in values],
        [value.sealed for value in values],
        [value.masked for value in values],
        [value.exact for value in values],
        [value.tail for value in values],
    )


async def forget(customer_id: UUID) -> None:
    """Take away everything sealed for this customer."""
    await execute("delete from sealed_value where customer_id = $1", customer_id)


async def forget_fields(pairs: Sequence[tuple[UUID, str]]) -> None:
    """Take away what is sealed for each customer under each field's name."""
    customers, fields = [customer_id for customer_id, _ in pairs], [field for _, field in pairs]
    await execute(_FORGET, customers, fields)
