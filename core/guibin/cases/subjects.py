"""Cases that others are about: each room says how one of its own is found, and whose it is."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from guibin_tenants.above import NamedFromAbove
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import NotFound
from guibin_tenants.rows import name_of, row_of
from guibin_tenants.tables import TenantTable

# Raises NotFound; None for a case that is no customer's.
CustomerOf = Callable[[UUID, Principal], Awaitable[UUID | None]]
# By subject.
CUSTOMERS_OF: NamedFromAbove[CustomerOf] = NamedFromAbove()


def in_table(table: type[TenantTable]) -> CustomerOf:
    """By the row's id, behind its wall; whose it is says its `customer_id`."""

    async def find(case_id: UUID, by: Principal) -> UUID | None:
        row = await row_of(table, case_id, f"select customer_id from {name_of(table)} where id = $1")
        customer_id: UUID | None = row["customer_id"]
        return customer_id

    return find


async def customer_of(subject: str, subject_id: UUID, by: Principal) -> UUID | None:
    """Whose the case is, None for nobody's. Raises NotFound for one that is not to be seen from here."""
    find = CUSTOMERS_OF.get(subject)
    if find is None:
        raise NotFound(f"There is no {subject} {subject_id}")
    return await find(subject_id, by)
