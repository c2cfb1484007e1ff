"""Figures a regulation leaves blank: a pack ships a default, a company sets its own."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from .criteria import with_settings
from .tiers import TierScheme


class Setting(Struct, frozen=True, forbid_unknown_fields=True):
    """A figure by name, in `unit` (minor units of a currency); criteria name it instead of a number."""

    name: str
    value: int
    unit: str = "CNY"
    clause: str = ""


def settled(scheme: TierScheme, settings: Sequence[Setting]) -> TierScheme:
    """The scheme with the settings' figures in its criteria."""
    values = {setting.name: setting.value for setting in settings}
    return replace(
        scheme,
        tiers=tuple(
            replace(
                tier,
                criterion=with_settings(tier.criterion, values) if tier.criterion is not None else None,
                expectation=with_settings(tier.expectation, values) if tier.expectation is not None else None,
            )
            for tier in scheme.tiers
        ),
    )
