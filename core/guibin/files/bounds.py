"""How large files are and how many there may be. What an operator can say otherwise is in docs/operating.md."""

from collections.abc import Mapping

from msgspec import Struct

from guibin_tenants.refusals import Refusal

MIB = 1024 * 1024
FILE_BYTES_MAX = 20 * MIB
SUBJECT_FILES_MAX = 50
SUBJECT_BYTES_MAX = 200 * MIB
COMPANY_BYTES_MAX = 20 * 1024 * MIB
NAME_CHARS_MAX = 120
# A photograph of a telephone at its largest. What a picture unfolds to is bounded before it is unfolded.
JPEG_PIXELS_MAX = 80_000_000
PIXELS_MAX = 40_000_000
THUMBNAIL_PIXELS = 192
# What an office document may unfold to in whoever opens it.
UNPACKED_BYTES_MAX = 500 * MIB
UNPACKED_ENTRIES_MAX = 5_000
UNPACKED_TIMES_MAX = 200
COMPANY_BYTES = "GUIBIN_FILES_COMPANY_BYTES"


class BadBound(Refusal):
    """This is no number of bytes. A setting says no number of bytes; the process does not start."""

    kind = "bad-file-bound"


class Room(Struct):
    """How many bytes the files of one company may have together, in this process."""

    company_bytes: int = COMPANY_BYTES_MAX


ROOM = Room()


def use_room(environment: Mapping[str, str]) -> None:
    """Composition roots only: take the company's bound from the environment. Raises BadBound."""
    text = environment.get(COMPANY_BYTES, str(COMPANY_BYTES_MAX)).strip()
    if not (text.isascii() and text.isdigit()) or int(text) < FILE_BYTES_MAX:
        raise BadBound(f"{COMPANY_BYTES} is a number of bytes from {FILE_BYTES_MAX} on, not {text[:40]!r}")
    ROOM.company_bytes = int(text)


def spoken(count: int) -> str:
    """So many bytes in words: 20 MiB."""
    for unit, size in (("GiB", 1024 * MIB), ("MiB", MIB), ("KiB", 1024)):
        if count >= size:
            return f"{count / size:.1f}".removesuffix(".0") + f" {unit}"
    return f"{count} B"
