"""What was paid for something: sent, refused and shown in one way, whatever it was for."""

from datetime import date
from typing import Annotated, Any

from msgspec import Struct

from guibin.amounts import in_minor
from guibin.context import Act
from guibin.notation.plausible import Plausible
from guibin.policy.money import Money, from_minor
from guibin.policy.words import Title, up_to
from guibin_tenants.refusals import FieldError, refuse
from guibin_tenants.rows import many


class NewCost(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was bought for it; a negative amount takes an earlier entry back. `spent_on` is today by default."""

    what: Title
    amount: Money
    spent_on: date | None = None


class Spent(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was paid for, in yuan, as it is typed."""

    what: Title
    amount: Annotated[str, up_to(20, 1)]

    def cost(self) -> NewCost:
        """As it is sent."""
        return NewCost(what=self.what, amount=Money(self.amount))


class CostView(Struct, frozen=True):
    """One thing that was paid for."""

    what: str
    amount: Money
    spent_on: date
    recorded_by_name: str


class _Row(Struct, frozen=True):
    what: str
    amount: int
    currency: str
    spent_on: date
    recorded_by_name: str


def row_of(new: NewCost, act: Act) -> dict[str, Any]:
    """The columns of its row. Raises Invalid with everything that is wrong."""
    amount = in_minor(new.amount, field="amount.amount")
    spent_on = new.spent_on or act.today
    problems = []
    if not amount:
        problems.append(FieldError("amount.amount", "not 0", "", new.amount.amount))
    if not (len(new.amount.currency) == 3 and new.amount.currency.isascii() and new.amount.currency.isupper()):
        problems.append(FieldError("amount.currency", "a currency such as CNY", "", new.amount.currency[:60]))
    if spent_on > act.today:
        problems.append(FieldError("spent_on", f"not after today, {act.today}", "", str(spent_on)))
    refuse(problems, "The cost was not recorded")
    return {"what": new.what, "amount": amount, "currency": new.amount.currency, "spent_on": spent_on}


async def costs_of(rows: str, *values: object) -> list[CostView]:
    """What was paid for, in the order it was spent: `rows` is what follows `from`."""
    found = await many(_Row, f"from {rows} order by spent_on, id", *values)
    return [
        CostView(row.what, from_minor(row.amount, row.currency), row.spent_on, row.recorded_by_name) for row in found
    ]
