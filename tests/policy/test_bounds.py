"""Figures of a policy within reason and names that are there: signals, inspections, qualifications, cards, care, registers, plans, parts."""

import pytest
from known_parts import KNOWN, wrong
from msgspec.structs import replace

from guibin.policy.approvals import Where
from guibin.policy.cadence import PlannedMeasure, Register, RelationshipTemplate, VisitLevel
from guibin.policy.cards import CardKind, CardQuota, ProofKind, Sponsorship
from guibin.policy.care import CareOccasion, RenewalPolicy
from guibin.policy.deadlines import BusinessDays, Hours
from guibin.policy.inspections import InspectionPolicy
from guibin.policy.parts import PolicyPart
from guibin.policy.plan_reviews import PlanReview
from guibin.policy.qualifications import StaffQualification
from guibin.policy.signals import SignalRule
from guibin.policy.terms import Escalation

REPAIRS = SignalRule(name="repairs", source="repairs", tell=("desk",))
INSPECTION = InspectionPolicy(name="files", subject="archive", criteria=("whole",), escalations=())
COURSE = StaffQualification(name="course", posts=("desk",))
SHARED = Sponsorship("club", (CardQuota("gold", 3), CardQuota("silver", 0)))
CARD = CardKind("card", "club", "gold", "card")
REVIEW = PlanReview("budget", "campaign", "reviewing")
PART = PolicyPart("cards", ("cards",), ("desk",))
PLAN = RelationshipTemplate("plan", (PlannedMeasure("visit"),), "club", "gold")
FLOWS = replace(
    KNOWN,
    roles=KNOWN.roles | {"account_manager"},
    flows={
        "card": "card_application",
        "stock": "card_request",
        "reviewing": "plan_review",
        "changing": "policy_proposal",
    },
)


