"""What a file is, by its content: only what is known through and through is taken in.

The first bytes tell the kind; then a picture is decoded whole, an office document's table of contents is read, a text is
text. What hides a second file behind the first is refused.
"""

import hashlib
import io
import re
import zipfile

import filetype
from msgspec import Struct
from PIL import Image, ImageOps, UnidentifiedImageError

from guibin_tenants.refusals import Invalid

from . import bounds
from .names import cleaned
from .requests import ALWAYS_CONFIDENTIAL, Kind, NewFile

PICTURES = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
ENDINGS = {
    "image/jpeg": ("jpg", "jpeg"),
    "image/png": ("png",),
    "image/webp": ("webp",),
    "application/pdf": ("pdf",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("docx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ("xlsx",),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ("pptx",),
    "text/csv": ("csv",),
    "text/plain": ("txt", "log", "md"),
}
TAKEN = "a whole JPEG, PNG, WebP, PDF, docx, xlsx, pptx, text or csv file"
FIX = "save it as one of these, without macros, and send it unchanged"
_OFFICE = {
    b"wordprocessingml.document.main+xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    b"spreadsheetml.sheet.main+xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    b"presentationml.presentation.main+xml": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_CONTENTS = "[Content_Types].xml"
_CONTENTS_BYTES_MAX = 1024 * 1024
# Where a PDF says that it ends: readers look no further back.
_PDF_TAIL_BYTES = 1_024
_PNG_END = b"IEND\xaeB`\x82"
# What follows the lines of a picture in a JPEG: a marker that is no part of them.
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
# How other files begin or end that hide behind a photograph; what telephones append to theirs is none of these.
_HIDDEN = re.compile(rb"PK\x05\x06|%PDF-|\x7fELF|<\s*(?:!doctype|html|script|svg|iframe|body|\?php)", re.IGNORECASE)
_MARKUP = re.compile(
    r"\s*(?:<!doctype|<html|<head|<body|<script|<svg|<iframe|<\?|<!--|#!|%PDF-|\{\\rtf)", re.IGNORECASE
)


class Checked(Struct, frozen=True):
    """A file that is taken in: what it is, and how a picture looks when it is small."""

    name: str
    media_type: str
    kind: Kind
    confidential: bool
    content: bytes
    sha256: str
    thumbnail: bytes | None


def checked(new: NewFile) -> Checked:
    """Computes for as long as a picture takes to be decoded: not on the event loop. Raises Invalid."""
    if not new.content:
        raise _wrong("not empty", "choose the file again")
    if len(new.content) > bounds.FILE_BYTES_MAX:
        rule = f"at most {bounds.spoken(bounds.FILE_BYTES_MAX)}"
        raise _wrong(rule, "make it smaller, or in several parts", bounds.spoken(len(new.content)))
    media_type = media_type_of(new.content, new.name)
    kind: Kind = new.said.kind or ("photo" if media_type in PICTURES else "document")
    confidential = new.said.confidential or kind in ALWAYS_CONFIDENTIAL
    small = _thumbnail(new.content, PICTURES[media_type]) if media_type in PICTURES else None
    return Checked(
        cleaned(new.name, ENDINGS[media_type]),
        media_type,
        kind,
        confidential,
        new.content,
        hashlib.sha256(new.content).hexdigest(),
        # Nobody looks at what is confidential in passing.
        None if confidential else small,
    )


def media_type_of(content: bytes, name: str) -> str:
    """One of ENDINGS. Raises Invalid for anything else, saying what it looks like."""
    looks = filetype.guess(content[:8_192])
    guessed = looks.mime if looks is not None else ""
    if guessed in PICTURES:
        _refuse_hidden(content, guessed)
        return str(guessed)
    if content.startswith(b"%PDF-"):
        if b"%%EOF" not in content[-_PDF_TAIL_BYTES:]:
            raise _wrong(TAKEN, FIX, "half of a PDF")
        return "application/pdf"
    if content.startswith(b"PK\x03\x04"):
        return _office(content)
    if not guessed and _is_text(content):
        return "text/csv" if name.lower().endswith(".csv") else "text/plain"
    raise _wrong(TAKEN, FIX, guessed or None)


def _refuse_hidden(content: bytes, media_type: str) -> None:
    """A PNG or WebP ends where it says; a photograph may carry what its telephone appended, but no other document."""
    if media_type == "image/png":
        fine = content.endswith(_PNG_END)
    elif media_type == "image/webp":
        fine = int.from_bytes(content[4:8], "little") + 8 in (len(content), len(content) - 1)
    else:
        ends = _end_of_jpeg(content)
        fine = ends is None or _HIDDEN.search(content, ends) is None
    if not fine:
        raise _wrong("a picture and nothing behind it", "save the picture anew and send that")


def _end_of_jpeg(content: bytes) -> int | None:
    """Behind its last marker; None for one that does not get there, which does not decode either."""
    at = 2
    while (found := _MARKER.match(content, at)) is not None:
        marker = found[0][1]
        if marker == 0xD9:
            return at + 2
        at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        if marker == 0xDA:
            following = _MARKER.search(content, at)
            at = following.start() if following else len(content)
    return None


def _office(content: bytes) -> str:
    """What an office document is by its table of contents; it is unfolded no further. Raises Invalid."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            entries = packed.infolist()
            _refuse_bomb(entries)
            with packed.open(_CONTENTS) as listed:
                contents = listed.read(_CONTENTS_BYTES_MAX)
    except (KeyError, zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError, EOFError):
        raise _wrong(TAKEN, FIX, "application/zip") from None
    if any(entry.filename.lower().endswith((".bin", ".exe", ".js", ".vbs")) for entry in entries if _active(entry)):
        raise _wrong("an office document without macros", FIX)
    found = next((kind for said, kind in _OFFICE.items() if said in contents), None)
    if found is None:
        raise _wrong(TAKEN, FIX, "application/zip")
    return found


def _active(entry: zipfile.ZipInfo) -> bool:
    """Printer settings are binary, too, and do nothing."""
    return "printersettings" not in entry.filename.lower()


def _refuse_bomb(entries: list[zipfile.ZipInfo]) -> None:
    unpacked, packed = sum(entry.file_size for entry in entries), sum(entry.compress_size for entry in entries)
    too_much = unpacked > bounds.UNPACKED_BYTES_MAX or unpacked > bounds.UNPACKED_TIMES_MAX * max(packed, 1)
    if too_much or len(entries) > bounds.UNPACKED_ENTRIES_MAX:
        raise _wrong(
            f"unfolds to at most {bounds.spoken(bounds.UNPACKED_BYTES_MAX)} and {bounds.UNPACKED_TIMES_MAX} times its size",
            "save the document anew",
            bounds.spoken(unpacked),
        )


def _is_text(content: bytes) -> bool:
    """Words in UTF-8, UTF-16 or as Chinese systems wrote them, and nothing that a browser would run."""
    for encoding in ("utf-8-sig", *(("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ()), "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        odd = any(ord(each) < 32 and each not in "\t\r\n\f" for each in text)
        return not odd and _MARKUP.match(text) is None
    return False


def _thumbnail(content: bytes, format: str) -> bytes:
    """The picture, decoded whole and drawn anew small: nothing that its file says beside it is left, where it was taken least
    of all. Raises Invalid for half a picture and for one that unfolds to too much."""
    most = bounds.JPEG_PIXELS_MAX if format == "JPEG" else bounds.PIXELS_MAX
    try:
        with Image.open(io.BytesIO(content), formats=(format,)) as picture:
            if picture.width * picture.height > most:
                raise _wrong(
                    f"at most {most // 1_000_000} million pixels",
                    "take it smaller",
                    f"{picture.width} × {picture.height}",
                )
            side = bounds.THUMBNAIL_PIXELS
            picture.draft("RGB", (side, side))
            picture.load()
            turned = ImageOps.exif_transpose(picture)
            turned.thumbnail((side, side))
            return _drawn(turned)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError, Warning) as error:
        raise _wrong(TAKEN, "take or save the picture again", "half of a picture") from error


def _drawn(picture: Image.Image) -> bytes:
    """On white, in a file that says nothing else."""
    whole = picture.convert("RGBA")
    ground = Image.new("RGB", whole.size, "white")
    ground.paste(whole, mask=whole.getchannel("A"))
    written = io.BytesIO()
    ground.save(written, "WEBP", quality=72)
    return written.getvalue()


def _wrong(rule: str, fix: str = "", value: str | None = None) -> Invalid:
    return Invalid.at("file", rule, fix, value)
