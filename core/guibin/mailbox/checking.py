"""A mail's bytes made ready to be taken in: parsed, its files checked. Computes for a while: not on the event loop."""

import hashlib

from msgspec import Struct

from guibin.files import bounds
from guibin.files.checking import Checked, checked
from guibin.files.names import cleaned
from guibin.files.requests import NewFile
from guibin_tenants.refusals import Invalid

from .parsing import PACKED, Attachment, NotAMail, ParsedMail, parse

MIB = 1024 * 1024
MAIL_BYTES_MAX = 25 * MIB
FILES_BYTES_MAX = 20 * MIB
TNEF = "application/ms-tnef"


class Reading(Struct, frozen=True):
    """A mail as it is taken in; `problem` says why it cannot be. `left_out` are the names of files that are not taken in, `packed`
    of those that are kept whole and that nobody here can open (winmail.dat)."""

    key: str
    parsed: ParsedMail | None = None
    files: tuple[Checked, ...] = ()
    left_out: tuple[str, ...] = ()
    packed: tuple[str, ...] = ()
    problem: str = ""


def read(raw: bytes) -> Reading:
    """Never raises for what a mail holds: one that cannot be read says so."""
    key = hashlib.sha256(raw).hexdigest()
    if len(raw) > MAIL_BYTES_MAX:
        return too_large(key)
    try:
        parsed = parse(raw)
    except NotAMail:
        return Reading(key, problem="not_a_mail")
    except Exception:  # a mail is anything that anybody sent: whatever breaks on it must not stop those behind it
        return Reading(key, problem="unreadable")
    files: list[Checked] = []
    left_out = list(parsed.left_out)
    for each in parsed.attachments:
        try:
            found = _packed(each) or checked(NewFile(name=each.name, content=each.content))
        except Invalid:
            left_out.append(each.name[:120])
            continue
        if sum(len(file.content) for file in files) + len(found.content) > FILES_BYTES_MAX:
            left_out.append(each.name[:120])
        else:
            files.append(found)
    packed = tuple(file.name for file in files if file.media_type == TNEF)
    return Reading(parsed.key, parsed, tuple(files), tuple(left_out), packed)


def _packed(file: Attachment) -> Checked | None:
    """The file as it is, where it is one that holds the mail's files in Outlook's own form; None for any other."""
    if not file.content.startswith(PACKED) or len(file.content) > bounds.FILE_BYTES_MAX:
        return None
    name = cleaned(file.name, ("dat", "tnef"))
    return Checked(name, TNEF, "document", False, file.content, hashlib.sha256(file.content).hexdigest(), None)


def too_large(key: str) -> Reading:
    """For a mail of which nothing was fetched."""
    return Reading(key, problem="too_large")
