"""Who decides in which matter: conditions against an oracle, steps by what a matter says, and flows that nobody could decide."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from known_parts import KNOWN, wrong
from msgspec.structs import replace

from guibin.policy.approvals import ApprovalFlow, ApprovalStep, Deputy, Where
from guibin.policy.deadlines import Days, Hours
from guibin.policy.terms import Escalation
from guibin.policy.tier_limits import TierLimit

SMALL = st.integers(-3, 3)
ANSWERS = st.one_of(st.none(), SMALL, st.booleans(), SMALL.map(str), st.sampled_from(["", "a", "b", "-", "1-2"]))
CONDITIONS = st.builds(
    Where,
    field=st.just("amount"),
    at_least=st.none() | SMALL,
    at_most=st.none() | SMALL,
    one_of=st.sampled_from([(), ("a",), ("a", "b", ""), ("1",)]),
    given=st.sampled_from([None, True, False]),
)
WHOLE_NUMBERS = {str(number): number for number in range(-3, 4)}


def figure_of(answer):
    """The figure that an answer says; None where it says none."""
    return WHOLE_NUMBERS.get(answer) if isinstance(answer, str) else int(answer)


@given(CONDITIONS, ANSWERS, st.booleans())
def test_a_condition_holds_where_each_of_its_parts_does(where, answer, unknown):
    bounds = [bound for bound in (where.at_least, where.at_most) if bound is not None]
    parts = []
    if where.given is True:
        parts.append(answer is not None and answer is not False and answer != "")
    if where.given is False:
        parts.append(answer is None or answer is False or answer == "")
    if answer is None:
        parts += [unknown] * bool(bounds or where.one_of)
    else:
        figure = figure_of(answer)
        parts += [figure is not None] * bool(bounds)
        if figure is not None:
            parts += [where.at_least is None or figure in range(where.at_least, 99)]
            parts += [where.at_most is None or figure in range(-99, where.at_most + 1)]
        parts += [answer in where.one_of] * bool(where.one_of)

    assert where.holds({"amount": answer}, unknown=unknown) is all(parts)


def test_a_figure_of_nothing_is_given():
    assert Where("amount", given=True).holds({"amount": 0}, unknown=False)
    assert not Where("amount", given=True).holds({"amount": False}, unknown=False)


def test_an_answer_without_a_word_is_none_and_one_of_digits_a_figure():
    assert not Where("amount", given=True).holds({"amount": ""}, unknown=True)
    assert Where("amount", given=False).holds({"amount": ""}, unknown=False)
    assert Where("amount", at_least=2).holds({"amount": "2"}, unknown=False)
    assert Where("amount", at_most=-2).holds({"amount": "-2"}, unknown=False)
    assert not Where("amount", at_most=-2).holds({"amount": "two"}, unknown=True)


def test_what_a_condition_does_not_ask_about_is_nothing_to_it():
    assert Where("amount", at_least=1).holds({"amount": 1, "period_days": 0}, unknown=False)
    assert not Where("period_days", at_least=1).holds({"amount": 1}, unknown=False)


def test_a_deputy_decides_within_every_limit_and_not_beyond_what_nobody_said():
    deputy = Deputy("manager", (Where("amount", at_most=100), Where("kind", one_of=("usual",))))

    assert deputy.may({"amount": 100, "kind": "usual"})
    assert not deputy.may({"amount": 101, "kind": "usual"})
    assert not deputy.may({"amount": 100})
    assert Deputy("manager").may({})


DEAR, CHEAP = Where("amount", at_least=100), Where("amount", at_most=99)
DEPUTY = Deputy("desk", (Where("amount", at_most=500),))
FLOW = ApprovalFlow(
    "signing",
    "application",
    (
        ApprovalStep("desk", within=Hours(24), faster=(TierLimit(("gold",), Hours(8)),)),
        ApprovalStep("manager", when=(DEAR, Where("amount", at_most=0)), deputies=(DEPUTY,)),
        ApprovalStep("head", others=("manager",), within=Days(1), when=(Where("period_days", at_least=30),)),
    ),
)


@pytest.mark.parametrize(
    ("facts", "roles", "deputies"),
    [
        ({"amount": 99, "period_days": 29}, ["desk"], []),
        ({"amount": 100, "period_days": 29}, ["desk", "manager"], ["desk"]),
        ({"amount": 0, "period_days": 29}, ["desk", "manager"], ["desk"]),
        ({"amount": 501, "period_days": 30}, ["desk", "manager", "head"], []),
        ({}, ["desk", "manager", "head"], []),
    ],
)
@pytest.mark.rule("S07-17")
def test_a_matter_takes_the_steps_whose_conditions_one_holds_or_is_not_known(facts, roles, deputies):
    steps = FLOW.under(facts).steps

    assert [step.role for step in steps] == roles
    assert [deputy.role for step in steps for deputy in step.deputies] == deputies


@pytest.mark.rule("S07-5")
def test_the_tier_gives_a_step_its_time_and_a_step_without_time_none():
    assert [step.within for step in FLOW.under({}, ("gold",)).steps] == [Hours(8), None, Days(1)]
    assert [step.within for step in FLOW.under({}, ("silver",)).steps] == [Hours(24), None, Days(1)]
    untimed = replace(FLOW, steps=(ApprovalStep("desk", faster=(TierLimit(("gold",), Hours(8)),)),))
    assert untimed.under({}, ("gold",)).steps[0].within is None


def test_a_late_decision_goes_where_its_step_says_else_to_the_next_else_to_the_admins():
    own = replace(FLOW.steps[0], escalations=(Escalation("head", 30),))

    assert replace(FLOW, steps=(own,)).escalations_of(0) == (Escalation("head", 30),)
    assert FLOW.escalations_of(0) == (Escalation("manager"),)
    assert FLOW.escalations_of(1) == (Escalation("head"), Escalation("manager"))
    assert FLOW.escalations_of(2) == (Escalation("tenant_admin"),)


def test_a_condition_asks_something_that_can_be_so():
    for sound in (
        Where("amount", at_least=0),
        Where("amount", at_most=0),
        Where("amount", one_of=("a",)),
        Where("amount", given=False),
        Where("amount", at_least=5, at_most=5),
    ):
        assert wrong(sound.check(KNOWN, "when")) == []
    assert wrong(Where("amount").check(KNOWN, "when")) == [("when.amount", "nothing")]
    assert wrong(Where("amount", at_least=6, at_most=5).check(KNOWN, "when")) == [("when.amount", "6")]


STEP = ApprovalStep("desk", within=Hours(1))


@pytest.mark.parametrize(
    ("step", "path", "value"),
    [
        (replace(STEP, within=Hours(0)), ".within", "0"),
        (replace(STEP, calendar="lunar"), ".calendar", "lunar"),
        (replace(STEP, warn_at_percent=100), ".warn_at_percent", "100"),
        (replace(STEP, within=None, escalations=(Escalation("head"),)), "", "escalations"),
        (replace(STEP, within=None, faster=(TierLimit(("gold",), Hours(1)),)), "", "faster"),
        (replace(STEP, deputies=(Deputy("nobody"),)), ".deputies", "nobody"),
        (replace(STEP, together=True), "", "together"),
        (replace(STEP, person="8b4ec6a0-92a9-4d9c-8b0d-7e35a1a0ec1c"), "", "person"),
        (replace(STEP, role="nobody"), None, "nobody"),
        (replace(STEP, others=("manager", "nobody")), None, "nobody"),
    ],
)
def test_a_step_that_could_not_be_taken_is_refused_by_its_number(step, path, value):
    flow = ApprovalFlow("signing", "application", (STEP, step))

    assert wrong(flow.check(KNOWN, "flow")) == [("flow" if path is None else f"flow.step 2{path}", value)]


def test_a_flow_has_a_step_for_every_matter_and_applicants_there_are():
    sound = replace(STEP, together=True, others=("manager",), deputies=(Deputy("head"),))
    sometimes = replace(STEP, when=(DEAR,))

    assert wrong(ApprovalFlow("a", "b", (sound,), applicants=("desk",)).check(KNOWN, "flow")) == []
    assert wrong(ApprovalFlow("a", "b", (replace(STEP, within=None),)).check(KNOWN, "flow")) == []
    assert wrong(ApprovalFlow("a", "b", (sometimes, STEP)).check(KNOWN, "flow")) == []
    assert wrong(ApprovalFlow("a", "b", ()).check(KNOWN, "flow")) == [("flow", "no step")]
    assert wrong(ApprovalFlow("a", "b", (sometimes, sometimes)).check(KNOWN, "flow")) == [("flow", "conditions")]
    assert wrong(ApprovalFlow("a", "b", (STEP,), ("nobody",)).check(KNOWN, "flow")) == [("flow", "nobody")]
