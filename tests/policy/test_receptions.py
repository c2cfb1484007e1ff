"""Receptions: who is told, the time by tier, and protocols in which nobody or nothing there would be told."""

import pytest
from known_parts import KNOWN, wrong
from msgspec.structs import replace

from guibin.policy.deadlines import Days, Hours
from guibin.policy.receptions import (
    BEFORE_MINUTES_MAX,
    GuestNeed,
    Protocol,
    Qualification,
    ReceptionPolicy,
    ReceptionTask,
)
from guibin.policy.terms import Escalation
from guibin.policy.tier_limits import TierLimit

TASKS = (ReceptionTask("kitchen", "dinner", 60), ReceptionTask("garage", "car", 0, "registration"))
STATE = Protocol(
    name="state",
    approval="signing",
    tasks=TASKS,
    departments=("press", "kitchen"),
    qualifications=(Qualification("minister"), Qualification("member", "club", "gold")),
)
FASTER = (TierLimit(("gold",), Hours(1)),)
POLICY = ReceptionPolicy(
    protocols=(STATE,),
    centre=("desk",),
    report_to=("head", "manager"),
    acknowledge_faster=FASTER,
    feedback_faster=(TierLimit(("gold",), Days(1)),),
    answer_faster=(TierLimit(("gold",), Days(2)),),
    warn_at_percent=70,
    clause="14",
)


def test_every_department_hears_once_those_with_tasks_first():
    assert STATE.told == ("kitchen", "garage", "press")
    assert [STATE.qualification(name) for name in ("member", "other")] == [STATE.qualifications[1], None]
    assert [POLICY.protocol(name) for name in ("state", "other")] == [STATE, None]


@pytest.mark.rule("S07-5")
def test_the_tier_gives_each_clock_its_time():
    asked = (POLICY.acknowledgement_terms, POLICY.feedback_terms, POLICY.answer_terms)

    assert [terms(()).limit for terms in asked] == [Hours(2), Days(3), Days(3)]
    assert [terms(("gold",)).limit for terms in asked] == [Hours(1), Days(1), Days(2)]
    assert {(terms(()).clause, terms(()).warn_at_percent) for terms in asked} == {("14", 70)}


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, []),
        ({"plan_approval": "signing", "form": "registration"}, []),
        ({"approval": ""}, [("p", "")] * 2),
        ({"approval": "", "plan_approval": "signing"}, [("p", "")]),
        ({"approval": "other"}, [("p", "other")]),
        ({"plan_approval": "other"}, [("p", "other")]),
        ({"tasks": (), "departments": ()}, [("p", "nobody")]),
        ({"stages": ()}, [("p.stages", "")]),
        ({"etiquette": ()}, []),
        ({"stages": ("meet", "meet")}, [("p.stages", "meet, meet")]),
        ({"etiquette": ("dress", "dress")}, [("p.etiquette", "dress, dress")]),
        ({"qualifications": (Qualification("a"),) * 2}, [("p.qualifications", "a, a")]),
        ({"tasks": TASKS[:1] * 2}, [("p.tasks", "dinner, dinner")]),
        ({"form": "other"}, [("p", "other")]),
        ({"tasks": (replace(TASKS[1], form="other"),)}, [("p", "other")]),
        ({"tasks": (replace(TASKS[0], before_minutes=-1),)}, [("p.tasks.dinner", "-1")]),
        ({"tasks": (replace(TASKS[0], before_minutes=BEFORE_MINUTES_MAX),)}, []),
        ({"tasks": (replace(TASKS[0], before_minutes=BEFORE_MINUTES_MAX + 1),)}, [("p.tasks.dinner", "527041")]),
        ({"qualifications": (Qualification("a", "club"),)}, [("p.a", "club/")]),
        ({"qualifications": (Qualification("a", "", "gold"),)}, [("p.a", "/gold")]),
        ({"qualifications": (Qualification("a", "club", "bronze"),)}, [("p.a", "club/bronze")]),
    ],
)
def test_a_protocol_names_what_there_is_and_tells_somebody(changed, found):
    assert wrong(replace(STATE, **changed).check(KNOWN, "p")) == found


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, []),
        ({"centre": ()}, [("r.centre", "")]),
        ({"report_to": ("head", "nobody")}, [("r.report_to", "head, nobody")]),
        ({"protocols": ()}, [("r.protocols", "")]),
        ({"protocols": (STATE, STATE)}, [("r.protocols", "state, state")]),
        ({"warn_at_percent": 100}, [("r.warn_at_percent", "100")]),
        ({"escalations": (Escalation("nobody"),)}, [("r.escalations", "nobody, 0")]),
        ({"needs": (GuestNeed("diet", ("kitchen", "press")), GuestNeed("car", ("garage",)))}, []),
        ({"needs": (GuestNeed("diet", ()),)}, [("r.needs.diet", "")]),
        ({"needs": (GuestNeed("diet", ("kitchen", "cellar")),)}, [("r.needs.diet", "kitchen, cellar")]),
        ({"needs": (GuestNeed("diet", ("kitchen",)),) * 2}, [("r.needs.diet", "kitchen")] * 2),
    ],
)
def test_somebody_coordinates_and_hears_of_receptions(changed, found):
    assert wrong(replace(POLICY, **changed).check(KNOWN, "r")) == found


def test_a_need_of_guests_is_called_by_its_field():
    assert [*GuestNeed("diet", ("kitchen",)).named_texts()] == ["field.diet"]


def test_a_protocol_needs_the_words_of_its_parts():
    one = replace(
        STATE, tasks=TASKS[:1], stages=("meet",), etiquette=("dress",), qualifications=STATE.qualifications[:1]
    )

    assert [*one.named_texts()] == [
        "protocol.state",
        "reception_channel.dedicated",
        "qualification.minister",
        "department.kitchen",
        "department.press",
        "reception_task.dinner",
        "reception_stage.meet",
        "etiquette.dress",
    ]
