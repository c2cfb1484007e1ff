"""Archives that have ended, told to imports before PostgreSQL would refuse the whole file (docs/decisions/0016)."""

from guibin_tenants.scope import fetch

ERASED = "the customer of this number was erased: nothing new is written about it"
CLOSED = "the archive of this number is closed: nothing new begins in it"


async def ended_archives(*, closed: bool) -> dict[str, str]:
    """Why nothing is written for these customers, by number; those whose archive is only closed if `closed` matters."""
    rows = await fetch(
        "select number, erased_at is not null as erased from customer where erased_at is not null"
        " or ($1 and closed_at is not null)",
        closed,
    )
    return {row["number"]: ERASED if row["erased"] else CLOSED for row in rows}
