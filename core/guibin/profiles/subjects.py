"""Whom a record is about and who it is by: looked up once, refused in the same words everywhere."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from msgspec import Struct

from guibin.context import Act
from guibin_tenants.above import FromAbove
from guibin_tenants.principals import Principal
from guibin_tenants.receivers import colleague, sees
from guibin_tenants.refusals import FieldError, refuse
from guibin_tenants.rows import row_of
from guibin_tenants.scope import fetch_value

from .refusals import ArchiveClosed, ArchiveErased
from .tables import Customer

_ASK_THEM = "ask their department (POST /api/v1/department-requests): it sees what it is asked, not the archive"
# Refuses whoever is given no new customers for want of a qualification (S10-9).
QUALIFIED: FromAbove[Callable[[UUID, Act], Awaitable[None]]] = FromAbove("what members of staff are qualified for")


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
    """Whether the customer was erased, so that nothing new may be recorded of them; None where nobody in sight has this id."""
    erased: bool = await fetch_value("select erased_at is not null from customer where id = $1", customer_id)
    return erased


async def refuse_blind(customer_id: UUID | None, **receivers: UUID | None) -> None:
    """A customer's case goes to nobody who does not see the customer (S02-6); whoever else is to help is asked, not handed it.

    `receivers` are members of staff by the fields that named them, and an org unit as `to_unit_id`. Raises Invalid.
    """
    if customer_id is None:
        return
    problems = []
    for field, receiver_id in receivers.items():
        whose = (
            "select $2::uuid as org_unit_id" if field == "to_unit_id" else "select org_unit_id from staff where id = $2"
        )
        seen = f"select {sees('s', 'c.org_unit_id', tenant='c')} from customer c, ({whose}) s where c.id = $1"
        if receiver_id is not None and not await fetch_value(seen, customer_id, receiver_id):
            rule = "an org unit that sees the customer" if field == "to_unit_id" else "somebody who sees the customer"
            problems.append(FieldError(field, rule, _ASK_THEM, str(receiver_id)))
    refuse(problems, "The case stays where the customer is seen")


async def actor(staff_id: UUID | None, by: Principal, *, field: str = "staff_id") -> Actor:
    """Who did it, by default whoever records it. Raises Invalid for somebody who does not work here."""
    if staff_id is None or staff_id == by.id:
        return Actor(by.id, by.name)
    found = await colleague(staff_id, field=field)
    return Actor(found.id, found.name)
