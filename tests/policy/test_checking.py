"""Each struct of a policy says what it wants of the rest, and the walk asks every one of them."""

import importlib
import pkgutil

import msgspec.inspect as inspect
import pytest
from msgspec import Struct
from msgspec.structs import replace
from pack_values import all_packs

import guibin.policy
from guibin.policy.approvals import ApprovalFlow, ApprovalStep
from guibin.policy.cadence import PlannedMeasure, QuestionPolicy
from guibin.policy.checking import texts_in, walk
from guibin.policy.criteria import AnyOf, AtLeast, Metric
from guibin.policy.deadlines import Days, Hours
from guibin.policy.milestones import Milestone
from guibin.policy.packs import Overrides, Pack, Policy, merge
from guibin.policy.service_items import StepLimit
from guibin.policy.terms import Escalation
from guibin.policy.tier_limits import TierLimit
from guibin.policy.validation import known_of, validate
from guibin.regulations.core import CORE

NOBODY = (Escalation("nobody"),)


@pytest.fixture
def policy():
    return merge([all_packs().value("cable_tv")], CORE, Overrides(), version=1)


def reached(kind, seen):
    """Every struct that may stand in a value of this type."""
    match kind:
        case inspect.StructType() if kind.cls not in seen:
            seen.add(kind.cls)
            for field in kind.fields:
                reached(field.type, seen)
        case inspect.UnionType():
            for each in kind.types:
                reached(each, seen)
        case inspect.VarTupleType():
            reached(kind.item_type, seen)
        case inspect.Metadata():
            reached(kind.type, seen)
    return seen


def checking():
    """Every struct of the package that says what it wants."""
    for module in pkgutil.iter_modules(guibin.policy.__path__):
        for value in vars(importlib.import_module(f"guibin.policy.{module.name}")).values():
            if (
                isinstance(value, type)
                and issubclass(value, Struct)
                and {"check", "named_texts", "titled"} & vars(value).keys()
            ):
                yield value


def test_every_struct_that_checks_itself_stands_where_the_walk_comes_by():
    there = reached(inspect.type_info(Policy), set()) | reached(inspect.type_info(Pack), set())

    found = list(checking())
    assert len(found) > 30
    assert [each for each in found if not any(issubclass(one, each) for one in there)] == []


def test_the_walk_says_where_each_struct_stands(policy):
    level = policy.complaints.levels[0]

    assert dict(walk(policy))[f"complaints.levels.{level.name}"] == level
    assert [part for path, part in walk(policy) if path == ""] == [policy]


def with_limits(policy, **change):
    item = next(item for item in policy.service_items if item.time_limits)
    limits = tuple(replace(limit, **change) for limit in item.time_limits)
    changed = replace(item, time_limits=limits)
    return replace(policy, service_items=tuple(changed if each is item else each for each in policy.service_items))


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda policy: replace(policy, questions=replace(policy.questions, escalations=NOBODY)), "escalations"),
        (lambda policy: with_limits(policy, escalations=NOBODY), "escalations"),
        (lambda policy: with_limits(policy, warn_at_percent=100), "warn_at_percent"),
        (lambda policy: with_limits(policy, calendar="lunar"), "calendar"),
    ],
)
def test_whatever_has_a_limit_is_held_to_the_same(policy, change, place):
    assert validate(policy) == ()

    found = validate(change(policy))

    assert {problem.path.rpartition(".")[2] for problem in found} == {place}


@pytest.mark.rule("S07-5")
def test_any_time_limit_may_depend_on_the_tier(policy):
    sooner = (TierLimit(("key",), Hours(3)), TierLimit(("important",), Days(0)))
    flow = ApprovalFlow(
        "any", subject="x", steps=(ApprovalStep("manager", within=Hours(24), faster=sooner), ApprovalStep("manager"))
    )
    limits = {
        tiers: (
            Milestone("first_reply", Hours(9), faster=sooner).under(tiers).within,
            StepLimit("report", Hours(9), faster=sooner).under(tiers).within,
            QuestionPolicy(answer_within=Hours(9), faster=sooner).terms_for(tiers).limit,
            *(step.within for step in flow.under({}, tiers).steps),
        )
        for tiers in (("key",), ("important",), ("key", "important"), ("standard",), ())
    }
    usual = (Hours(9), Hours(9), Hours(9), Hours(24), None)

    assert limits == {
        ("key",): (*[Hours(3)] * 4, None),
        ("important",): (*[Days(0)] * 4, None),
        ("key", "important"): (*[Hours(3)] * 4, None),
        ("standard",): usual,
        (): usual,
    }


@pytest.mark.rule("S07-5")
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (TierLimit(("nobodys",), Hours(1)), "faster.tiers"),
        (TierLimit(("key",), Hours(0)), "faster.within"),
    ],
)
def test_a_time_for_a_tier_that_is_none_or_of_no_length_is_refused(policy, wrong, field):
    changed = replace(policy, questions=replace(policy.questions, faster=(wrong,)))

    assert [problem.path for problem in validate(changed)] == [f"questions.{field}"]


def test_what_a_policy_names_is_what_it_has(policy):
    known = known_of(policy)

    assert known.schemes == {scheme.name for scheme in policy.schemes}
    assert known.flows == {flow.name: flow.subject for flow in policy.approvals}
    assert known.stepped < known.items


@pytest.mark.rule("S01-4")
def test_a_factor_that_is_declared_weighs_something(policy):
    scheme = policy.schemes[0]
    first, second, *others = scheme.value_score
    unread = Metric("visits_1y", fact="visit", aggregate="count")
    judged = AnyOf((AtLeast("visits_1y", 3), AtLeast("value_score", 0)))
    top = replace(scheme.tiers[0], criterion=AnyOf((scheme.tiers[0].criterion, judged)))

    def told(**changes):
        changed = replace(scheme, **changes)
        problems = validate(replace(policy, schemes=(changed, *policy.schemes[1:])))
        return {(one.path.rsplit(".", 1)[-1], one.rule) for one in problems if one.path != "texts"}

    assert validate(policy) == ()
    weightless = replace(first, weight=0), replace(second, weight=first.weight + second.weight), *others
    assert told(value_score=weightless) == {(first.metric, "a weight of 1 to 100")}
    assert told(metrics=(*scheme.metrics, unread)) == {("visits_1y", "a metric that weighs something")}
    read = told(metrics=(*scheme.metrics, unread), tiers=(top, *scheme.tiers[1:]))
    assert read == {(scheme.name, "a bound of 1 to 100 points")}


@pytest.mark.rule("S01-3")
def test_a_policy_that_leaves_a_part_to_nobody_is_refused(policy):
    first, *others = policy.workstreams
    less = replace(first, parts=tuple(part for part in first.parts if part != "schemes"))

    problems = validate(replace(policy, workstreams=(less, *others)))

    assert [(problem.path, problem.value) for problem in problems] == [("workstreams", "schemes")]


def test_every_text_that_a_part_needs_is_asked_for():
    step = StepLimit("done", Hours(1))
    whole = Milestone("news", Hours(1))

    assert [*texts_in(whole)] == ["milestone.news"]
    assert [*texts_in(PlannedMeasure("visit"))] == ["measure.visit"]
    assert [*texts_in(step)] == []
    assert [path for path, _ in walk((whole, whole), "m")] == ["m.news", "m.news.within"] * 2
