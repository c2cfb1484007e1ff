"""What callers send about archives, bounded and strict."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from guibin.cases.requests import NewDisclosure
from guibin.notation.dates import Day
from guibin.notation.plausible import Plausible
from guibin.policy.money import Money
from guibin.policy.words import Code, FullLine, Line, Paragraph, beside_a_list, up_to

PersonName = Annotated[str, up_to(100, 1)]
Confidential = Annotated[str, up_to(500)]
# One text or several: the archive's own fields refuse NUL.
_Value = Annotated[str, beside_a_list(500)]
ConfidentialValues = Annotated[dict[Code, _Value | Annotated[list[_Value], Meta(max_length=20)]], Meta(max_length=100)]
Preferences = Annotated[dict[Code, Confidential], Meta(max_length=50)]
FieldValues = Annotated[dict[Code, Confidential | int | bool | None], Meta(max_length=200)]


class NewCustomer(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`confidential` holds values by field: one text, or several such as two mobile numbers.

    `org_unit_id` None means the unit of whoever writes, else head office.
    """

    number: Code
    name: FullLine
    kind: Code
    org_unit_id: UUID | None = None
    account_manager_id: UUID | None = None
    sex: Literal["male", "female", ""] = ""
    birthday: Day | None = None
    employer: Line = ""
    department: Line = ""
    position: Line = ""
    preferences: Preferences = {}
    fields: FieldValues = {}
    confidential: ConfidentialValues = {}


class CustomerChange(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays. A confidential field given replaces all its values; an empty list removes them."""

    name: FullLine | UnsetType = UNSET
    kind: Code | UnsetType = UNSET
    sex: Literal["male", "female", ""] | UnsetType = UNSET
    birthday: Day | UnsetType | None = UNSET
    employer: Line | UnsetType = UNSET
    department: Line | UnsetType = UNSET
    position: Line | UnsetType = UNSET
    preferences: Preferences | UnsetType = UNSET
    fields: FieldValues | UnsetType = UNSET
    confidential: ConfidentialValues = {}

    def given(self) -> tuple[str, ...]:
        """The names of what changes."""
        plain = (name for name in self.__struct_fields__ if name != "confidential")
        return (*(name for name in plain if getattr(self, name) is not UNSET), *self.confidential)


class NewCorrection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was wrong in the archive and why it is put right now (S07-10)."""

    reason: Paragraph
    changes: CustomerChange


class NewClosing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why nobody serves the customer any more: one of the policy's reasons, and what there is to say of it (S07-35)."""

    reason: Code
    note: Paragraph = ""


class NewReopening(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why the archive is open again."""

    reason: Paragraph


class NewMerge(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another archive of the same customer becomes one with this one. `choices` says by field which value stays where both have
    one: that of the `kept` archive, of the `merged` one, or `both` where there may be several."""

    merged_id: UUID
    reason: Paragraph
    choices: Annotated[dict[Code, Literal["kept", "merged", "both"]], Meta(max_length=200)] = {}


class NewUndoing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why two archives are two again: they are not the same customer's."""

    reason: Paragraph


class OrderCorrection(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was wrong about an order, and why it is put right now (S07-10). What is left out stays."""

    reason: Paragraph
    product: FullLine | UnsetType = UNSET
    price: Money | UnsetType = UNSET
    started_on: date | UnsetType = UNSET
    ends_on: date | UnsetType = UNSET


class FieldDisclosure(NewDisclosure, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which confidential fields of the archive are needed in clear."""

    fields: Annotated[tuple[Code, ...], Meta(min_length=1, max_length=100)]


class NewConsent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the customer says to a purpose, such as joining a scheme."""

    purpose: Code
    answer: Literal["granted", "refused", "withdrawn"]
    note: Paragraph = ""


class NewOrder(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A paid service from `started_on` until before `ends_on`."""

    number: Code
    product: FullLine
    price: Money
    started_on: date
    ends_on: date
