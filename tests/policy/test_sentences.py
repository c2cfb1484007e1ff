"""Criteria as sentences in both languages, and figures to the last digit."""

import pytest

from guibin.policy.criteria import AllOf, AnyOf, AtLeast, AtMost, Between, KindIs, LessThan, Metric, MoreThan, NoneOf
from guibin.policy.sentences import exact, explain, figure, is_currency, metric_title
from guibin.policy.tiers import TierScheme

SPENT, VISITS = Metric("spent", "spending"), Metric("visits", "visit", aggregate="count", months=0, unit="times")
CLUB = TierScheme("club", (), (SPENT, VISITS), ())
WHOLE = AllOf(
    (
        AnyOf((AtLeast("spent", 100_000), MoreThan("visits", 3))),
        NoneOf((AtMost("visits", 1), LessThan("spent", 5))),
        KindIs(("person", "company")),
        Between("value_score", 60, 80),
    )
)
FIGURES = {"spent": -123_456, "visits": None, "value_score": 70}


def test_a_criterion_reads_as_a_sentence_with_the_customers_figures():
    assert explain(WHOLE, FIGURES, "person", "zh-CN", CLUB) == (
        "((近12个月spending合计 -1,234.56 CNY ≥ 1,000.00 CNY或visits次数 无记录 > 3 times)"
        "且不属于(visits次数 无记录 ≤ 1 times或近12个月spending合计 -1,234.56 CNY < 0.05 CNY)"
        "且客户类别为 person/company (person)"
        "且价值评分 70 points 在 60 points(含)至 80 points(不含)之间)"
    )
    assert explain(WHOLE, FIGURES, "person", "en", CLUB) == (
        "((sum of spending over 12 months -1,234.56 CNY ≥ 1,000.00 CNY or visitscount no fact > 3 times)"
        " and not (visitscount no fact ≤ 1 times or sum of spending over 12 months -1,234.56 CNY < 0.05 CNY)"
        " and customer kind is person/company (person)"
        " and value score 70 points from 60 points to below 80 points)"
    )


def test_an_average_of_twelve_months_is_a_yearly_one():
    average = Metric("a", "deposit", aggregate="avg", per=12)

    assert metric_title(average, "zh-CN") == "近12个月deposit年均"
    assert metric_title(Metric("a", "deposit", aggregate="avg"), "en") == "monthly average of deposit over 12 months"
    assert metric_title(Metric("a", "deposit", per=12), "en") == "sum of deposit over 12 months"


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [(0, "CNY", "0.00 CNY"), (105, "CNY", "1.05 CNY"), (-5, "CNY", "-0.05 CNY"), (1_234, "times", "1,234 times")],
)
def test_a_figure_has_its_unit(value, unit, shown):
    assert figure(value, unit) == shown


def test_a_figure_to_the_last_digit():
    assert exact(2_164_331, "CNY", "x", "zh-CN") == "21,643.31 元"
    assert exact(2_164_331, "HKD", "x", "zh-CN") == "21,643.31 HKD"
    assert exact(2_164_331, "CNY", "x", "en") == "CNY 21,643.31"
    assert [exact(47, "points", title, "zh-CN") for title in ("分", "unit.points", "")] == ["47 分", "47 points", "47"]
    assert [is_currency(unit) for unit in ("CNY", "cny", "CN", "TIMES")] == [True, False, False, False]
