"""Whom a record is about and who it is by: looked up once, refused in the same words everywhere."""

from uuid import UUID

from msgspec import Struct

from guibin_tenants.principals import Principal
from guibin_tenants.receivers import colleague
from guibin_tenants.rows import row_of
from guibin_tenants.scope import fetch_value

from .refusals import ArchiveClosed, ArchiveErased
from .tables import Customer


class Actor(Struct, frozen=True):
    """A member of staff, or the key that acts for a system."""

    id: UUID
    name: str


async def refuse_unless_kept(customer_id: UUID) -> None:
    """Raises NotFound for a customer that is not visible from here, ArchiveErased for one whose key is destroyed."""
    row = await row_of(Customer, customer_id, "select erased_at from customer where id = $1")
    if row["erased_at"] is not None:
        raise ArchiveErased(f"The archive of customer {customer_id} was erased: nothing new is recorded about it")


async def refuse_unless_served(customer_id: UUID) -> None:
    """As `refuse_unless_kept`, and ArchiveClosed for a customer who is served no more: nobody is sent anything (S07-35)."""
    await refuse_unless_kept(customer_id)
    if await fetch_value("select closed_at is not null from customer where id = $1", customer_id):
        raise ArchiveClosed("Nothing is sent to a customer who is served no more")


async def is_erased(customer_id: UUID) -> bool:
    """Whether nothing new is recorded about the customer."""
    erased: bool = await fetch_value("select erased_at is not null from customer where id = $1", customer_id)
    return erased


async def actor(staff_id: UUID | None, by: Principal, *, field: str = "staff_id") -> Actor:
    """Who did it, by default whoever records it. Raises Invalid for somebody who does not work here."""
    if staff_id is None or staff_id == by.id:
        return Actor(by.id, by.name)
    found = await colleague(staff_id, field=field)
    return Actor(found.id, found.name)
