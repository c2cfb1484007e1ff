"""Which archives became one with which."""

from uuid import UUID

from guibin_tenants.scope import fetch, fetch_value

from .refusals import MergedAway


async def merged_into(customer_id: UUID) -> list[UUID]:
    """The archives that are one with this one by now."""
    rows = await fetch(
        "select merged_id from archive_merge where customer_id = $1 and merged_id <> $1 and undone_at is null order by merged_at",
        customer_id,
    )
    return [row["merged_id"] for row in rows]


async def gone_into(customer_id: UUID) -> UUID | None:
    """The archive that this one became one with, if any. None too where that is not to be seen from here."""
    found: UUID | None = await fetch_value(
        "select customer_id from archive_merge where merged_id = $1 and customer_id <> $1 and undone_at is null",
        customer_id,
    )
    return found


async def refuse_merged_away(customer_id: UUID) -> None:
    """Raises MergedAway for an archive that is part of another."""
    into = await gone_into(customer_id)
    if into is not None:
        raise MergedAway(f"It is part of the archive {into}")
