"""What a policy finds by name, which titles it wants, what it finds wrong in itself, and what is left of it with fewer schemes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from known_parts import KNOWN, wrong
from msgspec import Struct
from msgspec.structs import replace

from guibin.policy.cadence import Cadence
from guibin.policy.cards import CardKind, CardQuota, Sponsorship
from guibin.policy.criteria import Metric
from guibin.policy.fields import ArchiveField
from guibin.policy.hotline import HotlinePolicy, HotlineRoute
from guibin.policy.looking import UnusualLookRule
from guibin.policy.packs import Overrides, Pack, merge
from guibin.policy.parts import PolicyPart
from guibin.policy.quality import ArchiveRule
from guibin.policy.texts import Text
from guibin.policy.tiers import Dimension, Tier, TierScheme
from guibin.regulations.core import CORE

WHOLE = merge([], CORE, Overrides(), version=0)
SECTIONS = {
    "part": "parts",
    "service_item": "service_items",
    "card": "cards",
    "proof": "proofs",
    "activity": "activities",
    "form": "forms",
    "department_task": "department_tasks",
    "register": "registers",
    "approval": "approvals",
}
NAMES = st.sampled_from(("gold", "silver", "club", "guests"))


class Called(Struct):
    name: str


def scheme(name, *tiers):
    return TierScheme(name, metrics=(), customer_kinds=("person",), tiers=tuple(map(Tier, tiers)))


@pytest.mark.parametrize("finds", SECTIONS)
@given(st.lists(NAMES, unique=True), NAMES)
def test_a_part_is_found_by_its_own_name_and_by_no_other(finds, names, asked):
    parts = [Called(name) for name in names]
    policy = replace(WHOLE, **{SECTIONS[finds]: tuple(parts)})

    assert getattr(policy, finds)(asked) is (parts[names.index(asked)] if asked in names else None)


@given(st.lists(NAMES, unique=True), NAMES)
def test_a_scheme_is_found_by_its_own_name_and_by_no_other(names, asked):
    policy = replace(WHOLE, schemes=tuple(scheme(name) for name in names))

    assert policy.scheme(asked) == (scheme(asked) if asked in names else None)


@given(st.sets(st.sampled_from(("tier.gold", "club/tier.gold"))), st.sampled_from(("", "club", "guests")))
def test_a_title_is_the_scheme_s_own_before_the_policy_s_and_else_its_key(there, of):
    said = {"tier.gold": Text("金", "Gold"), "club/tier.gold": Text("金卡", "Gold Card")}
    policy = replace(WHOLE, texts={key: said[key] for key in there})
    nearest = next((key for key in (f"{of}/tier.gold", "tier.gold") if key in there), "")

    assert policy.title("tier.gold", "en", scheme=of) == (said[nearest].en if nearest else "tier.gold")
    assert policy.title("tier.gold", "zh-CN", scheme=of) == (said[nearest].zh if nearest else "tier.gold")


def test_what_has_no_struct_of_its_own_wants_a_title_too():
    said = {"customer_kinds": ("person", "club"), "fields": (ArchiveField("size"),), "topics": ("funds",)}
    titles = ["customer_kind.person", "customer_kind.club", "field.size", "topic.funds"]
    policy = replace(
        WHOLE,
        **said,
        archive_rules=(ArchiveRule("duplicate"),),
        unusual_looks=(UnusualLookRule(name="same_surname"),),
    )

    assert [*Pack(name="plain", regulation="x", **said).named_texts()] == titles
    assert [*policy.named_texts()] == [*titles, "archive_rule.duplicate", "unusual_look.same_surname"]


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ({"enabled_schemes": ("club", "guests")}, [("enabled_schemes", "guests")]),
        ({"enabled_schemes": ("club",)}, []),
        ({"organisations": ("company", "school")}, [("organisations", "school")]),
        ({"parts": (PolicyPart("tiers", ("schemes.club", "cards"), ("head",)),)}, []),
        (
            {"parts": (PolicyPart("tiers", ("cards", "workstreams", "clubs.club"), ("head",)),)},
            [("parts.tiers", "workstreams"), ("parts.tiers", "clubs.club")],
        ),
    ],
)
def test_what_a_policy_says_of_what_is_not_there_is_named(said, where):
    assert wrong(replace(WHOLE, **said).check(KNOWN, "")) == where


def weighing(name, *tiers):
    """A scheme with a metric, weighed once under a name of its own and once under the metric's."""
    return replace(
        scheme(name, *tiers),
        metrics=(Metric("spent", "CNY"),),
        value_score=(Dimension("spent", 50, 0, 10, "loyalty"), Dimension("spent", 50, 0, 10)),
    )


