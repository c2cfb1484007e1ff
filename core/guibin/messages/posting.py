"""Having something told, once per occasion."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

import asyncpg
from msgspec import Struct

from guibin.jobs.actions import enqueue
from guibin.jobs.kinds import Job
from guibin.policy.messages import TO_CUSTOMERS
from guibin.profiles.queries import reach_of
from guibin_tenants.rows import add_all, given

from .queries import means_in_use
from .tables import Message

FIELDS = {"sms": "mobile", "email": "email"}


class SendMessage(Job, frozen=True):
    """Try a message after `attempts` others."""

    message_id: UUID
    attempts: int


class NewMessage(Struct, frozen=True, kw_only=True):
    """`occasion` makes repeats harmless: the same one is told once, ever.

    `customer_id` or `staff_id` is who is told; neither means the company's chat. Nothing is sent after `not_after`.
    """

    occasion: str
    kind: str
    means: str
    subject: str
    subject_id: UUID
    customer_id: UUID | None = None
    staff_id: UUID | None = None
    not_after: datetime | None = None


async def post(new: NewMessage, *, now: datetime) -> UUID | None:
    """Write it down and have it sent after this transaction; None when the occasion was told or is being told."""
    written = await add_all(Message, None, [given(new) | {"next_at": now, "created_at": now}], unless=("occasion",))
    if not written:
        return None
    await plan(written[0], 0, at=now, now=now)
    return written[0]


async def post_invitations(rows: Iterable[asyncpg.Record], subject: str, kind: str, *, now: datetime) -> None:
    """Post to the customer of each row (`id`, `customer_id`) the message about it, until `not_after`; whom none reaches is left out."""
    possible = await means_in_use()
    for row in rows:
        means = await means_for(row["customer_id"], TO_CUSTOMERS, possible)
        if means is None:
            continue
        new = NewMessage(
            occasion=f"{subject}/{row['id']}",
            kind=kind,
            means=means,
            subject=subject,
            subject_id=row["id"],
            customer_id=row["customer_id"],
            not_after=row["not_after"],
        )
        await post(new, now=now)


async def plan(message_id: UUID, attempts: int, *, at: datetime, now: datetime) -> None:
    """Have it tried at that moment."""
    await enqueue(SendMessage(message_id, attempts), now=now, run_at=at)


async def means_for(customer_id: UUID, wanted: tuple[str, ...], possible: Collection[str]) -> str | None:
    """The first of the wanted means that are `possible`, for which the company has a channel, with the customer's address and no objection.

    A preferred form of contact (the preference `contact`) leaves only itself: whoever prefers the telephone gets no SMS.
    """
    customer = await reach_of(customer_id)
    if customer is None:
        return None
    preferred = customer.preferences.get("contact", "")
    for means in wanted:
        known = means in TO_CUSTOMERS and means in possible and FIELDS[means] in customer.fields
        if known and preferred in ("", means):
            return means
    return None
