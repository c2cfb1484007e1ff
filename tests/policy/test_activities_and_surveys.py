"""Events, invitations, head starts and surveys: what in them could not be meant."""

import pytest
from known_parts import KNOWN, wrong
from msgspec.structs import replace

from guibin.policy.activities import COMPANIONS_MAX, HOURS_MAX, ActivityKind, HeadStart, InvitationRhythm
from guibin.policy.surveys import SurveyPolicy

CONCERT = ActivityKind("concert", "lounge")
QUARTERLY = InvitationRhythm("music", ("concert",), "club", ("gold", "silver"))
AHEAD = HeadStart("club", "gold", 1, "lounge")
SURVEY = SurveyPolicy("yearly", ("overall", "speed"), leadership=("head",))


@pytest.mark.parametrize(
    ("part", "changed", "found"),
    [
        (CONCERT, {"companions_max": COMPANIONS_MAX, "answer_hours": HOURS_MAX}, []),
        (CONCERT, {"item": "", "answer_hours": 0}, []),
        (CONCERT, {"item": "other"}, [("x", "other")]),
        (CONCERT, {"companions_max": -1}, [("x", "-1")]),
        (CONCERT, {"companions_max": COMPANIONS_MAX + 1}, [("x", "21")]),
        (CONCERT, {"answer_hours": -1}, [("x", "-1")]),
        (CONCERT, {"answer_hours": HOURS_MAX + 1}, [("x", "8785")]),
        (QUARTERLY, {"plan_days": 1}, []),
        (QUARTERLY, {"plan_days": 366}, []),
        (QUARTERLY, {"plan_days": 0}, [("x", "0")]),
        (QUARTERLY, {"plan_days": 367}, [("x", "367")]),
        (QUARTERLY, {"kinds": ()}, [("x", "0 kinds, 2 tiers")]),
        (QUARTERLY, {"tiers": ()}, [("x", "1 kinds, 0 tiers")]),
        (QUARTERLY, {"tiers": ("gold", "bronze")}, [("x", "club/bronze")]),
        (QUARTERLY, {"kinds": ("concert", "opera")}, [("x", "opera")]),
        (QUARTERLY, {"planned_by": "nobody"}, [("x.planned_by", "nobody")]),
        (AHEAD, {"hours": HOURS_MAX}, []),
        (AHEAD, {"hours": 0}, [("x.gold", "0")]),
        (AHEAD, {"hours": HOURS_MAX + 1}, [("x.gold", "8785")]),
        (AHEAD, {"tier": "bronze"}, [("x.bronze", "club/bronze")]),
        (SURVEY, {"sample_percent": 1, "floor": 0, "leap": 100, "near_leap": 1}, []),
        (SURVEY, {"floor": 100, "leap": 100, "near_leap": 100}, []),
        (SURVEY, {"questions": ()}, [("x.questions", "")]),
        (SURVEY, {"questions": ("speed", "speed")}, [("x.questions", "speed, speed")]),
        (SURVEY, {"sample_percent": 0}, [("x.sample_percent", "0")]),
        (SURVEY, {"sample_percent": 101}, [("x.sample_percent", "101")]),
        (SURVEY, {"floor": -1}, [("x.floor", "-1")]),
        (SURVEY, {"floor": 101, "leap": 101}, [("x.floor", "101"), ("x.leap", "101")]),
        (SURVEY, {"leap": 59}, [("x.leap", "59")]),
        (SURVEY, {"near_leap": 0}, [("x.near_leap", "0")]),
        (SURVEY, {"near_leap": 101}, [("x.near_leap", "101")]),
        (SURVEY, {"leadership": ("nobody",)}, [("x.leadership", "nobody")]),
        (SURVEY, {"answer_within_days": 366, "rest_days": 0}, []),
        (SURVEY, {"answer_within_days": 1, "rest_days": 3_660}, []),
        (SURVEY, {"answer_within_days": 0}, [("x", "0, 90")]),
        (SURVEY, {"answer_within_days": 367}, [("x", "367, 90")]),
        (SURVEY, {"rest_days": -1}, [("x", "14, -1")]),
        (SURVEY, {"rest_days": 3_661}, [("x", "14, 3661")]),
    ],
)
def test_figures_are_within_reason_and_names_are_there(part, changed, found):
    assert wrong(replace(part, **changed).check(KNOWN, "x")) == found


def test_each_needs_the_words_of_its_questions():
    assert [*CONCERT.named_texts()] == ["activity_kind.concert", "survey_question.overall_satisfaction"]
    assert [*SURVEY.named_texts()] == ["survey.yearly", "survey_question.overall", "survey_question.speed"]
