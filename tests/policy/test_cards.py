"""What a pack says of its cards is checked before anybody goes by it."""

import pytest
from card_pack import GOLD, PACK
from msgspec.structs import replace

from guibin.policy.cards import CardKind, CardQuota, ProofKind, RealName
from guibin.policy.packs import Overrides, decode_pack, encode_pack, merge
from guibin.policy.validation import validate
from guibin.regulations.core import CORE

CARD, ORDERED, SPONSORED = PACK.cards


def with_card(**changes):
    return replace(PACK, cards=(replace(CARD, **changes),))


def with_sponsorship(**changes):
    return replace(PACK, cards=(replace(SPONSORED, sponsorship=replace(SPONSORED.sponsorship, **changes)),))


def test_a_pack_with_cards_is_sound_and_survives_json():
    assert validate(PACK) == ()
    assert decode_pack(encode_pack(PACK)) == PACK


@pytest.mark.parametrize(
    ("pack", "path"),
    [
        (with_card(tier="king"), "cards.gold_card"),
        (with_card(approval="join"), "cards.gold_card"),
        (with_card(approval=""), "cards.gold_card"),
        (with_card(quantity_approval="card"), "cards.gold_card"),
        (with_card(months=0), "cards.gold_card.months"),
        (with_card(warn_days=-1), "cards.gold_card.warn_days"),
        (with_card(exchange_days=-1), "cards.gold_card.exchange_days"),
        (with_card(real_name=RealName("passport")), "cards.gold_card.real_name"),
        (with_card(real_name=RealName("identity_number", ("passprt",))), "cards.gold_card.real_name"),
        (with_card(name="unnamed"), "texts"),
        (with_sponsorship(scheme="personal", quotas=(CardQuota("king", 1),)), "cards.executive_card.sponsorship"),
        (with_sponsorship(quotas=()), "cards.executive_card.sponsorship"),
        (with_sponsorship(quotas=(CardQuota(GOLD, 1), CardQuota(GOLD, 2))), "cards.executive_card.sponsorship"),
        (with_sponsorship(quotas=(CardQuota(GOLD, -1),)), "cards.executive_card.sponsorship"),
        (with_sponsorship(notice_days=-1), "cards.executive_card.sponsorship"),
        (replace(PACK, proofs=(ProofKind("device", by="field", field="name"),)), "proofs.device"),
        (replace(PACK, proofs=(ProofKind("device", by="card", field="device_number"),)), "proofs.device"),
        (replace(PACK, cards=(CARD, CARD)), "cards"),
    ],
)
def test_a_contradiction_is_named_with_its_place(pack, path):
    assert path in [problem.path for problem in validate(pack)]


def test_a_company_changes_a_card_by_its_name():
    own = replace(CARD, months=12)

    policy = merge([PACK], CORE, Overrides(cards=(own, CardKind("black", "personal", "gold", "card"))), version=1)

    assert [card.name for card in policy.cards] == ["gold_card", "diamond_card", "executive_card", "black"]
    assert policy.card("gold_card") == own
    assert [proof.name for proof in policy.proofs] == ["card", "e_card", "device", "identity_document"]