def of(name, shown, *, schemes=None):
    """A pack with a scheme of its name that calls every part of it so."""
    keys = ("tier.gold", "metric.spent", "dimension.loyalty", "dimension.")
    return Pack(
        name=name,
        regulation="x",
        schemes=(weighing(name, "gold", "silver"),) if schemes is None else schemes,
        texts={key: Text(shown, shown) for key in keys} if shown else {},
    )


OWN_WORDS = ("tier.gold", "metric.spent", "dimension.loyalty")


@given(st.lists(st.sampled_from("金卡贵宾"), min_size=3, max_size=3), st.sampled_from((*OWN_WORDS, "")))
def test_a_scheme_is_called_as_its_own_pack_calls_it_unless_the_company_says_otherwise(shown, said):
    packs = [of(name, word) for name, word in zip(("club", "guests", "staff"), shown, strict=True)]
    own = Text("自", "own")

    texts = merge(packs, CORE, Overrides(texts={said: own} if said else {}), version=0).texts

    assert {key: text.zh for key, text in texts.items() if "/" in key} == {
        f"{pack.name}/{key}": word
        for pack, word in zip(packs, shown, strict=True)
        for key in OWN_WORDS
        if word != shown[-1] and key != said
    }
    assert not said or texts[said] == own


def test_a_pack_without_words_for_its_scheme_leaves_it_the_policy_s():
    texts = merge([of("club", ""), of("guests", "金")], CORE, Overrides(), version=0).texts

    assert [key for key in texts if "/" in key] == []
    assert texts["tier.gold"] == Text("金", "金")


BOTH = Pack(
    name="both",
    regulation="x",
    schemes=(scheme("club", "gold"), scheme("guests", "gold")),
    cadences=(Cadence("club", "gold", 30), Cadence("guests", "gold", 60)),
    cards=(
        CardKind("club_card", "club", "gold", "signing"),
        CardKind("guest_card", "guests", "gold", "signing"),
        CardKind("lent", "guests", "gold", "signing", sponsorship=Sponsorship("club", (CardQuota("gold", 2),))),
        CardKind("given", "guests", "gold", "signing", sponsorship=Sponsorship("guests", (CardQuota("gold", 2),))),
    ),
    hotline=HotlinePolicy(routes=(HotlineRoute("one", "club", ("gold",)), HotlineRoute("two", "guests", ("gold",)))),
)


@pytest.mark.parametrize(
    "own",
    [
        Overrides(enabled_schemes=("guests",)),
        Overrides(switched_off=("schemes.club",)),
        Overrides(switched_off=("care", "schemes.club")),
    ],
)
def test_whatever_hangs_on_a_scheme_goes_with_it(own):
    policy = merge([BOTH], CORE, own, version=4)

    assert [one.name for one in policy.schemes] == ["guests"]
    assert policy.enabled_schemes == ("guests",)
    assert [one.scheme for one in policy.cadences] == ["guests"]
    assert [one.name for one in policy.cards] == ["guest_card", "given"]
    assert [one.queue for one in policy.hotline.routes] == ["two"]
    assert policy.parts == WHOLE.parts
    assert policy.version == 4


@pytest.mark.parametrize("own", [Overrides(), Overrides(switched_off=("materials",))])
def test_a_company_that_leaves_no_scheme_out_has_all_of_them(own):
    policy = merge([BOTH, BOTH], CORE, own, version=0)

    assert (policy.enabled_schemes, policy.packs) == (None, ("both",))
    assert [len(policy.schemes), len(policy.cards), len(policy.hotline.routes)] == [2, 4, 2]
