"""Key figures: each defined once, with its numerator, denominator and target."""

from typing import Literal

from msgspec import Struct


class Kpi(Struct, frozen=True, forbid_unknown_fields=True):
    """`numerator` over `denominator`, both names of counts; `target_per_mille` is kept when it is under or over.

    `filters` narrow both counts, such as tiers.
    """

    name: str
    numerator: str
    denominator: str
    target_per_mille: int | None = None
    good: Literal["below", "above"] = "above"
    filters: dict[str, tuple[str, ...]] = {}
    clause: str = ""
