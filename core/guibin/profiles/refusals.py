"""Why an archive is not written."""

import asyncpg

from guibin_tenants.refusals import Conflict, Refusal
from guibin_tenants.schema import ARCHIVE_CLOSED, ARCHIVE_ERASED


class NumberTaken(Conflict):
    """Another customer has this number."""

    kind = "number-taken"
    title = "This number belongs to another customer"


class NumberUnusable(Conflict):
    """A number cannot be given. Whose it is, if anybody's, lies out of sight and is not said."""

    kind = "number-unusable"
    title = "This number cannot be given here: choose another, or ask the head office"


class NoBasis(Refusal):
    """Somebody outside would get what neither the customer nor the law allows (S12-5)."""

    kind = "no-basis"
    title = "Nothing leaves the company without the customer's permission or a legal basis"


class ArchiveErased(Conflict):
    """The customer's key was destroyed: nothing sealed for it opens, and nothing new is written about it."""

    kind = "archive-erased"
    title = "The customer's archive was erased"


class ArchiveClosed(Conflict):
    """The archive has ended: nothing new begins in it."""

    kind = "archive-closed"
    title = "The customer's archive is closed"


def ended_archive(error: asyncpg.PostgresError) -> Conflict | None:
    """The refusal that an error of PostgreSQL stands for: it lets nobody write about a customer whose archive has ended."""
    if error.sqlstate == ARCHIVE_CLOSED:
        return ArchiveClosed("Nothing new begins in a closed archive")
    if error.sqlstate == ARCHIVE_ERASED:
        return ArchiveErased("Nothing new is written about a customer who was erased")
    return None
