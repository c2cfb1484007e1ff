"""What a mail says, whoever wrote it and however: heads in any charset, text out of HTML, what is quoted, what is a machine's.

Pure. Nothing in a mail is trusted to be well made: what cannot be read is read as far as it goes, and said to be so.
"""

import base64
import binascii
import hashlib
import quopri
import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime

from msgspec import Struct

from guibin.notation.spelling import line, paragraph

from .wording import folded, text_of

PARTS_MAX = 200
ATTACHMENTS_MAX = 20
TEXT_CHARS_MAX = 8_000
SUBJECT_CHARS_MAX = 300
REFERENCES_MAX = 20
# What Chinese systems call gb2312 holds signs that only its successors know.
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "gb_2312-80": "gb18030", "x-gbk": "gb18030", "cp936": "gb18030"}
_UNKNOWN = frozenset({"", "us-ascii", "ascii", "unknown-8bit", "default", "x-unknown"})
_WORD = re.compile(r"=\?([^?\s*]{1,40})(?:\*[^?\s]{0,20})?\?([bBqQ])\?([^?]*)\?=")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]+")
_ID = re.compile(r"<[^<>\s\x00-\x1f]{1,240}>")
_ADDRESS = re.compile(r"[^\s@<>\x00-\x1f]{1,64}@[^\s@<>\x00-\x1f]{1,190}")
_NAME = re.compile(r"name=\"?([^\";]{1,200})", re.IGNORECASE)
_MACHINES = frozenset({"mailer-daemon", "postmaster", "no-reply", "noreply", "do-not-reply", "donotreply"})
_OUT_OF_OFFICE = re.compile(
    r"\s*(?:自动回复|自動回覆|自动答复|automatic reply|auto(?:matic)?[ -]?reply|out of (?:the )?office|autoreply)",
    re.IGNORECASE,
)

VERDICTS_MAX = 10
# How what Outlook calls winmail.dat begins: the files of the mail, and its layout, packed in a form of its own (MS-OXTNEF).
PACKED = b"\x78\x9f\x3e\x22"
_COMMENT = re.compile(r"\([^()]*\)")
_RESULT = re.compile(r"(?:^|;)\s*(spf|dkim|dmarc)\s*=\s*([A-Za-z]+)", re.I)


class NotAMail(ValueError):
    """Nothing of it can be read as a mail."""


class Attachment(Struct, frozen=True):
    """A part of a mail that is a file."""

    name: str
    content: bytes


class Verdict(Struct, frozen=True):
    """What a server says under its name that it found: pass, fail, softfail, none and so on, empty where it says nothing."""

    server: str
    spf: str = ""
    dkim: str = ""
    dmarc: str = ""


class ParsedMail(Struct, frozen=True, kw_only=True):
    """A mail. `automatic` is a word for why it is a machine's, empty for a person's; `bounced` are the mails of ours that
    it says did not arrive. `key` is what it is known by: its Message-ID, else what it holds. `left_out` says in words what of it is
    not there.
    """

    key: str
    message_id: str
    references: tuple[str, ...]
    sender: str
    sender_name: str
    subject: str
    text: str
    quoted: str
    automatic: str
    bounced: tuple[str, ...]
    sent_at: datetime | None
    verdicts: tuple[Verdict, ...]
    attachments: tuple[Attachment, ...]
    left_out: tuple[str, ...]


