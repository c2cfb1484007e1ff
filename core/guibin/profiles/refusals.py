"""Why an archive is not written."""

import asyncpg

from guibin_tenants.refusals import Conflict, Refusal
from guibin_tenants.schema import ARCHIVE_CLOSED, ARCHIVE_ERASED


class NumberTaken(Conflict):
    """This number belongs to another customer."""


class NumberUnusable(Conflict):
    """This number cannot be given here: choose another, or ask the head office. Whose it is lies out of sight."""


class NoBasis(Refusal):
    """Nothing leaves the company without the customer's permission or a legal basis. S12-5."""


class ArchiveErased(Conflict):
    """The customer's archive was erased. Its key is destroyed: nothing opens, and nothing new is written about it."""


class ArchiveClosed(Conflict):
    """The customer's archive is closed. Nothing new begins in it."""


class CasesOpen(Conflict):
    """Something of the customer's still waits to be dealt with: end it or see it through, then close the archive."""


class MergedAway(Conflict):
    """The archive became one with another of the same customer. Undo that first, or go on there."""


class TooLateToUndo(Conflict):
    """The policy's time for taking archives apart again is over."""


class NotClosed(Conflict):
    """The archive is open."""


def ended_archive(error: asyncpg.PostgresError) -> Conflict | None:
    """The refusal that an error of PostgreSQL stands for: it lets nobody write about a customer whose archive has ended."""
    if error.sqlstate == ARCHIVE_CLOSED:
        return ArchiveClosed("Nothing new begins in a closed archive")
    if error.sqlstate == ARCHIVE_ERASED:
        return ArchiveErased("Nothing new is written about a customer who was erased")
    return None
