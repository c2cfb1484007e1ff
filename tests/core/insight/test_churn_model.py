"""Churn and retention against a model in plain words, on random memberships and departures (subtlety 64)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guibin.insight.counts import counted
from guibin.periods.names import parse_period
from guibin.policy.packs import Overrides, merge
from guibin.regulations.core import CORE
from guibin_tenants.scope import execute, fetch_value
from guibin_tenants.tables import new_id

ZONE = "Asia/Shanghai"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
ORIGIN = date(2026, 2, 15)
FIRST, AFTER = date(2026, 3, 1), date(2026, 4, 1)
POLICY = merge([], CORE, Overrides(), version=1)
WHY = ("upgrade", "downgrade", "end", "expired", "consent withdrawn")

# days until it starts, days it lasts (None: still), tier, why it ended
periods = st.tuples(
    st.integers(0, 20), st.one_of(st.none(), st.integers(0, 45)), st.sampled_from("ab"), st.sampled_from(WHY)
)
# day, value, and whether it was taken back
departures = st.tuples(st.integers(0, 60), st.sampled_from([0, 1, 1, 2]), st.booleans())
customers = st.tuples(st.lists(periods, max_size=4), st.lists(departures, max_size=3, unique_by=lambda d: d[0]))


@pytest.mark.rule("S09-1", "S05-1")
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(base=st.lists(customers, min_size=1, max_size=8))
async def test_who_left_and_who_stayed(tenant, base):
    expected = {"members_at_start": {}, "members_left": {}, "members_retained": {}}
    async with tenant.scope() as scope:
        scope.rollback_only = True
        unit = await fetch_value("select id from org_unit where parent_id is null")
        for number, (memberships, departed) in enumerate(base):
            spans = _spans(memberships)
            await _write(unit, number, spans, departed)
            tier, left = _judged(spans, departed)
            if tier is not None:
                for name in ("members_at_start", "members_left" if left else "members_retained"):
                    expected[name][f"club/{tier}"] = expected[name].get(f"club/{tier}", 0) + 1

        found = await counted(tuple(expected), parse_period("2026-03", ZONE), policy=POLICY, time_zone=ZONE, as_of=NOW)

    assert found == expected


def _spans(memberships):
    spans, day = [], ORIGIN
    for wait, lasts, tier, why in memberships:
        starts = day + timedelta(days=wait)
        ends = None if lasts is None else starts + timedelta(days=lasts)
        spans.append((starts, ends, tier, "" if ends is None else why))
        if ends is None:
            break
        day = ends
    return spans


def _judged(spans, departed):
    """The tier on the first day, None for whoever is not counted, and whether the customer left in the period."""
    held = [span for span in spans if span[0] <= FIRST and (span[1] is None or span[1] >= FIRST)]
    said = sorted((ORIGIN + timedelta(days=day), value) for day, value, back in departed if not back)
    earlier = [value for day, value in said if day < FIRST]
    within = [value for day, value in said if FIRST <= day < AFTER]
    if not held or (earlier and earlier[-1] != 0) or 2 in within:
        return None, False
    withdrew = any(why == "consent withdrawn" and FIRST <= ends < AFTER for _, ends, _, why in spans if ends)
    return held[-1][2], 1 in within or withdrew


async def _write(unit, number, spans, departed):
    customer = new_id()
    await execute(
        "insert into customer (id, number, kind, name, pinyin, initials, org_unit_id, sex,"
        " employer, department, position, preferences, fields, version)"
        " values ($1, $2, 'customer', '', '', '', $3, '', '', '', '', '{}', '{}', 1)",
        customer,
        f"model-{number}",
        unit,
    )
    for place, (starts, ends, tier, why) in enumerate(spans):
        await execute(
            "insert into membership (id, customer_id, scheme, tier, starts_on, ends_on, since_on, basis, reason,"
            " ended_because, recorded_at) values ($1, $2, 'club', $3, $4, $5, $4, 'assessment', '', $6, $7)",
            new_id(),
            customer,
            tier,
            starts,
            ends,
            why,
            NOW + timedelta(seconds=place),
        )
    for day, value, back in departed:
        first = new_id()
        await _fact(first, customer, ORIGIN + timedelta(days=day), value, 1, None)
        if back:
            await _fact(new_id(), customer, ORIGIN + timedelta(days=day), None, 2, first)


async def _fact(fact, customer, day, value, revision, corrects):
    await execute(
        "insert into fact (id, customer_id, metric, occurred_on, value, unit, source, source_ref, label, merchant,"
        " revision, corrects, recorded_at) values ($1, $2, 'departed', $3, $4, '', '', '', '', '', $5, $6, $7)",
        fact,
        customer,
        day,
        value,
        revision,
        corrects,
        NOW,
    )
