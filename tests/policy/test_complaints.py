"""Complaints: the time by tier, whose turn it is, levels by words, and what a policy of complaints cannot say."""

import pytest
from known_parts import KNOWN, wrong
from msgspec.structs import replace

from guibin.policy.complaints import ComplaintPolicy, Keywords, Level, TierTime
from guibin.policy.deadlines import Days, Hours
from guibin.policy.milestones import Milestone
from guibin.policy.terms import Escalation

USUAL = Level("usual", Hours(24), faster=(TierTime(("gold",), Hours(4)), TierTime(("gold", "silver"), Hours(8))))
GRAVE = Level("grave", Hours(8), milestones=(Milestone("first_contact", Hours(1)),))
POLICY = ComplaintPolicy(
    (USUAL, GRAVE),
    "usual",
    keywords=(Keywords("grave", ("Fire", "触电")), Keywords("usual", ("fire alarm",))),
    first_tiers=("gold",),
)


@pytest.mark.rule("S07-5")
def test_the_first_limit_that_fits_the_tiers_is_the_customers():
    assert [USUAL.within(tiers) for tiers in ((), ("bronze",), ("silver",), ("silver", "gold"))] == [
        Hours(24),
        Hours(24),
        Hours(8),
        Hours(4),
    ]
    assert [target.name for target in GRAVE.targets(())] == ["first_contact"]


def test_first_tiers_come_before_members_and_members_before_all_others():
    all_alike = replace(POLICY, members_first=False)

    assert [POLICY.priority(tiers) for tiers in (("silver", "gold"), ("silver",), ())] == [0, 1, 2]
    assert [all_alike.priority(tiers) for tiers in (("gold",), ("silver",), ())] == [0, 2, 2]


def test_words_in_any_case_suggest_the_first_level_that_has_them():
    said = ["FIRE alarm rang", "客户触电", "a wire", ""]

    assert [POLICY.suggested(text) for text in said] == ["grave", "grave", "usual", "usual"]
    assert [POLICY.level(name) for name in ("grave", "worst")] == [GRAVE, None]


@pytest.mark.rule("S07-22")
@pytest.mark.parametrize(
    ("word", "heard", "not_heard"),
    [
        ("Cap", ["the data cap", "caps!", "CAP", "限cap了"], ["captain", "recap", "cap2", "no capacity"]),
        ("outage", ["two outages", "outage."], ["outaged"]),
        ("throttl*", ["throttled", "throttling", "it is throttl"], ["unthrottled"]),
        ("no service", ["there is no service", "no services"], ["piano service"]),
        ("停机", ["又停机了"], ["停了机"]),
        ("*", ["five *s"], ["stars"]),
    ],
)
def test_a_word_of_latin_letters_is_not_heard_in_another(word, heard, not_heard):
    policy = replace(POLICY, keywords=(Keywords("grave", (word,)),))

    assert [policy.suggested(text) for text in (*heard, *not_heard)] == ["grave"] * len(heard) + ["usual"] * len(
        not_heard
    )


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"first_tiers": ("bronze",)}, [("complaints.first_tiers", "bronze")]),
        ({"centre": ("nobody",)}, [("complaints.centre", "nobody")]),
        ({"leadership": ("head", "nobody")}, [("complaints.leadership", "nobody")]),
        ({"default_level": "worst"}, [("complaints.default_level", "worst")]),
        ({"keywords": (Keywords("worst", ("x",)),)}, [("complaints.keywords", "worst")]),
        ({"levels": (USUAL, GRAVE, USUAL)}, [("complaints.levels", "usual, grave, usual")]),
        ({"sample_percent": -1}, [("complaints.sample_percent", "-1")]),
        ({"sample_percent": 101}, [("complaints.sample_percent", "101")]),
        ({"sample_percent": 0, "centre": ("desk",)}, []),
        ({"sample_percent": 100}, []),
    ],
)
def test_a_policy_of_complaints_names_what_there_is(changed, found):
    assert wrong(replace(POLICY, **changed).check(KNOWN, "complaints")) == found


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, []),
        ({"resolve_within": Hours(0)}, [("level.resolve_within", "0")]),
        ({"resolve_within": Days(0), "rectify_within": Days(1)}, []),
        ({"rectify_within": Days(0)}, [("level.rectify_within", "Days(count=0)")]),
        ({"faster": (TierTime(("gold",), Hours(0)),)}, [("level.faster", "0")]),
        ({"warn_at_percent": 0}, [("level.warn_at_percent", "0")]),
        ({"escalations": (Escalation("nobody"),)}, [("level.escalations", "nobody, 0")]),
        ({"calendar": "lunar"}, [("level.calendar", "lunar")]),
        ({"milestones": GRAVE.milestones * 2}, [("level.milestones.first_contact", "first_contact")]),
    ],
)
def test_a_level_leaves_time_and_tells_people_there_are(changed, found):
    assert wrong(replace(USUAL, **changed).check(KNOWN, "level")) == found


def test_another_time_is_for_tiers_there_are():
    assert wrong(TierTime(("gold", "bronze"), Hours(1)).check(KNOWN, "faster")) == [("faster.tiers", "bronze")]


def test_every_cause_has_its_text():
    assert [*replace(POLICY, causes=("noise", "other")).named_texts()] == [
        "complaint_cause.noise",
        "complaint_cause.other",
    ]
