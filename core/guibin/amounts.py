"""Amounts of money as they are sent, refused at their field."""

from guibin.policy.money import Money, NotMoney, to_minor
from guibin_tenants.refusals import Invalid


def in_minor(money: Money, *, field: str = "amount") -> int:
    """Minor units, exact. Raises Invalid."""
    try:
        return to_minor(money)
    except NotMoney as error:
        raise Invalid.at(field, error.rule, error.fix, money.amount[:60]) from None


def refuse_below_nothing(money: Money | None, *, field: str) -> None:
    """Raises Invalid for what is no amount, and for less than nothing."""
    if money is not None and in_minor(money, field=field) < 0:
        raise Invalid.at(field, "0 or more", value=money.amount[:60])