@pytest.mark.parametrize(
    ("part", "changed", "found"),
    [
        (REPAIRS, {"kinds": ("repair",), "quiet_days": 0}, []),
        (REPAIRS, {"source": "complaints", "kinds": ("opinion",)}, []),
        (REPAIRS, {"source": "outage", "kinds": ("a", "b")}, [(".kinds", "a, b")]),
        (REPAIRS, {"source": "outage"}, []),
        (REPAIRS, {"tell": ("nobody",)}, [(".tell", "nobody")]),
        (REPAIRS, {"warn_at_percent": 0}, [(".warn_at_percent", "0")]),
        *(
            (REPAIRS, {name: least}, [])
            for name, least in (("days", 1), ("times", 1), ("points", 1), ("followed_days", 1))
        ),
        *((REPAIRS, {name: 0}, [(f".{name}", "0")]) for name in ("days", "times", "points", "followed_days")),
        (REPAIRS, {"quiet_days": -1}, [(".quiet_days", "-1")]),
        *((REPAIRS, {name: 366}, []) for name in ("days", "quiet_days", "followed_days")),
        *((REPAIRS, {name: 367}, [(f".{name}", "367")]) for name in ("days", "quiet_days", "followed_days")),
        *((REPAIRS, {name: 100}, []) for name in ("times", "points")),
        *((REPAIRS, {name: 101}, [(f".{name}", "101")]) for name in ("times", "points")),
        (INSPECTION, {"inspect_within": BusinessDays(0)}, []),
        (INSPECTION, {"inspect_within": BusinessDays(-1)}, [(".inspect_within", "-1")]),
        (INSPECTION, {"correct_within": Hours(0)}, [(".correct_within", "0")]),
        (INSPECTION, {"serious_within": Hours(0)}, [(".serious_within", "0")]),
        (INSPECTION, {"by": "nobody"}, [(".by", "nobody")]),
        (INSPECTION, {"criteria": ()}, [(".criteria", "nothing")]),
        (INSPECTION, {"criteria": ("whole", "whole")}, [(".criteria", "whole, whole")]),
        (INSPECTION, {"escalations": (Escalation("nobody"),)}, [(".escalations", "nobody, 0")]),
        (COURSE, {"remind_days": 1, "valid_months": 240}, []),
        (COURSE, {"remind_days": 366, "valid_months": 1}, []),
        (COURSE, {"valid_months": None}, []),
        (COURSE, {"posts": ()}, [(".posts", "nobody")]),
        (COURSE, {"posts": ("desk", "whoever")}, [(".posts", "whoever")]),
        (COURSE, {"remind_days": 0}, [(".remind_days", "0")]),
        (COURSE, {"remind_days": 367}, [(".remind_days", "367")]),
        (COURSE, {"valid_months": 0}, [(".valid_months", "0")]),
        (COURSE, {"valid_months": 241}, [(".valid_months", "241")]),
        (SHARED, {"notice_days": 0}, []),
        (SHARED, {"notice_days": -1}, [("", "-1")]),
        (SHARED, {"roles": ()}, [("", "gold, silver")]),
        (SHARED, {"quotas": ()}, [("", "")]),
        (SHARED, {"quotas": (CardQuota("gold", 1),) * 2}, [("", "gold, gold")]),
        (SHARED, {"quotas": (CardQuota("bronze", 1),)}, [("", "club/bronze")]),
        (SHARED, {"quotas": (CardQuota("gold", -1),)}, [("", "-1")]),
        (CARD, {"quantity_approval": "stock", "months": 1, "warn_days": 0, "exchange_days": 0}, []),
        (CARD, {"approval": ""}, [("", "")]),
        (CARD, {"approval": "stock"}, [("", "stock")]),
        (CARD, {"quantity_approval": "card"}, [("", "card")]),
        (CARD, {"tier": "bronze"}, [("", "club/bronze")]),
        (CARD, {"months": 0}, [(".months", "0")]),
        *((CARD, {name: -1}, [(f".{name}", "-1")]) for name in ("warn_days", "exchange_days", "low_stock")),
        (ProofKind("id", "field", "phone"), {}, []),
        (ProofKind("id", "field", "colour"), {}, [("", "colour")]),
        (ProofKind("id", "card"), {}, []),
        (ProofKind("id", "card", "phone"), {}, [("", "phone")]),
        (ProofKind("id", "field", "phone", ("passport",)), {}, []),
        (ProofKind("id", "field", "phone", ("passprt",)), {}, [("", "passprt")]),
        (ProofKind("id", "card", documents=("passport",)), {}, [("", "passport")]),
        (RenewalPolicy(approval="card"), {"weekday": 7}, []),
        (RenewalPolicy(approval="card"), {"weekday": 1}, []),
        (RenewalPolicy(approval="card"), {"weekday": 0}, [(".weekday", "0")]),
        (RenewalPolicy(approval="card"), {"weekday": 8}, [(".weekday", "8")]),
        (RenewalPolicy(approval="other"), {}, [(".approval", "other")]),
        (CareOccasion("feast", "festival", festivals=("spring_festival",)), {}, []),
        (CareOccasion("feast", "festival"), {}, [("", "no festival")]),
        (CareOccasion("birth", "birthday"), {}, []),
        (VisitLevel("head", tiers=("gold",)), {}, []),
        (VisitLevel("nobody", tiers=("bronze",)), {}, [(".role", "nobody"), (".tiers", "bronze")]),
        (Register("file", form="registration", scheme="club"), {}, []),
        (Register("file"), {}, []),
        (Register("file", form="a", scheme="b"), {}, [("", "a"), ("", "b")]),
        (PLAN, {"tier": "", "scheme": ""}, []),
        (PLAN, {"tier": "bronze"}, [("", "club/bronze")]),
        (PLAN, {"measures": (PlannedMeasure("visit", times=60), PlannedMeasure("call", times=1))}, []),
        (PLAN, {"measures": (PlannedMeasure("visit", times=0),)}, [(".visit", "0")]),
        (PLAN, {"measures": (PlannedMeasure("visit", times=61),)}, [(".visit", "61")]),
        (REVIEW, {"budgeted": True, "when": (Where("topic", given=True),)}, []),
        (REVIEW, {"approval": "card"}, [(".approval", "card")]),
        (REVIEW, {"approval": "none"}, [(".approval", "none")]),
        (REVIEW, {"subject": "activity", "budgeted": True}, []),
        (REVIEW, {"subject": "relationship_plan", "budgeted": True}, [(".budgeted", "relationship_plan")]),
        (REVIEW, {"subject": "activity", "when": (Where("topic", given=True),)}, [(".when", "topic")]),
        (PART, {"approval": "changing", "concerns": ("head",)}, []),
        (PART, {"approval": "card"}, [(".approval", "card")]),
        (PART, {"covers": ()}, [(".covers", "nothing")]),
        (PART, {"posts": ()}, [(".posts", "nothing")]),
        (PART, {"posts": ("nobody",), "concerns": ("somebody",)}, [("", "nobody"), ("", "somebody")]),
    ],
)
def test_figures_are_within_reason_and_names_are_there(part, changed, found):
    assert wrong(replace(part, **changed).check(FLOWS, "x")) == [(f"x{path}", value) for path, value in found]


def test_a_plan_waits_for_a_review_of_its_kind_and_of_which_one_condition_holds():
    dear = replace(REVIEW, when=(Where("budget", at_least=100), Where("branch", given=True)))

    assert REVIEW.fits("campaign", {})
    assert not REVIEW.fits("activity", {})
    assert [dear.fits("campaign", {"budget": budget}) for budget in (99, 100, None)] == [False, True, False]
    assert dear.fits("campaign", {"budget": 1, "branch": True})


def test_each_needs_the_words_of_what_it_shows():
    assert [*REPAIRS.named_texts()] == ["signal_task.repairs"]
    assert [*INSPECTION.named_texts()] == ["inspection_criterion.whole"]
    assert [*PlannedMeasure("visit").named_texts()] == ["measure.visit"]
