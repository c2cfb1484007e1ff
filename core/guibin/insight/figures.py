"""The figures, each defined once: what over what, in which unit, by which clause; the pack's KPIs add their targets.

A figure's texts are `figure.<name>` (or the pack's `kpi.<name>`) and those of its counts.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from msgspec import Struct

from guibin.hookspecs import PackFigure
from guibin.periods.counts import COUNTED_ABOVE, count
from guibin.policy.packs import Policy

from .counts import Groups, count_of, is_counted, total

Kind = Literal["complaints", "retention", "service", "tiers"]
KINDS: tuple[Kind, ...] = ("complaints", "retention", "service", "tiers")
# A share of fewer than these says more about chance, and about single people, than about the service (subtlety 66).
FEW = 5


class Figure(Struct, frozen=True):
    """`numerator` over `denominator`, or a plain count without one. `filters` narrow both, such as to tiers."""

    name: str
    kind: Kind
    numerator: str
    denominator: str = ""
    clause: str = ""
    target_per_mille: int | None = None
    good: Literal["below", "above"] = "above"
    filters: dict[str, tuple[str, ...]] = {}
    text: str = ""

    @property
    def unit(self) -> str:
        """`per_mille` of a fraction, `count` of a plain number."""
        return "per_mille" if self.denominator else "count"


class Definition(Struct, frozen=True, kw_only=True):
    """A figure as it is explained to people, in the language asked for."""

    name: str
    kind: str
    title: str
    unit: str
    numerator: str
    numerator_says: str
    denominator: str
    denominator_says: str
    filters: dict[str, tuple[str, ...]]
    target_per_mille: int | None
    good: str
    few: int
    clause: str


class Counted(Protocol):
    """What is counted over what."""

    @property
    def numerator(self) -> int:
        """Of these."""

    @property
    def denominator(self) -> int | None:
        """Of so many; None for a plain number."""


class Share(Struct, frozen=True, kw_only=True):
    """The figure of one group, such as a tier; `value` None for fewer than `few` of the denominator."""

    key: str
    title: str
    numerator: int
    denominator: int | None
    value: float | None


class Value(Struct, frozen=True, kw_only=True):
    """A figure's number. `value` is per mille to one decimal, or the count; None for fewer than FEW (`few` is true).

    `met` compares with the target exactly: `below` is strictly below.
    """

    numerator: int
    denominator: int | None
    value: float | None
    few: bool
    met: bool | None
    shares: tuple[Share, ...]


_TIERS = (
    "members_at_end",
    "members_joined",
    "members_raised",
    "members_lowered",
    "members_converted",
    "members_ended",
    "members_in_grace",
    "applications_filed",
)
FIGURES: tuple[Figure, ...] = (
    Figure("complaints_received", "complaints", "complaints_received", clause="S07-28"),
    Figure("complaint_rate", "complaints", "complaints_received", "customers", clause="S10-5", good="below"),
    Figure("complaints_in_time", "complaints", "complaints_resolved_in_time", "complaints_due", clause="S10-5"),
    Figure("callback_satisfaction", "complaints", "callbacks_satisfied", "callbacks_answered", clause="S10-5"),
    Figure("complaints_foreseen", "complaints", "complaints_foreseen", "complaints_of_customers", clause="S07-16"),
    Figure("signals_followed", "complaints", "signals_followed", "signals_found", clause="S07-32", good="below"),
    Figure("signals_in_time", "complaints", "signals_acted_in_time", "signals_due", clause="S07-32"),
    Figure("customers", "retention", "customers", clause="S02-6"),
    Figure("retention", "retention", "members_retained", "members_at_start", clause="S09-1"),
    Figure("churn", "retention", "members_left", "members_at_start", clause="S09-1", good="below"),
    Figure("referrals", "retention", "customers_referred", "customers_new", clause="S09-1"),
    Figure("intention_to_action", "retention", "customers_acting", "customers_intending", clause="S09-1"),
    Figure("cross_sell", "retention", "customers_cross_sold", "customers_buying", clause="S09-1"),
    Figure("up_sell", "retention", "customers_up_sold", "customers_buying", clause="S09-1"),
    Figure("deadlines_met", "service", "deadlines_met", "deadlines_judged", clause="S10-5"),
    Figure("cadence_met", "service", "contacts_made", "contacts_owed", clause="S05-6"),
    Figure("vips_invited", "service", "invitations_made", "invitations_owed", clause="S13-7"),
    Figure("staff_trained", "service", "training_had", "training_owed", clause="S10-9"),
    Figure("reviews_done", "service", "reviews_done", "reviews_due", clause="S07-9"),
    Figure("questions_in_time", "service", "questions_answered_in_time", "questions_due", clause="S13-5"),
    Figure("calls_answered", "service", "calls_answered", "calls_received", clause="S01-7"),
    Figure("calls_unmatched", "service", "calls_unmatched", clause="S01-7", good="below"),
    Figure("requests_skipping", "service", "requests_skipping", "requests_filed", clause="S01-10", good="below"),
    Figure("visits_made", "service", "visits_made", clause="S09-3"),
    *(Figure(name, "tiers", name, clause="S04-4") for name in _TIERS),
    Figure("applications_approved", "tiers", "applications_approved", "applications_decided", clause="S08-4"),
)


# What packs declare, by name.
OF_PACKS: dict[str, Figure] = {}


def figures_of(policy: Policy, kind: Kind | None = None) -> tuple[Figure, ...]:
    """The core's figures, those of the company's packs and the policy's KPIs; a KPI of the same name takes the place of the core's."""
    figures = {figure.name: figure for figure in FIGURES}
    figures |= {name: figure for name, figure in OF_PACKS.items() if _is_theirs(name, policy)}
    kinds = {figure.numerator: figure.kind for figure in FIGURES}
    for kpi in policy.kpis:
        if not all(is_counted(name) and _is_theirs(name, policy) for name in (kpi.numerator, kpi.denominator)):
            continue
        figures[kpi.name] = Figure(
            kpi.name,
            kinds.get(kpi.numerator, "service"),
            kpi.numerator,
            kpi.denominator,
            kpi.clause,
            kpi.target_per_mille,
            kpi.good,
            kpi.filters,
            f"kpi.{kpi.name}",
        )
    return tuple(figure for figure in figures.values() if kind is None or figure.kind == kind)


def declare(figure: PackFigure) -> None:
    """Make a pack's own figure known, and count what it counts under its name; declaring it again replaces it."""
    COUNTED_ABOVE.give(figure.name, count(figure.rows, figure.holds, of=figure.of))
    OF_PACKS[figure.name] = Figure(
        figure.name,
        figure.kind,
        figure.name,
        figure.over,
        figure.clause,
        figure.target_per_mille,
        figure.good,
    )


