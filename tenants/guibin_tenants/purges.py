"""That a company is to be purged: who asked for it, from when on another may confirm it, and what is left to prove it.

It stands in the registry, outside whatever the company has, and moves with it.
"""

from datetime import datetime

import asyncpg
import msgspec
from msgspec import Struct

from .refusals import Conflict, Forbidden


class Purge(Struct, frozen=True, kw_only=True):
    """Who asked, why, and with which exit pack (`exit_root` is the SHA-256 of its manifest); it may be confirmed from `due_at` on, by
    somebody else. Once it is confirmed it can only be ended; `ended_at` when nothing is left."""

    asked_by: str
    asked_at: datetime
    because: str
    due_at: datetime
    exit_root: str
    exit_made_at: datetime
    exit_clear: bool
    confirmed_by: str = ""
    confirmed_at: datetime | None = None
    ended_at: datetime | None = None


class PurgeAsked(Conflict):
    """The company is to be purged. Withdraw that first, or confirm it: `guibin tenant purge show` says how it stands."""

    kind = "purge-asked"


class PurgeConfirmed(Conflict):
    """The purge of the company was confirmed. It can only be ended: what is gone does not come back."""

    kind = "purge-confirmed"


class NoPurge(Conflict):
    """Nobody asked to purge the company. Ask first, with its exit pack."""

    kind = "no-purge"


class NotDue(Conflict):
    """The waiting time is not over. Until then whoever asked, or anybody else, may withdraw it."""

    kind = "purge-not-due"


class AnotherPerson(Forbidden):
    """Another person confirms. Whoever asked to purge a company does not confirm it."""

    kind = "another-person"


def purge_in(written: str | None) -> Purge | None:
    """As the registry has it."""
    return msgspec.json.decode(written, type=Purge) if written else None


def refuse_ending(slug: str, purge: Purge | None) -> None:
    """Raises PurgeConfirmed."""
    if purge is not None and purge.confirmed_at is not None:
        raise PurgeConfirmed(f"{slug}: guibin tenant purge confirm {slug} ends it")


async def keep(
    connection: asyncpg.Connection, slug: str, purge: Purge | None, *, certificate: str | None = None
) -> None:
    """Write down how it stands; as the owner role, with the registration locked. A certificate that is there stays."""
    await connection.execute(
        "update tenant set purge = $2::jsonb, certificate = coalesce(certificate, $3) where slug = $1",
        slug,
        msgspec.json.encode(purge).decode() if purge is not None else None,
        certificate,
    )


async def certificate_of(connection: asyncpg.Connection, slug: str) -> str | None:
    """What proves that it was purged; None where it was not."""
    found: str | None = await connection.fetchval("select certificate from tenant where slug = $1", slug)
    return found
