"""Why a file is not taken, shown or removed."""

from http import HTTPStatus

from guibin_tenants.refusals import Conflict, Forbidden, Refusal, Unavailable


class NoRoom(Conflict):
    """There is no room for this file."""

    kind = "no-room-for-files"


class AlreadyHere(Conflict):
    """This file is here already."""

    kind = "file-already-here"


class CaseEnded(Conflict):
    """Its files do not change any more."""

    kind = "case-of-file-ended"


class PurposeNeeded(Forbidden):
    """This file opens with a purpose only."""


class FileGone(Refusal):
    """This file was destroyed. Or removed, or gone with its customer's archive; that it was there stays."""

    status = HTTPStatus.GONE


class StoreAway(Unavailable):
    """The store of files cannot be reached."""

    kind = "file-store-away"
    retry_after = 10
