"""The telephone number a contact used: sealed under the customer's key, shown masked (S07-25)."""

from uuid import UUID

from msgspec import Struct

from guibin.notation.telephones import written
from guibin.policy.fields import ArchiveField
from guibin.sealing.values import masked
from guibin_tenants.keyring import Place, seal, subject_key, unseal

_NUMBER = ArchiveField("number", "phone", "confidential")


class SealedNumber(Struct, frozen=True):
    """A number ready to be stored in the row it was sealed for; `sealed` None when there is none."""

    sealed: bytes | None = None
    masked: str = ""


def sealed_number(number: str, *, key: bytes, row: UUID) -> SealedNumber:
    """Seal it for one interaction. One that is masked already (`138****8000`) is kept as it is shown."""
    text = written(number)
    if not text or "*" in text:
        return SealedNumber(None, text)
    return SealedNumber(seal(key, _place(row), text), masked(_NUMBER, text))


async def opened_number(sealed: bytes, *, customer_id: UUID, row: UUID) -> str:
    """The number in clear. Raises KeyringError."""
    return unseal(await subject_key(customer_id), _place(row), sealed)


def _place(row: UUID) -> Place:
    return Place("interaction", "number_sealed", row)
