"""Money: minor units and a currency inside, a decimal string outside."""

from decimal import Decimal, InvalidOperation
from typing import Annotated

from msgspec import Struct

from guibin.policy.words import up_to
from guibin_tenants.refusals import FieldError, Invalid

# Digits after the point (ISO 4217); two where not listed.
_DIGITS = {"JPY": 0, "KRW": 0, "VND": 0, "KWD": 3, "BHD": 3}
MINOR_MAX = 2**62


class Money(Struct, frozen=True):
    """`amount` as a decimal string in units of `currency` (ISO 4217)."""

    amount: Annotated[str, up_to(60)]
    currency: Annotated[str, up_to(3)] = "CNY"


def to_minor(money: Money, *, field: str = "amount") -> int:
    """Minor units, exact. Raises Invalid for anything else than a decimal number that fits."""
    digits = _DIGITS.get(money.currency, 2)
    try:
        minor = Decimal(money.amount).scaleb(digits)
    except InvalidOperation:
        raise _not_money(field, money.amount, "a decimal number", "such as 1280.50") from None
    if not minor.is_finite() or abs(minor) > MINOR_MAX:
        raise _not_money(field, money.amount, "a number that fits", "")
    if minor != minor.to_integral_value():
        raise _not_money(field, money.amount, f"at most {digits} digits after the point", "round it")
    return int(minor)


def from_minor(minor: int, currency: Annotated[str, up_to(3)] = "CNY") -> Money:
    """The amount a reader sees."""
    digits = _DIGITS.get(currency, 2)
    return Money(str(Decimal(minor).scaleb(-digits).quantize(Decimal(1).scaleb(-digits))), currency)


def _not_money(field: str, value: str, rule: str, fix: str) -> Invalid:
    return Invalid(fields=(FieldError(field, rule, fix, value[:60]),))