def parse(raw: bytes) -> ParsedMail:
    """What the bytes say. Raises NotAMail for what has neither a sender nor anything else of a mail."""
    mail = message_from_bytes(raw, policy=policy.compat32)
    name, sender = _sender(mail)
    message_ids = _ID.findall(head(mail, "Message-ID"))
    if not mail.keys() or not (sender or message_ids or mail["Subject"] or mail["Received"]):
        raise NotAMail("no head of a mail is in it")
    parts = _parts(mail)
    whole, cut = _text(parts)
    fresh, quoted = folded(whole)
    files, left_out = _attachments(parts)
    ids = tuple(dict.fromkeys(_ID.findall(f"{head(mail, 'References')} {head(mail, 'In-Reply-To')}")))
    return ParsedMail(
        key=message_ids[0] if message_ids else hashlib.sha256(raw).hexdigest(),
        message_id=message_ids[0] if message_ids else "",
        references=ids[-REFERENCES_MAX:],
        sender=sender,
        sender_name=name,
        subject=head(mail, "Subject")[:SUBJECT_CHARS_MAX],
        text=fresh,
        quoted=quoted,
        automatic=_automatic(mail, sender),
        bounced=_bounced(mail, parts),
        sent_at=_sent_at(mail),
        verdicts=_verdicts(mail),
        attachments=files,
        left_out=(*(("text",) if cut else ()), *left_out),
    )


def _verdicts(mail: Message) -> tuple[Verdict, ...]:
    """In the order of the heads, the last server's first (RFC 8601)."""
    found: list[Verdict] = []
    for name, value in mail.raw_items():
        if name.lower() != "authentication-results" or len(found) >= VERDICTS_MAX:
            continue
        # Comments may hold anything, and senders write into them.
        said = _COMMENT.sub(" ", " ".join(decoded(str(value)).split()))
        server, _, rest = said.partition(";")
        results = dict(reversed([(way.lower(), how.lower()) for way, how in _RESULT.findall(rest)]))
        words = {way: results.get(way, "")[:10] for way in ("spf", "dkim", "dmarc")}
        found.append(Verdict(server.split()[0].lower() if server.split() else "", **words))
    return tuple(found)


def _parts(mail: Message) -> list[Message]:
    found: list[Message] = []
    for part in mail.walk():
        if len(found) >= PARTS_MAX:
            break
        if not part.is_multipart():
            found.append(part)
    return found


def _sender(mail: Message) -> tuple[str, str]:
    said = head(mail, "From")
    name, address = parseaddr(said)
    found = _ADDRESS.search(address or said)
    return line(name)[:200], found[0].lower() if found else ""


def _text(parts: list[Message]) -> tuple[str, bool]:
    """The words of a mail: its plain text, else what its HTML says; whether something had to be left out."""
    for wanted, reads in (("text/plain", str), ("text/html", text_of)):
        said = [
            reads(from_bytes(_bytes(part), str(part.get_content_charset() or "")))
            for part in parts
            if part.get_content_type() == wanted and not _is_file(part)
        ]
        text = paragraph(clean("\n".join(each for each in said if each.strip()))).strip()
        if text:
            return text[: TEXT_CHARS_MAX * 4], len(text) > TEXT_CHARS_MAX * 4
    return "", False


def _bytes(part: Message) -> bytes:
    try:
        content = part.get_payload(decode=True)
    except Exception:  # a transfer encoding that nobody understands
        content = None
    return content if isinstance(content, bytes) else b""


