"""What a telephone switch sends."""

import re
from typing import Annotated, Literal

from msgspec import Struct

from guibin.notation.telephones import is_telephone, written
from guibin.policy.words import up_to
from guibin_tenants.refusals import Invalid

DIGITS_MIN, DIGITS_MAX = 3, 20
_SCHEME = re.compile(r"(?:tel|sips?):([^@;?]*)", re.IGNORECASE)
_WITHHELD = frozenset({"", "anonymous", "private", "restricted", "unavailable", "unknown", "withheld"})


class NewRecognition(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The calling number as the switch has it, `tel:` and `sip:` addresses included; null or empty when it is withheld.

    `language` is that of the greetings; without one it is the customer's preference `language`, else the request's.
    """

    phone: Annotated[str, up_to(120)] | None = None
    language: Literal["zh-CN", "en"] | None = None


class NewCallLink(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The calling number as the switch has it, for which a softphone opens the counter."""

    phone: Annotated[str, up_to(120)]


def number_in(new: NewRecognition) -> str | None:
    """The number as it was written, None when it is withheld. Raises Invalid for what is no telephone number."""
    given = written(new.phone or "")
    address = _SCHEME.match(given)
    text = address[1] if address else given
    if text.strip().lower() in _WITHHELD:
        return None
    if not is_telephone(text, digits_min=DIGITS_MIN, digits_max=DIGITS_MAX):
        rule = f"a telephone number of {DIGITS_MIN} to {DIGITS_MAX} digits"
        raise Invalid.at("phone", rule, "leave it out when it is withheld", given[:60])
    return text
