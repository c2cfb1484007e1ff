"""The tree, its proofs and the form of its leaves against the RFCs: their published vectors, and a second reading of them."""

import base64
import json
import struct

import pytest
import rfc6962
from hypothesis import given
from hypothesis import strategies as st

from guibin.evidence.proofs import NoProof, consistency, decomposed, inclusion, refuse_inconsistent, root_from
from guibin.evidence.verify import Growing, Key, canonical, leaf_hash

# certificate-transparency's test vectors.
LEAVES = [bytes.fromhex(each) for each in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"
)]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
# RFC 8785, appendix B.
NUMBERS = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333",
    "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}


def grown(leaves):
    log = Growing()
    for leaf in leaves:
        list(log.add(0, leaf_hash(leaf)))
    return log


def roots(spans, leaves):
    return [grown(leaves[begin:end]).root() for begin, end in spans]


@pytest.mark.parametrize("size", range(9))
def test_the_published_roots_are_ours(size):
    assert grown(LEAVES[:size]).root().hex() == ROOTS[size] == rfc6962.mth(LEAVES[:size]).hex()


def test_the_published_example_is_written_as_it_is_published():
    given = (
        '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],'
        '"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}'
    )

    assert canonical(json.loads(given)).decode() == (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_names_are_sorted_by_their_utf_16_units():
    given = {"€": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
             "😀": "Emoji: Grinning Face", "\x80": "Control", "ö": "Latin Small Letter O With Diaeresis"}  # fmt: skip

    assert list(json.loads(canonical(given)).values()) == [
        "Carriage Return",
        "One",
        "Control",
        "Latin Small Letter O With Diaeresis",
        "Euro Sign",
        "Emoji: Grinning Face",
        "Hebrew Letter Dalet With Dagesh",
    ]


@pytest.mark.parametrize("bits", NUMBERS)
def test_numbers_are_written_as_published(bits):
    (value,) = struct.unpack(">d", bytes.fromhex(bits))

    assert canonical(value).decode() == NUMBERS[bits]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53, "\ud800", {1, 2}])
def test_what_has_no_form_is_refused(value):
    with pytest.raises(ValueError):
        canonical(value)


def test_the_published_signed_note_is_held_by_its_key():
    key = Key.of("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    text = b"If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    signature = base64.b64decode(
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    )

    assert (key.id, signature[:4]) == (bytes.fromhex("c74f20a3"),) * 2
    assert key.holds(text, signature[4:])
    assert not key.holds(text + b"\n", signature[4:])


@pytest.mark.parametrize("text", ["", "witness", "witness+", "witness+00000000+", "witness+00000000+AQ=="])
def test_what_is_no_key_is_refused_as_such(text):
    with pytest.raises(ValueError):
        Key.of(text)


@given(st.lists(st.binary(max_size=4), min_size=1, max_size=70), st.data())
def test_every_inclusion_is_what_the_rfc_says_and_holds_for_its_leaf_alone(leaves, data):
    place = data.draw(st.integers(0, len(leaves) - 1))
    found = roots(inclusion(place, len(leaves)), leaves)

    assert found == rfc6962.path(place, leaves)
    assert root_from(leaf_hash(leaves[place]), place, len(leaves), found) == rfc6962.mth(leaves)
    assert rfc6962.included(leaves[place], place, len(leaves), found) == rfc6962.mth(leaves)
    assert root_from(leaf_hash(leaves[place] + b"!"), place, len(leaves), found) != rfc6962.mth(leaves)
    with pytest.raises(NoProof):
        root_from(leaf_hash(leaves[place]), place, len(leaves), [*found, b"\0" * 32])


@pytest.mark.parametrize("size", range(1, 34))
def test_every_two_sizes_of_a_log_are_proved_consistent_and_those_of_another_are_not(size):
    leaves = [bytes([n]) for n in range(size)]
    for before in range(1, size + 1):
        found = roots(consistency(before, size), leaves)
        forked = rfc6962.mth([b"forked", *leaves[1:before]])

        assert found == rfc6962.proof(before, leaves)
        refuse_inconsistent((before, rfc6962.mth(leaves[:before])), (size, rfc6962.mth(leaves)), found)
        for wrong in ((before, forked, found), (before, rfc6962.mth(leaves[:before]), [*found, b"\0" * 32])):
            with pytest.raises(NoProof):
                refuse_inconsistent(wrong[:2], (size, rfc6962.mth(leaves)), wrong[2])
        for place in range(len(found)):
            other = [*found[:place], b"\0" * 32, *found[place + 1 :]]
            with pytest.raises(NoProof):
                refuse_inconsistent((before, rfc6962.mth(leaves[:before])), (size, rfc6962.mth(leaves)), other)


@given(st.integers(0, 5_000), st.integers(0, 5_000))
def test_a_span_is_whole_trees_from_left_to_right(first, second):
    begin, end = sorted((first, second))
    at = begin
    for level, place in decomposed(begin, end):
        assert place << level == at
        at += 1 << level

    assert at == end