def _is_file(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or bool(_file_name(part))


def _file_name(part: Message) -> str:
    try:
        name = decoded(part.get_filename("") or "")
    except Exception:  # a name in no charset, or in pieces that do not fit
        name = ""
    if name and "\ufffd" not in name:
        return name
    # In bytes that nobody declared.
    found = _NAME.search(f"{head(part, 'Content-Disposition')} {head(part, 'Content-Type')}")
    return found[1] if found else name


def _attachments(parts: list[Message]) -> tuple[tuple[Attachment, ...], tuple[str, ...]]:
    found: list[Attachment] = []
    left_out: list[str] = []
    for part in parts:
        named = _file_name(part)
        kind = part.get_content_type()
        if kind in ("text/plain", "text/html", "message/delivery-status", "text/rfc822-headers") and not _is_file(part):
            continue
        name = named or f"file.{kind.partition('/')[2] or 'bin'}"
        content = _bytes(part)
        if not content:
            continue
        if len(found) >= ATTACHMENTS_MAX:
            left_out.append(name[:120])
        else:
            found.append(Attachment(name, content))
    return tuple(found), tuple(left_out)


def _automatic(mail: Message, sender: str) -> str:
    said = head(mail, "Auto-Submitted").split(";")[0].strip().lower()
    if mail.get_content_type() == "multipart/report":
        return "report"
    if head(mail, "Return-Path").strip() == "<>" or not sender:
        return "null_sender"
    if said and said != "no":
        return "auto_submitted"
    if head(mail, "Precedence").strip().lower() in ("bulk", "junk", "list", "auto_reply"):
        return "precedence"
    if any(mail[name] for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Reply", "List-Id")):
        return "autoreply"
    if sender.partition("@")[0] in _MACHINES:
        return "machine"
    return "out_of_office" if _OUT_OF_OFFICE.match(head(mail, "Subject")) else ""


def _bounced(mail: Message, parts: list[Message]) -> tuple[str, ...]:
    """The Message-IDs of the mails that a report is about."""
    if mail.get_content_type() != "multipart/report" and "mailer-daemon" not in head(mail, "From").lower():
        return ()
    own = set(_ID.findall(head(mail, "Message-ID")))
    said = [_ID.findall(head(each, "Message-ID")) for each in mail.walk() if each is not mail]
    said += [
        re.findall(r"(?im)^Message-ID:\s*(<[^<>\s]{1,240}>)", _bytes(part).decode("latin-1"))
        for part in parts
        if part.get_content_type() in ("text/rfc822-headers", "text/plain")
    ]
    return tuple(dict.fromkeys(each for ids in said for each in ids if each not in own))[:REFERENCES_MAX]


def _sent_at(mail: Message) -> datetime | None:
    try:
        at = parsedate_to_datetime(head(mail, "Date"))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def head(mail: Message, name: str) -> str:
    """The first head of this name in words, on one line."""
    for known, value in mail.raw_items():
        if known.lower() == name.lower():
            return " ".join(decoded(str(value)).split())
    return ""


def decoded(text: str) -> str:
    """What was written, each piece in its own charset, declared or not."""
    if not text.isascii():
        text = from_bytes(text.encode("utf-8", "surrogateescape"), "")
    said: list[str] = []
    begin, held, charset = 0, b"", ""
    for word in _WORD.finditer(text):
        between = text[begin : word.start()]
        if between.strip() or word[1].lower() != charset:
            said += [from_bytes(held, charset), between if between.strip() or not held else ""]
            held, charset = b"", word[1].lower()
        # A sign of several bytes may have been cut between two words.
        held += _bytes_of(word[2], word[3])
        begin = word.end()
    return clean("".join([*said, from_bytes(held, charset), text[begin:]]))


def from_bytes(raw: bytes, charset: str) -> str:
    """The text that the bytes are in this charset, or in the likeliest where it cannot be true."""
    name = charset.strip("\"' ").lower()
    tried = [] if name in _UNKNOWN or not _is_known(name) else [_WIDER.get(name, name)]
    for each in (*tried, "utf-8", "gb18030"):
        try:
            return raw.decode(each)
        except UnicodeDecodeError:
            continue
    return raw.decode(tried[0] if tried else "utf-8", "replace")


def clean(text: str) -> str:
    """Without what no reader sees and no table takes."""
    return _CONTROLS.sub(" ", text)


def _is_known(charset: str) -> bool:
    try:
        return isinstance(b"".decode(charset), str)
    except (LookupError, ValueError):
        return False


def _bytes_of(way: str, word: str) -> bytes:
    raw = word.encode("utf-8", "replace")
    if way in "qQ":
        return quopri.decodestring(raw.replace(b"_", b" "))
    try:
        return base64.b64decode(raw + b"=" * (-len(raw) % 4))
    except binascii.Error:
        return raw
