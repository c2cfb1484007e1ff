"""How far a customer is from the next tier: each figure beside the bound it has to pass, and what is still missing."""

from collections.abc import Iterator
from itertools import islice, product

from msgspec import Struct

from guibin.context import Act
from guibin.policy import sentences
from guibin.policy.criteria import (
    VALUE_SCORE,
    AllOf,
    AnyOf,
    AtLeast,
    Between,
    Criterion,
    Metric,
    MoreThan,
    holds,
    number,
)
from guibin.policy.sentences import metric_title
from guibin.policy.tiers import Tier, TierScheme
from guibin.sealing.seeing import AMOUNTS, is_clear
from guibin.tiers.explaining import Basis

_TEN_THOUSAND = 10_000
_WAYS_MAX = 4


class Gauge(Struct, frozen=True):
    """One figure. `percent` and `mark` are parts of the bar's length; `short` is what is missing, empty when the bound is passed."""

    title: str
    value: str
    bound: str
    percent: int
    mark: int
    short: str
    passed: bool


class Way(Struct, frozen=True):
    """What leads to the next tier: all of `short` together."""

    short: tuple[str, ...]


class Ladder(Struct, frozen=True):
    """The tier that comes next, its clause, the figures it looks at, and the ways to it; no ways where it is reached, no figures for whoever does
    not see amounts."""

    tier: str
    clause: str
    gauges: tuple[Gauge, ...]
    ways: tuple[Way, ...]


def ladder(basis: Basis, held: str | None, act: Act) -> Ladder | None:
    """Towards the next higher tier than `held`; towards `held` itself for who is at the top. None without criteria."""
    scheme = basis.scheme
    able = [tier for tier in scheme.tiers if tier.criterion is not None]
    higher = [tier for tier in able if held is None or scheme.rank(tier.name) > scheme.rank(held)]
    target = higher[-1] if higher else next((tier for tier in able if tier.name == held), None)
    return _towards(target, basis, act) if target is not None else None


def grounds(basis: Basis, act: Act) -> Ladder | None:
    """What the tier that the assessment found asks for, beside the figures it found."""
    tier = basis.scheme.tier(basis.tier) if basis.tier else None
    return _towards(tier, basis, act) if tier is not None and tier.criterion is not None else None


def asked(basis: Basis, act: Act) -> list[tuple[Ladder, bool]]:
    """What every tier of the scheme asks for, from high to low, beside the figures, and whether it is reached."""
    found = []
    for tier in basis.scheme.tiers:
        if tier.criterion is not None:
            ladder = _towards(tier, basis, act)
            found.append((ladder, holds(tier.criterion, basis.figures.measures, basis.figures.kind)))
    return found


def _towards(target: Tier, basis: Basis, act: Act) -> Ladder:
    assert target.criterion is not None
    reached, seen = holds(target.criterion, basis.figures.measures, basis.figures.kind), is_clear(AMOUNTS)
    return Ladder(
        tier=act.policy.title(f"tier.{target.name}", act.language, scheme=basis.scheme.name),
        clause=target.clause or basis.scheme.clause,
        gauges=tuple(_gauges(target, basis, act)) if seen else (),
        ways=() if reached or not seen else tuple(_ways(target.criterion, basis, act)),
    )


def _gauges(target: Tier, basis: Basis, act: Act) -> Iterator[Gauge]:
    assert target.criterion is not None
    seen = set()
    for bound in _bounds(target.criterion):
        if bound.metric in seen:
            continue
        seen.add(bound.metric)
        value, least = basis.figures.measures.get(bound.metric), number(bound.bound)
        longest = max(value or 0, least, 1) * 1.15
        unit = _unit(basis.scheme, bound.metric)
        yield Gauge(
            title=_title(basis.scheme, bound.metric, act),
            value=amount(value, unit, act) if value is not None else "—",
            bound=amount(least, unit, act),
            percent=int((value or 0) * 100 / longest),
            mark=int(least * 100 / longest),
            short=_short(bound, basis, act),
            passed=holds(bound, basis.figures.measures, basis.figures.kind),
        )


def _ways(criterion: Criterion, basis: Basis, act: Act) -> Iterator[Way]:
    for bounds in islice(_missing(criterion, basis), _WAYS_MAX):
        told = (f"{_title(basis.scheme, bound.metric, act)} {_short(bound, basis, act)}".rstrip() for bound in bounds)
        yield Way(tuple(dict.fromkeys(told)))


def _missing(criterion: Criterion, basis: Basis) -> list[tuple[AtLeast | MoreThan, ...]]:
    """Each way in which the criterion would hold, as the bounds that are still to be passed; more of anything breaks none."""
    if holds(criterion, basis.figures.measures, basis.figures.kind):
        return [()]
    match criterion:
        case AnyOf(criteria):
            return [way for part in criteria for way in _missing(part, basis)]
        case AllOf(criteria):
            return [sum(ways, ()) for ways in product(*(_missing(part, basis) for part in criteria))]
        case AtLeast() | MoreThan() | Between():
            return [tuple(_bounds(criterion))]
        case _:
            return []


def _bounds(criterion: Criterion) -> Iterator[AtLeast | MoreThan]:
    match criterion:
        case AllOf(criteria) | AnyOf(criteria):
            for part in criteria:
                yield from _bounds(part)
        case AtLeast() | MoreThan():
            yield criterion
        case Between(metric, low, _):
            yield AtLeast(metric, low)
        case _:
            return


def _short(bound: AtLeast | MoreThan, basis: Basis, act: Act) -> str:
    value = basis.figures.measures.get(bound.metric) or 0
    missing = number(bound.bound) - value
    return amount(missing, _unit(basis.scheme, bound.metric), act) if missing > 0 else ""


def _unit(scheme: TierScheme, name: str) -> str:
    metric = next((each for each in scheme.metrics if each.name == name), None)
    return metric.unit if metric else "points"


def _title(scheme: TierScheme, name: str, act: Act) -> str:
    key = f"metric.{name}"
    title = act.policy.title(key, act.language, scheme=scheme.name)
    if title != key:
        return title
    known = (*scheme.metrics, Metric(VALUE_SCORE, fact="", aggregate="last", months=0, unit="points"))
    metric = next((each for each in known if each.name == name), None)
    return metric_title(metric, act.language) if metric else name


def amount(value: int | None, unit: str, act: Act) -> str:
    """A figure as people say it: 13.6 万元, 5 次; `exact` ones stand in tables."""
    if value is None or not sentences.is_currency(unit):
        return exact(value, unit, act)
    whole = value / 100
    if act.language == "en":
        return f"{unit} {whole:,.0f}"
    name = "元" if unit == "CNY" else unit
    if abs(whole) < _TEN_THOUSAND:
        return f"{whole:,.0f} {name}"
    return f"{whole / _TEN_THOUSAND:,.1f}".removesuffix(".0") + f" 万{'' if name == '元' else ' '}{name}"


def exact(value: int | None, unit: str, act: Act) -> str:
    """A figure to the last digit: 21,643.31 元, 47 分; a dash for one that whoever acts does not see."""
    if value is None:
        return "—"
    return sentences.exact(value, unit, act.policy.title(f"unit.{unit}", act.language), act.language)
