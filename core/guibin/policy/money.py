"""Money: minor units and a currency inside, a decimal string outside."""

from decimal import Decimal, InvalidOperation
from typing import Annotated

from msgspec import Struct

from .words import up_to

# Digits after the point (ISO 4217); two where not listed.
_DIGITS = {"JPY": 0, "KRW": 0, "VND": 0, "KWD": 3, "BHD": 3}
MINOR_MAX = 2**62


class NotMoney(ValueError):
    """A text is no amount: which `rule` it breaks and how to `fix` it."""

    def __init__(self, rule: str, fix: str = "") -> None:
        super().__init__(rule)
        self.rule = rule
        self.fix = fix


class Money(Struct, frozen=True):
    """`amount` as a decimal string in units of `currency` (ISO 4217)."""

    amount: Annotated[str, up_to(60)]
    currency: Annotated[str, up_to(3)] = "CNY"


def to_minor(money: Money) -> int:
    """Minor units, exact. Raises NotMoney for anything else than a decimal number that fits."""
    digits = _DIGITS.get(money.currency, 2)
    try:
        minor = Decimal(money.amount).scaleb(digits)
    except InvalidOperation:
        raise NotMoney("a decimal number", "such as 1280.50") from None
    if not minor.is_finite() or abs(minor) > MINOR_MAX:
        raise NotMoney("a number that fits")
    if minor != minor.to_integral_value():
        raise NotMoney(f"at most {digits} digits after the point", "round it")
    return int(minor)


def from_minor(minor: int, currency: str = "CNY") -> Money:
    """The amount a reader sees."""
    digits = _DIGITS.get(currency, 2)
    return Money(str(Decimal(minor).scaleb(-digits).quantize(Decimal(1).scaleb(-digits))), currency)
