"""A mail's bytes made ready to be taken in: parsed, its files checked. Computes for a while: not on the event loop."""

import hashlib

from msgspec import Struct

from guibin.files.checking import Checked, checked
from guibin.files.requests import NewFile
from guibin_tenants.refusals import Invalid

from .parsing import NotAMail, ParsedMail, parse

MIB = 1024 * 1024
MAIL_BYTES_MAX = 25 * MIB
FILES_BYTES_MAX = 20 * MIB


class Reading(Struct, frozen=True):
    """A mail as it is taken in; `problem` says why it cannot be. `left_out` are the names of files that are not taken in."""

    key: str
    parsed: ParsedMail | None = None
    files: tuple[Checked, ...] = ()
    left_out: tuple[str, ...] = ()
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
            found = checked(NewFile(name=each.name, content=each.content))
        except Invalid:
            left_out.append(each.name[:120])
            continue
        if sum(len(file.content) for file in files) + len(found.content) > FILES_BYTES_MAX:
            left_out.append(each.name[:120])
        else:
            files.append(found)
    return Reading(parsed.key, parsed, tuple(files), tuple(left_out))


def too_large(key: str) -> Reading:
    """For a mail of which nothing was fetched."""
    return Reading(key, problem="too_large")
