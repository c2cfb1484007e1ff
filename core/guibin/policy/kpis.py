"""Key figures: each defined once, with its numerator, denominator and target."""

from typing import ClassVar, Literal

from msgspec import Struct

from .words import Clause, Named


class Kpi(Struct, frozen=True, forbid_unknown_fields=True):
    """`numerator` over `denominator`, both names of counts; `target_per_mille` is kept when it is under or over.

    `filters` narrow both counts, such as tiers.
    """

    titled: ClassVar = "kpi"
    name: Named
    numerator: Named
    denominator: Named
    target_per_mille: int | None = None
    good: Literal["below", "above"] = "above"
    filters: dict[Named, tuple[Named, ...]] = {}
    clause: Clause = ""