def counts_of(figures: Sequence[Figure]) -> tuple[str, ...]:
    """The names of every count the figures need, once each."""
    return tuple(dict.fromkeys(name for figure in figures for name in (figure.numerator, figure.denominator) if name))


def defined(figure: Figure, policy: Policy, language: str) -> Definition:
    """The definition to be printed beside the figure."""
    return Definition(
        name=figure.name,
        kind=figure.kind,
        title=title_of(figure, policy, language),
        unit=figure.unit,
        numerator=figure.numerator,
        numerator_says=say(f"count.{figure.numerator}", policy, language),
        denominator=figure.denominator,
        denominator_says=say(f"count.{figure.denominator}", policy, language) if figure.denominator else "",
        filters=figure.filters,
        target_per_mille=figure.target_per_mille,
        good=figure.good,
        few=FEW if figure.denominator else 0,
        clause=figure.clause,
    )


def valued(figure: Figure, counts: Mapping[str, Groups], policy: Policy, language: str) -> Value:
    """The figure from its counts, whole and by group."""
    above = counts.get(figure.numerator, {})
    below = counts.get(figure.denominator, {}) if figure.denominator else None
    split = _split(figure.numerator)
    numerator = total(above, split, figure.filters)
    denominator = None if below is None else total(below, _split(figure.denominator), figure.filters)
    return Value(
        numerator=numerator,
        denominator=denominator,
        value=_per_mille(numerator, denominator),
        few=denominator is not None and denominator < FEW,
        met=_met(figure, numerator, denominator),
        shares=_shares(figure, (above, below), policy, language) if split else (),
    )


def _is_theirs(name: str, policy: Policy) -> bool:
    """Whether it is the core's, or of a pack that the company has."""
    pack, dot, _ = name.partition(".")
    return not dot or pack in policy.packs


def title_of(figure: Figure, policy: Policy, language: str) -> str:
    """What the figure is called."""
    return say(figure.text or f"figure.{figure.name}", policy, language)


def say(key: str, policy: Policy, language: str) -> str:
    """A text of the policy; the key itself when it has none."""
    text = policy.texts.get(key)
    return text.in_language(language) if text else key


def _shares(figure: Figure, counts: tuple[Groups, Groups | None], policy: Policy, language: str) -> tuple[Share, ...]:
    (above, below), split = counts, _split(figure.numerator)
    if below is not None and _split(figure.denominator) != split:
        return ()
    keys = [key for key in dict.fromkeys([*(below or {}), *above]) if total({key: 1}, split, figure.filters)]
    return tuple(
        Share(
            key=key,
            title=_titled(key, split, policy, language),
            numerator=above.get(key, 0),
            denominator=None if below is None else below.get(key, 0),
            value=_per_mille(above.get(key, 0), None if below is None else below.get(key, 0)),
        )
        for key in _in_order(keys, policy)
    )


def _in_order(keys: Sequence[str], policy: Policy) -> list[str]:
    ranks = [f"{scheme.name}/{tier.name}" for scheme in policy.schemes for tier in scheme.tiers]
    return sorted(keys, key=lambda key: (ranks.index(key) if key in ranks else len(ranks), key))


def _titled(key: str, split: Sequence[str], policy: Policy, language: str) -> str:
    words = {"level": "complaint_level", "subject": "timer_subject", "held": "tier", "becomes": "tier"}
    parts = []
    for name, part in zip(split, key.split("/"), strict=False):
        word = words.get(name, name)
        if name == "role" and f"role.{part}" not in policy.texts:
            word = "post"
        parts.append(say(f"{word}.{part}", policy, language))
    return " · ".join(parts)


def _per_mille(numerator: int, denominator: int | None) -> float | None:
    if denominator is None:
        return float(numerator)
    if denominator < FEW:
        return None
    return round(1000 * numerator / denominator, 1)


def _met(figure: Figure, numerator: int, denominator: int | None) -> bool | None:
    if figure.target_per_mille is None or denominator is None or denominator < FEW:
        return None
    if figure.good == "below":
        return 1000 * numerator < figure.target_per_mille * denominator
    return 1000 * numerator >= figure.target_per_mille * denominator


def _split(name: str) -> tuple[str, ...]:
    found = count_of(name)
    return found.split if found else ()
