"""Confidential values: normalised, masked, sealed and indexed."""

import re
import unicodedata
from typing import Literal
from uuid import UUID

from msgspec import Struct

from guibin.notation.spelling import compact, line
from guibin.notation.telephones import national
from guibin.policy.fields import DOCUMENTS, ArchiveField, spelled
from guibin_tenants.keyring import Place, Unshown, blind_index, seal, unseal
from guibin_tenants.tables import new_id

# Every archive has these, whatever its packs (S07-24, S10-3).
CONTACT_FIELDS = (
    ArchiveField("mobile", "phone", "confidential", searchable=True, clause="S07-24"),
    ArchiveField("phone", "phone", "confidential", searchable=True, clause="S07-24"),
    ArchiveField("email", "email", "confidential", searchable=True, clause="S07-24"),
    ArchiveField("address", "text", "confidential", clause="S07-24"),
    ArchiveField("postcode", "text", "confidential", chars_max=12, clause="S07-24"),
    ArchiveField("fax", "phone", "confidential", clause="S07-24"),
)
# What persons show who have no resident identity card (S08-3).
DOCUMENT_FIELDS = tuple(
    ArchiveField(name, name, "confidential", searchable=True, holder="person", clause="S08-3")  # type: ignore[arg-type]  # each is a type
    for name in DOCUMENTS
)
Mask = Literal["email", "identity_number", "document", "words", "number"]
_TAIL_CHARS = 4
# The rule that an address breaks which holds one.
NO_NUMBER = "no telephone, card or identity number and no mail address: addresses stand in logs and histories"
_OF_CASES = re.compile(r"\b[A-Z]\d{6}-[0-9A-Z]{5}\b|\b\d{4}-\d{2}-\d{2}\b")
_LONG_NUMBER = re.compile(r"\d(?:[ ().\-/]*\d){6,}")
_MAIL = re.compile(r"[^\s@]@[^\s@]+\.")


class NewSealedValue(Struct, frozen=True):
    """A row of `sealed_value` to be."""

    id: UUID
    customer_id: UUID
    field: str
    sealed: bytes
    masked: str
    exact: bytes | None
    tail: bytes | None
    place: int = 0


def sealed(
    field: ArchiveField, value: str, *, customer_id: UUID, key: bytes, tenant_key: bytes, place: int = 0
) -> NewSealedValue:
    """The value ready to be stored for this customer under its key; `place` counts values of one field from 0."""
    row = new_id()
    plain = normalised(field, value)
    exact = tail = None
    if field.searchable:
        exact = blind_index(tenant_key, field.name, plain)
        if len(plain) > _TAIL_CHARS:
            tail = blind_index(tenant_key, f"{field.name}:tail", plain[-_TAIL_CHARS:])
    return NewSealedValue(
        row, customer_id, field.name, seal(key, _place(row), value), masked(field, value), exact, tail, place
    )


def opened(row: UUID, key: bytes, value: bytes, *, unshown: Unshown | None = None) -> str:
    """The value in clear, to be put on record unless it is `unshown`. Raises KeyringError."""
    return unseal(key, _place(row), value, unshown=unshown)


def normalised(field: ArchiveField, value: str) -> str:
    """How equal values become the same: half-width, no spaces or hyphens, telephone numbers as dialled at home."""
    if field.type == "phone":
        return national(value)
    return line(value).lower() if field.type == "email" else compact(value)


def masked(field: ArchiveField, value: str) -> str:
    """What is shown without a disclosure: 138****8000."""
    return masked_as(mask_of(field), spelled(field, value))


def mask_of(field: ArchiveField) -> Mask:
    """How values of the field are masked; kept beside a value, so that it stays so whatever becomes of the field."""
    if field.type in ("email", "identity_number"):
        return "email" if field.type == "email" else "identity_number"
    if field.type in DOCUMENTS:
        return "document"
    return "words" if field.third_party or field.name == "address" else "number"


def masked_as(mask: Mask, value: str) -> str:
    """As `masked`, for a value whose field may be another by now, or none."""
    text = unicodedata.normalize("NFKC", value).strip()
    if mask == "email":
        local, _, domain = text.partition("@")
        return f"{local[:1]}***@{domain}"
    if mask == "identity_number":
        return f"{text[:3]}{'*' * 11}{text[-4:]}"
    if mask == "document":
        return f"{text[:1]}{'*' * max(len(text) - 4, 3)}{text[-3:]}"
    if mask == "words":
        return f"{text[:3]}***" if len(text) > 6 else "***"
    if len(text) >= 11:
        return f"{text[:3]}{'*' * (len(text) - 7)}{text[-4:]}"
    return "*" * max(len(text) - 2, 3) + text[-2:] if len(text) > 4 else "***"


def names_a_value(text: str) -> bool:
    """Whether the text may be a number, a mail address or the end of one: sealed values are looked for by nothing else, so
    that a look-up by a value is known from one by a name."""
    written = unicodedata.normalize("NFKC", text)
    return "@" in written or (any(character.isdigit() for character in written) and len(written.strip()) >= _TAIL_CHARS)


def names_somebody(text: str) -> bool:
    """Whether a whole telephone, card or identity number or a mail address stands in the text: one person is known by it, and
    no address holds it, because addresses stand in logs and histories. Numbers of cases and days are none."""
    written = _OF_CASES.sub("", unicodedata.normalize("NFKC", text).upper())
    return _LONG_NUMBER.search(written) is not None or _MAIL.search(written) is not None


def tails(fields: tuple[ArchiveField, ...], text: str, tenant_key: bytes) -> list[bytes]:
    """Blind indexes under which values ending in these four characters are found."""
    return [blind_index(tenant_key, f"{field.name}:tail", text.upper()) for field in fields if field.searchable]


def exacts(fields: tuple[ArchiveField, ...], text: str, tenant_key: bytes) -> list[bytes]:
    """Blind indexes under which values equal to `text` are found."""
    return [blind_index(tenant_key, field.name, normalised(field, text)) for field in fields if field.searchable]


def _place(row: UUID) -> Place:
    return Place("sealed_value", "sealed", row)
