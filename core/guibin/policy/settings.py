"""Figures a regulation leaves blank: a pack ships a default, a company sets its own."""

from collections.abc import Sequence
from typing import ClassVar

from msgspec import Struct
from msgspec.structs import replace

from .criteria import with_settings
from .tiers import TierScheme
from .words import Clause, Named


class Setting(Struct, frozen=True, forbid_unknown_fields=True):
    """A figure by name, in `unit` (minor units of a currency); criteria and metrics name it instead of a number.

    One with `words` is a list of labels instead, such as kinds of room.
    """

    titled: ClassVar = "setting"
    name: Named
    value: int = 0
    unit: Named = "CNY"
    clause: Clause = ""
    words: tuple[Named, ...] = ()


def settled(scheme: TierScheme, settings: Sequence[Setting]) -> TierScheme:
    """The scheme with the settings' figures in its criteria, and figures and words in its metrics."""
    values = {setting.name: setting.value for setting in settings}
    words = {setting.name: setting.words for setting in settings}
    return replace(
        scheme,
        metrics=tuple(
            replace(
                metric,
                at_least=values.get(metric.at_least, metric.at_least)
                if isinstance(metric.at_least, str)
                else metric.at_least,
                labels=words.get(metric.labels_of, metric.labels),
            )
            if metric.at_least is not None or metric.labels_of
            else metric
            for metric in scheme.metrics
        ),
        tiers=tuple(
            replace(
                tier,
                criterion=with_settings(tier.criterion, values) if tier.criterion is not None else None,
                expectation=with_settings(tier.expectation, values) if tier.expectation is not None else None,
            )
            for tier in scheme.tiers
        ),
    )
