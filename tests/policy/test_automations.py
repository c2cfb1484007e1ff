"""Automations: what goes with when, conditions as deep as they may be, and names there are."""

import pytest
from known_parts import KNOWN, wrong
from msgspec.structs import replace

from guibin.policy.automations import (
    COMMANDS_MAX,
    DAYS_MAX,
    DEPTH_MAX,
    AddsUp,
    Automation,
    ComesUp,
    EveryOf,
    HappenedBefore,
    HappenedOften,
    Happens,
    HoldsTier,
    Meets,
    NotOneOf,
    OfKind,
    Recurs,
    SomeOf,
    digest_of,
    leaves,
)
from guibin.policy.commands import AddNote, AskApproval, Notify, OpenTask, Refuse, SetLevel
from guibin.policy.criteria import AtLeast

NOTE = AddNote(text="looked at")
LEVEL = SetLevel(level="grave", because="fire")
REFUSE = Refuse(zh="不行", en="no")
NOTES = Automation("notes", Recurs(), (NOTE,))
RECEIVED = Happens("complaint_received")


def deep(depth):
    """A condition so many groups deep."""
    found = OfKind(("person",))
    for _ in range(depth):
        found = NotOneOf((found,))
    return found


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, []),
        ({"per_day_max": 1}, []),
        ({"per_day_max": 1_000}, []),
        ({"per_day_max": 0}, [(".per_day_max", "0")]),
        ({"per_day_max": 1_001}, [(".per_day_max", "1001")]),
        ({"then": ()}, [(".then", "0")]),
        ({"then": (NOTE,) * COMMANDS_MAX}, []),
        ({"then": (NOTE,) * (COMMANDS_MAX + 1)}, [(".then", "11")]),
        ({"when": HappenedBefore("x", 1)}, []),
        ({"when": HappenedBefore("x", 24 * DAYS_MAX)}, []),
        ({"when": HappenedBefore("x", 0)}, [(".when.hours", "0")]),
        ({"when": HappenedBefore("x", 24 * DAYS_MAX + 1)}, [(".when.hours", "8785")]),
        ({"when": ComesUp("order_ends", 1)}, []),
        ({"when": ComesUp("order_ends", DAYS_MAX)}, []),
        ({"when": ComesUp("order_ends", 0)}, [(".when.days", "0")]),
        ({"when": AddsUp("x", 1, DAYS_MAX + 1)}, [(".when.days", "367")]),
        ({"when": AddsUp("x", 100)}, []),
        ({"when": AddsUp("x", 0)}, [(".when.times", "0")]),
        ({"when": AddsUp("x", 101)}, [(".when.times", "101")]),
        ({"then": (Notify(roles=("desk", "nobody"), text="x"),)}, [(".then.0", "nobody")]),
        ({"then": (NOTE, OpenTask(text="x", role="nobody"))}, [(".then.1", "nobody")]),
        ({"then": (OpenTask(text="x", role="desk"), Notify(roles=("head",), text="x"))}, []),
        ({"then": (AskApproval(flow="signing", note="x"),)}, []),
        ({"then": (AskApproval(flow="other", note="x"),)}, [(".then.0.flow", "other")]),
        ({"when": RECEIVED, "then": (LEVEL, NOTE)}, []),
        ({"when": Happens("visit_planned"), "then": (LEVEL,)}, [(".then.0", "visit_planned")]),
        ({"when": HappenedBefore("complaint_received"), "then": (LEVEL,)}, [(".then.0", "SetLevel")]),
        ({"then": (LEVEL,)}, [(".then.0", "SetLevel"), (".then.0", "")]),
        ({"when": RECEIVED, "then": (REFUSE,)}, []),
        ({"when": RECEIVED, "then": (NOTE, REFUSE)}, [(".then.1", "2")]),
        ({"then": (REFUSE,)}, [(".then.0", "Refuse")]),
        ({"condition": deep(DEPTH_MAX)}, []),
        ({"condition": deep(DEPTH_MAX + 1)}, [(".condition" + ".criteria.0" * DEPTH_MAX, "1")]),
        ({"condition": SomeOf(())}, [(".condition", "0")]),
        ({"condition": EveryOf((OfKind(("person", "dog")),))}, [(".condition.criteria.0", "dog")]),
        ({"condition": SomeOf((HoldsTier(), HoldsTier(("gold", "bronze"))))}, [(".condition.criteria.1", "bronze")]),
        ({"condition": Meets("club", AtLeast("spent", 1))}, []),
        ({"condition": Meets("other", AtLeast("spent", 1))}, [(".condition.scheme", "other")]),
        ({"condition": HappenedOften("x", 1, 1)}, []),
        ({"condition": HappenedOften("x", 100, DAYS_MAX)}, []),
        ({"condition": HappenedOften("x", 0, 0)}, [(".condition.days", "0"), (".condition.times", "0")]),
        ({"condition": HappenedOften("x", 101, 367)}, [(".condition.days", "367"), (".condition.times", "101")]),
    ],
)
def test_an_automation_does_what_can_be_done_when_it_comes(changed, found):
    told = wrong(replace(NOTES, **changed).check(KNOWN, "a"))

    assert told == [(f"a{path}", value) for path, value in found]


def test_it_judges_where_one_of_its_commands_does():
    assert [replace(NOTES, then=then).judges for then in ((NOTE,), (NOTE, LEVEL), (REFUSE,))] == [False, True, True]
    assert [replace(NOTES, when=when).event for when in (RECEIVED, Recurs(), AddsUp("x"))] == [
        "complaint_received",
        "",
        "x",
    ]


def test_leaves_are_what_is_no_group_in_order():
    kind, tier = OfKind(("person",)), HoldsTier()

    assert [*leaves(EveryOf((kind, SomeOf((tier, NotOneOf((kind,)))))))] == [kind, tier, kind]
    assert [*leaves(None)] == []


def test_a_digest_tells_automations_apart_that_differ_in_anything():
    assert digest_of(NOTES) == digest_of(replace(NOTES))
    assert digest_of(NOTES) != digest_of(replace(NOTES, per_day_max=99))
