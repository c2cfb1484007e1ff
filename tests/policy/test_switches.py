"""What a company does without: a section, an element, and whatever hangs on a service item."""

from types import SimpleNamespace

from msgspec import structs

from guibin.policy.activities import ActivityKind, HeadStart
from guibin.policy.care import CarePolicy
from guibin.policy.packs import Overrides, merge
from guibin.policy.service_items import Entitlement, ServiceItem, ServiceRhythm
from guibin.policy.switches import called, unknown, without
from guibin.policy.tiers import Consequence, TierScheme
from guibin.regulations.core import CORE

REWARD = Consequence("more", "reward", ("keep",), "lounge", 1)
OTHER = structs.replace(REWARD, name="other", item="repair")
SECTIONS = {
    "schemes": (TierScheme("club", (), (), (), consequences=(REWARD, OTHER)),),
    "service_items": (ServiceItem("lounge"), ServiceItem("repair")),
    "entitlements": (Entitlement("club", "gold", "lounge"), Entitlement("club", "gold", "repair")),
    "head_starts": (HeadStart("club", "gold", 1, "lounge"), HeadStart("club", "gold", 1, "repair")),
    "service_rhythms": (ServiceRhythm("lounge", "month", ()), ServiceRhythm("repair", "month", ())),
    "activities": (ActivityKind("concert", "lounge"), ActivityKind("lecture", "repair")),
    "care": CarePolicy(),
    "complaints": "needed",
}


def test_a_section_goes_whole_and_one_of_elements_is_empty():
    assert without(SECTIONS, ()) == SECTIONS
    assert without(SECTIONS, ("care",)) == {name: value for name, value in SECTIONS.items() if name != "care"}
    assert without(SECTIONS, ("head_starts",)) == SECTIONS | {"head_starts": ()}
    assert without(SECTIONS, ("head_starts", "care")).keys() == SECTIONS.keys() - {"care"}


def test_what_is_needed_stays_and_what_is_not_there_changes_nothing():
    assert without(SECTIONS, ("complaints", "schemes", "other", "care.birthday")) == SECTIONS
    assert without(SECTIONS, ("schemes.club",))["schemes"] == ()


def test_a_service_item_goes_with_whatever_hangs_on_it():
    left = without(SECTIONS, ("service_items.lounge",))

    assert left == SECTIONS | {
        "schemes": (structs.replace(SECTIONS["schemes"][0], consequences=(OTHER,)),),
        **{name: SECTIONS[name][1:] for name in ("service_items", "entitlements", "head_starts", "service_rhythms")},
        "activities": (ActivityKind("concert"), ActivityKind("lecture", "repair")),
    }


def test_an_element_goes_by_what_its_section_calls_it():
    rhythm, start = SECTIONS["service_rhythms"][0], SECTIONS["head_starts"][0]

    assert [called("service_rhythms", rhythm), called("head_starts", start), called("causes", "noise")] == [
        "lounge",
        "club",
        "noise",
    ]
    assert called("schemes", SimpleNamespace(name="club")) == "club"
    assert without(SECTIONS, ("service_rhythms.lounge",))["service_rhythms"] == SECTIONS["service_rhythms"][1:]


def test_what_was_never_there_or_cannot_be_missed_is_told():
    policy = merge([], CORE, Overrides(), version=1)
    policy = structs.replace(policy, service_items=SECTIONS["service_items"])

    def told(*names):
        return [problem.value for problem in unknown(policy, names)]

    assert told("care", "service_items.lounge", "service_items") == []
    assert told("complaints", "other", "service_items.other", "care.birthday") == [
        "complaints",
        "other",
        "service_items.other",
        "care.birthday",
    ]
    assert told("schemes.club") == ["schemes.club"]
