"""Card numbers: checked, sealed under the holder's key, and found by a blind index."""

import re
from uuid import UUID

from guibin.policy.cards import CardKind
from guibin.policy.fields import ArchiveField
from guibin.sealing.values import masked, normalised
from guibin_tenants import keyring
from guibin_tenants.keyring import Place
from guibin_tenants.refusals import Invalid

_FIELD = ArchiveField("card_number", "text", "confidential", searchable=True)
_PLAIN = re.compile(r"[0-9A-Z]{6,32}")


def plain(number: str, kind: CardKind) -> str:
    """The number without spaces and hyphens. Raises Invalid: it has 6 to 32 digits or letters, and its check digit."""
    text = normalised(_FIELD, number)
    if not _PLAIN.fullmatch(text):
        raise Invalid.at("number", "6 to 32 digits or letters", "as printed on the card")
    if kind.luhn and not passes_luhn(text):
        raise Invalid.at("number", "a right check digit", "read the number again")
    return text


def passes_luhn(text: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812)."""
    if not (text.isascii() and text.isdigit()):
        return False
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(text))]
    return sum(sum(divmod(value, 10)) for value in doubled) % 10 == 0


def shown(number: str) -> str:
    """What is seen of it without a disclosure."""
    return masked(_FIELD, number)


async def exact(number: str) -> bytes:
    """Under which index a card with this number stands."""
    return keyring.blind_index(await keyring.tenant_key(), _FIELD.name, normalised(_FIELD, number))


async def sealed(number: str, *, card_id: UUID, customer_id: UUID) -> bytes:
    """The number as it is kept."""
    return keyring.seal(await keyring.subject_key(customer_id), _place(card_id), number)


async def opened(value: bytes, *, card_id: UUID, customer_id: UUID) -> str:
    """The number in clear. Raises KeyringError."""
    return keyring.unseal(await keyring.subject_key(customer_id), _place(card_id), value)


def _place(card_id: UUID) -> Place:
    return Place("card", "sealed", card_id)
