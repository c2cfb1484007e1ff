"""Every tier edge of every pack, from an imported table to the assessment, against a plain computation."""

import itertools
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

import pytest
from acting import acting
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plain_figures import PlainFact, months_before, plain_measures, plain_tier

from guibin.packs import NO_HOOKS
from guibin.policies.queries import effective_policy
from guibin.policy.criteria import VALUE_SCORE, AllOf, AnyOf, Between, KindIs
from guibin.spreadsheets.mapping import Mapping
from guibin.tiers.assessment import assess
from guibin.tiers.facts import units_of
from guibin.tiers.importing import import_facts
from guibin_tenants.scope import execute, fetch
from guibin_tenants.tables import new_id
from support import TestClock

AS_OF = date(2026, 3, 2)
NOW: datetime = TestClock.START
YESTERDAY = AS_OF - timedelta(days=1)
BLANK = None
FAR = 10**12


class Plan(NamedTuple):
    """The facts of one name that a customer has: day, value (None leaves the cell blank), label."""

    rows: tuple[tuple[date, int | None, str], ...]


class Case:
    """A company with one pack: its policy, and for each scheme that goes by figures the plans and everybody at an edge."""

    def __init__(self, tenant, policy):
        self.tenant, self.policy = tenant, policy
        self.bases = []
        for scheme in (policy.scheme(scheme.name) for scheme in policy.schemes):
            if any(tier.criterion is not None for tier in scheme.tiers):
                plans = _plans(scheme)
                self.bases.append((scheme, plans, _at_every_edge(scheme, plans)))


@pytest.fixture(params=["banking", "cable_tv", "hotel", "retail", "telecom"])
async def case(request, world):
    """One pack's."""
    tenant = await world.tenant(packs=(request.param,))
    async with tenant.scope():
        return Case(tenant, await effective_policy(world.packs, tenant.context(), at=NOW))


@pytest.mark.rule("S02-8", "S03-1", "S04-1", "S06-1", "S11-5", "S12-1")
@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.lists(st.lists(st.integers(0, 999), min_size=8, max_size=8), min_size=10, max_size=20))
async def test_every_edge_of_every_tier_belongs_where_the_regulation_says(case, tmp_path, drawn):
    tenant, policy = case.tenant, case.policy
    for scheme, plans, at_edges in case.bases:
        base = [*at_edges, *(_mixed(plans, places) for places in drawn)]
        kinds = list(itertools.islice(itertools.cycle(scheme.customer_kinds), len(base)))
        async with tenant.scope() as scope:
            scope.rollback_only = True
            numbers = await _open_archives(kinds, scheme)
            file = tmp_path / "facts.csv"
            file.write_text(_table(base, numbers, units_of(policy)), encoding="utf-8")
            await import_facts(file, Mapping(), acting(by=tenant.principal(), now=NOW, policy=policy))

            await assess(
                scheme.name, acting(by=tenant.principal(), now=NOW, policy=policy, hooks=NO_HOOKS), as_of=AS_OF
            )

            said = await _said(scheme)
        measures = [plain_measures(scheme, _known(customer), AS_OF) for customer in base]
        _refuse_gaps(scheme, measures)
        for number, kind, figures in zip(numbers, kinds, measures, strict=True):
            tier = plain_tier(scheme, figures, kind)
            assert said.get(number, (None, None)) == (tier, None if scheme.list_approval else tier), (number, figures)


def _plans(scheme):
    """For every fact the scheme looks at: nothing, a blank, zero, one below it, and around every bound."""
    plans = {metric.fact: [Plan(()), Plan(((YESTERDAY, BLANK, ""),))] for metric in scheme.metrics}
    for metric in scheme.metrics:
        label = metric.labels[0] if metric.labels else ""
        plans[metric.fact] += [Plan(((YESTERDAY, value, label),)) for value in (0, -1)]
        for bound in sorted(_bounds(scheme).get(metric.name, ())):
            plans[metric.fact] += _around(metric, bound)
        for dimension in scheme.value_score:
            if dimension.metric == metric.name and metric.aggregate not in ("count", "growth"):
                plans[metric.fact] += [_reaching(metric, value) for value in (dimension.low, dimension.high)]
    return plans


