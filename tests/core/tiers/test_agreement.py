"""The one statement over the whole base and the judgement of one customer agree, on random schemes and facts."""

from datetime import UTC, date, datetime, timedelta

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plain_figures import PlainFact, plain_measures

from guibin.policy.criteria import AllOf, AnyOf, AtLeast, AtMost, Between, KindIs, LessThan, Metric, MoreThan, NoneOf
from guibin.policy.tiers import Dimension, Tier, TierScheme, value_score
from guibin.tiers.explaining import judge
from guibin.tiers.figures import assessment_sql
from guibin_tenants.scope import execute, fetch, fetch_value
from guibin_tenants.tables import new_id

AS_OF = date(2024, 2, 29)
KNOWN_AT = datetime(2024, 3, 1, tzinfo=UTC)
LATER = KNOWN_AT + timedelta(seconds=1)
KINDS = ("customer", "partner", "employee")
FACTS = ("spending", "visits")


def _may_be_endless(metric):
    return metric.aggregate != "growth" and metric.divisor != "age"


VALUES = st.one_of(st.integers(-3, 12), st.sampled_from([0, 2**40, -(2**40)]))

windowed = st.builds(
    Metric,
    name=st.just(""),
    fact=st.sampled_from(FACTS),
    aggregate=st.sampled_from(["sum", "avg", "count", "max", "last", "growth"]),
    months=st.sampled_from([1, 6, 12]),
    divisor=st.sampled_from(["window", "present", "age"]),
    per=st.sampled_from([1, 3, 12]),
    none_is_zero=st.booleans(),
)
metrics = st.one_of(windowed, windowed.filter(_may_be_endless).map(lambda m: msgspec.structs.replace(m, months=0)))
bounds = st.one_of(
    *(
        st.builds(kind, st.sampled_from(["m0", "m1", "m2"]), st.integers(-2, 20))
        for kind in (AtLeast, MoreThan, AtMost, LessThan)
    ),
    st.builds(
        lambda m, low, size: Between(m, low, low + size),
        st.sampled_from(["m0", "m1", "m2"]),
        st.integers(-2, 20),
        st.integers(1, 9),
    ),
    st.builds(KindIs, st.lists(st.sampled_from(KINDS), min_size=1, max_size=2).map(tuple)),
)
criteria = st.recursive(
    bounds,
    lambda inner: st.one_of(
        *(st.builds(kind, st.lists(inner, min_size=1, max_size=3).map(tuple)) for kind in (AllOf, AnyOf, NoneOf))
    ),
    max_leaves=6,
)
scores = st.lists(
    st.builds(
        lambda m, low, size: Dimension(m, weight=0, low=low, high=low + size),
        st.sampled_from(["m0", "m1", "m2"]),
        st.integers(-3, 3),
        st.sampled_from([1, 3, 7, 2**40]),
    ),
    max_size=3,
).map(
    lambda parts: tuple(
        msgspec.structs.replace(d, weight=100 // len(parts) + (100 % len(parts) if n == 0 else 0))
        for n, d in enumerate(parts)
    )
)
schemes = st.builds(
    lambda three, trees, kinds, score: TierScheme(
        "vip",
        customer_kinds=tuple(kinds),
        metrics=tuple(msgspec.structs.replace(metric, name=f"m{n}") for n, metric in enumerate(three)),
        tiers=tuple(Tier(f"t{n}", tree) for n, tree in enumerate(trees)),
        value_score=score,
    ),
    st.lists(metrics, min_size=3, max_size=3),
    st.lists(criteria, min_size=1, max_size=4),
    st.lists(st.sampled_from(KINDS), min_size=1, max_size=3, unique=True),
    scores,
)
# fact, day, the values of its revisions (None takes it back), and how many of them are recorded too late to count
histories = st.tuples(
    st.sampled_from(FACTS),
    st.one_of(
        st.sampled_from(
            [AS_OF, date(2024, 2, 28), date(2024, 1, 29), date(2024, 1, 28), date(2023, 2, 28), date(2023, 2, 27)]
        ),
        st.dates(date(2022, 1, 1), date(2024, 3, 2)),
    ),
    st.lists(st.one_of(VALUES, st.none()), min_size=1, max_size=3),
    st.integers(0, 1),
)
bases = st.lists(st.tuples(st.sampled_from(KINDS), st.lists(histories, max_size=8)), min_size=1, max_size=12)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(scheme=schemes, base=bases)
async def test_the_statement_and_the_judgement_agree(tenant, scheme, base):
    async with tenant.scope() as scope:
        scope.rollback_only = True
        ids = await _write(base)
        statement = assessment_sql(scheme)

        rows = await fetch(statement.sql, AS_OF, KNOWN_AT, *statement.values)

    judged = {row["customer_id"]: (row["tier"], msgspec.json.decode(row["measures"])) for row in rows}
    for customer, (kind, facts) in zip(ids, base, strict=True):
        measures = plain_measures(scheme, _known(facts), AS_OF)
        if scheme.value_score:
            assert measures["value_score"] == value_score(scheme.value_score, measures)
        tier = judge(scheme, measures, kind)
        if kind not in scheme.customer_kinds:
            assert customer not in judged
        else:
            assert judged[customer] == (tier.name if tier else None, measures)


def _known(facts):
    """What was known in time, each with its latest revision."""
    known = []
    for place, (fact, day, revisions, late) in enumerate(facts):
        in_time = revisions[: len(revisions) - late]
        if in_time and in_time[-1] is not None:
            known.append(PlainFact(fact, day, in_time[-1], order=str(place)))
    return known


async def _write(base):
    unit = await fetch_value("select id from org_unit where parent_id is null")
    ids = []
    for number, (kind, facts) in enumerate(base):
        customer = new_id()
        ids.append(customer)
        await execute(
            "insert into customer (id, number, kind, name, pinyin, initials, org_unit_id, sex,"
            " employer, department, position, preferences, fields, version)"
            " values ($1, $2, $3, '', '', '', $4, '', '', '', '', '{}', '{}', 1)",
            customer,
            f"agreement-{number}",
            kind,
            unit,
        )
        for place, (fact, day, revisions, late) in enumerate(facts):
            before = None
            for revision, value in enumerate(revisions, 1):
                recorded = LATER if revision > len(revisions) - late else KNOWN_AT
                row = new_id()
                await execute(
                    "insert into fact (id, customer_id, metric, occurred_on, value, unit, source, source_ref, label,"
                    " merchant, revision, corrects, recorded_at) values ($1, $2, $3, $4, $5, 'CNY', '', $6, '', '', $7, $8, $9)",
                    row,
                    customer,
                    fact,
                    day,
                    value,
                    str(place),
                    revision,
                    before,
                    recorded,
                )
                before = row
    return ids