def _around(metric, bound):
    """Just under the bound, at it and just over it, by one minor unit or one fact, however the figure is made."""
    steps = (-1, 0, 1)
    match metric.aggregate:
        case "count":
            return [_counted(metric, bound + step) for step in steps]
        case "avg" if metric.divisor == "present":
            return [_monthly(bound * months + step, months) for months in (1, 5, 12) for step in steps]
        case "avg" if metric.divisor == "age":
            ages = ((0, metric.per), (16, 17), (metric.months + 5, metric.months))
            return [
                Plan(((months_before(YESTERDAY, ago), 0, ""), (YESTERDAY, -(-bound * age // metric.per) + step, "")))
                for ago, age in ages
                for step in steps
            ]
        case "avg":
            return [_monthly(bound * metric.months + step, months) for months in (1, metric.months) for step in steps]
        case _:
            return [_reaching(metric, bound + step) for step in steps]


def _reaching(metric, figure):
    """That figure exactly, with facts beside it that do not count: too late, too early, or not the last one."""
    decoys = ((AS_OF, FAR, ""),)
    if metric.aggregate == "avg":
        months = metric.months if metric.divisor == "window" else 12
        return Plan((*_monthly(figure * months, months).rows, *decoys))
    if metric.aggregate == "last":
        return Plan(((YESTERDAY - timedelta(days=1), FAR, ""), (YESTERDAY, figure, "")))
    start = months_before(AS_OF, metric.months)
    return Plan(
        (*decoys, (start - timedelta(days=1), FAR, ""), (start, 7, ""), (YESTERDAY, figure - 7, "")),
    )


def _monthly(total, months):
    """One fact a month, in the latest months, together the total."""
    days = [months_before(YESTERDAY, ago) for ago in range(months)]
    return Plan(tuple((day, total - sum(range(1, months)) if ago == 0 else ago, "") for ago, day in enumerate(days)))


def _counted(metric, number):
    """So many facts that count, exactly at the least value and above it, and some that miss it by one or by their label."""
    label, least = (metric.labels or ("",))[0], metric.at_least or 0
    rows = [(YESTERDAY, least + place % 2, label) for place in range(number)]
    return Plan((*rows, (YESTERDAY, least - 1, label), (YESTERDAY, least - 1, ""), (AS_OF, least, label)))


def _at_every_edge(scheme, plans):
    """Every plan alone, and with each other fact at its highest; then every bound of the value score."""
    alone = [{fact: plan} for fact, some in plans.items() for plan in some]
    best = {fact: some[-1] for fact, some in plans.items()}
    return [*alone, *({**best, **customer} for customer in alone), *_scored(scheme)]


def _mixed(plans, places):
    """Any plan of each fact."""
    return {
        fact: some[place % len(some)]
        for (fact, some), place in zip(plans.items(), itertools.cycle(places), strict=False)
    }


def _scored(scheme):
    """For each bound of the value score, somebody exactly at it and somebody one minor unit under it."""
    found = []
    for bound in sorted(_bounds(scheme).get(VALUE_SCORE, ())):
        spans = [(d.low, (d.low + d.high) // 2, d.high) for d in scheme.value_score]
        exact = [figures for figures in itertools.product(*spans) if _score(scheme, figures) == bound][:1]
        found += next(filter(None, (_edge(scheme, figures, bound) for figures in (*exact, _evenly(scheme, bound)))), [])
    return found


def _edge(scheme, exact, bound):
    """Somebody with these figures and somebody with one minor unit less of one, if that is under the bound."""
    for lowered in range(len(exact)):
        less = [figure - (place == lowered) for place, figure in enumerate(exact)]
        if less[lowered] >= scheme.value_score[lowered].low and _score(scheme, less) == bound - 1:
            return [_with_figures(scheme, exact), _with_figures(scheme, less)]
    return []


def _evenly(scheme, bound):
    """Every dimension about as far as the score is to go, the widest exactly as far as it takes."""
    figures = [d.low + (d.high - d.low) * bound // 100 for d in scheme.value_score]
    widths = [d.high - d.low for d in scheme.value_score]
    widest = widths.index(max(widths))
    low, high = figures[widest], scheme.value_score[widest].high
    while low < high:
        figures[widest] = (low + high) // 2
        low, high = (low, figures[widest]) if _score(scheme, figures) >= bound else (figures[widest] + 1, high)
    figures[widest] = high
    return tuple(figures)


def _score(scheme, figures):
    return plain_measures(scheme, _known(_with_figures(scheme, figures)), AS_OF)[VALUE_SCORE]


def _with_figures(scheme, figures):
    """A customer with these figures of the score's dimensions; what is counted first, what grows last."""
    customer = {}
    for dimension, figure in zip(scheme.value_score, figures, strict=True):
        metric = _metric(scheme, dimension)
        if metric.aggregate == "count":
            customer[metric.fact] = Plan(((YESTERDAY, 1, ""),) * figure)
        elif metric.aggregate == "growth":
            rows = customer[metric.fact].rows
            total = sum(value for day, value, _ in rows if day < AS_OF)
            before = ((months_before(YESTERDAY, metric.months), total * 1000 // (1000 + figure), ""),) if figure else ()
            customer[metric.fact] = Plan((*rows, *before))
        else:
            customer[metric.fact] = _reaching(metric, figure)
    return customer


def _metric(scheme, dimension):
    return next(metric for metric in scheme.metrics if metric.name == dimension.metric)


def _bounds(scheme):
    """Every bound of the scheme's tiers by metric, settings in place."""
    found = {}
    waiting = [tier.criterion for tier in scheme.tiers if tier.criterion is not None]
    while waiting:
        criterion = waiting.pop()
        match criterion:
            case AllOf(parts) | AnyOf(parts):
                waiting += parts
            case Between(metric, low, high):
                found.setdefault(metric, set()).update((low, high))
            case KindIs():
                pass
            case _:
                found.setdefault(criterion.metric, set()).add(criterion.bound)
    return found


def _refuse_gaps(scheme, measures):
    """The base is worth its name: every bound is met exactly and missed by one, and somebody has no figure at all."""
    for metric, bounds in _bounds(scheme).items():
        seen = {figures[metric] for figures in measures}
        assert {figure for bound in bounds for figure in (bound - 1, bound)} <= seen, metric
        assert seen & {None, 0}, metric


def _known(customer):
    return [
        PlainFact(fact, day, value, label, f"{place:04}")
        for fact, plan in customer.items()
        for place, (day, value, label) in enumerate(plan.rows)
        if value is not None
    ]


def _table(base, numbers, units):
    lines = ["customer_number,metric,value,occurred_on,source_ref,label"]
    for number, customer in zip(numbers, base, strict=True):
        for fact, plan in customer.items():
            money = len(units[fact]) == 3
            for place, (day, value, label) in enumerate(plan.rows):
                shown = "" if value is None else Decimal(value) / 100 if money else value
                lines.append(f"{number},{fact},{shown},{day},{place:04},{label}")
    return "\n".join(lines) + "\n"


async def _open_archives(kinds, scheme):
    """Customers of these kinds who agree to everything; their numbers."""
    ids, numbers = [new_id() for _ in kinds], [f"E{place:04}" for place in range(len(kinds))]
    await execute(
        "insert into customer (id, number, kind, name, pinyin, initials, org_unit_id, sex,"
        " employer, department, position, preferences, fields, version)"
        " select g.id, g.number, g.kind, '', '', '', u.id, '', '', '', '', '{}', '{}', 1"
        " from unnest($1::uuid[], $2::text[], $3::text[])"
        " as g (id, number, kind), org_unit u where u.parent_id is null",
        ids,
        numbers,
        kinds,
    )
    await execute(
        "insert into consent (id, customer_id, purpose, answer, note, recorded_by, recorded_by_name, recorded_at)"
        " select gen_random_uuid(), c, $2, 'granted', '', c, '', $3 from unnest($1::uuid[]) as c",
        ids,
        scheme.name,
        NOW,
    )
    return numbers


async def _said(scheme):
    """What the assessment says each customer earns, and the tier each holds then, by number."""
    rows = await fetch(
        "select c.number, r.tier, m.tier as held from assessment_result r"
        " join customer c on c.tenant_id = r.tenant_id and c.id = r.customer_id"
        " left join membership m on m.tenant_id = c.tenant_id and m.customer_id = c.id and m.scheme = $1",
        scheme.name,
    )
    return {row["number"]: (row["tier"], row["held"]) for row in rows}
