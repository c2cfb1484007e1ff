"""What `guibin-verify` finds in a pack: whatever was altered, left out, added, doubled or moved, even by whoever has the key."""

import base64
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
import rfc6962
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from guibin.evidence import verify as verifying
from guibin.evidence.packs import planned
from guibin.evidence.verify import (
    COSIGNATURE,
    ED25519,
    PACK,
    SAYS,
    Key,
    Wrong,
    canonical,
    commitment,
    cosigned,
    encoded,
    verify,
)

LOG, WITNESS = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
KEY = Key("guibin/one", ED25519, LOG.public_key().public_bytes_raw())
WITNESS_KEY = Key("witness.example", COSIGNATURE, WITNESS.public_key().public_bytes_raw())
SALT = b"\x05" * 32


def leaf(n):
    value = {"tier": commitment(SALT, "tier", f"第{n}级"), "reason": commitment(SALT, "reason", "")}
    return {
        "kind": "membership",
        "id": f"id-{n}",
        "at": "2026-03-02",
        "customer": None,
        "plain": {"n": n},
        "sealed": value,
    }


def note(leaves, private=LOG, key=KEY):
    text = f"{key.name}\n{len(leaves)}\n{encoded(rfc6962.mth(leaves))}\n"
    return f"{text}\n— {key.name} {encoded(key.id + private.sign(text.encode()))}\n"


def cosigned_note(leaves, at=1_772_000_000):
    text = note(leaves).partition("\n\n")[0] + "\n"
    signature = at.to_bytes(8) + WITNESS.sign(cosigned(text, at))
    return f"{note(leaves)}— {WITNESS_KEY.name} {encoded(WITNESS_KEY.id + signature)}\n"


def lines_of(size, positions=None, sizes=None, scope=None):
    """The content of a pack over a log of that size, without its signature."""
    positions = range(size) if positions is None else positions
    leaves = [canonical(leaf(n)) for n in range(size)]
    scope = scope or {"kind": "span", "first": positions[0], "last": positions[-1]}
    head = {"evidence": verifying.FORMAT, "origin": KEY.name, "key": str(KEY), "witnesses": [str(WITNESS_KEY)],
            "scope": scope, "entries": len(positions), "size": size}  # fmt: skip
    found = [head]
    for kind, place, level in planned(positions, sizes or [size], size):
        if kind == "entry":
            opened = {"tier": [f"第{place}级", encoded(SALT)]}
            found.append({"entry": {"position": place, "leaf": leaf(place), "opened": opened}})
        elif kind == "tree":
            begin = level << place
            found.append({"tree": {"level": place, "hash": encoded(rfc6962.mth(leaves[begin : begin + (1 << place)]))}})
        else:
            found.append({"checkpoint": cosigned_note(leaves[:place])})
    return found


def signed(found, private=LOG):
    body = b"".join(canonical(each) + b"\n" for each in found)
    return body + canonical({"signature": encoded(private.sign(PACK + hashlib.sha256(body).digest()))}) + b"\n"


def wrong(content, **known):
    with pytest.raises(Wrong) as caught:
        verify(content.splitlines(keepends=True), **known)
    caught.value.says  # noqa: B018
    return caught.value.says


def test_a_pack_says_what_it_proves():
    found = verify(signed(lines_of(7, sizes=[3, 7])).splitlines(keepends=True), key=KEY, witnesses=[WITNESS_KEY])

    assert dict(verifying.sentences(found, pinned=True)) == {
        "intact": {"origin": "guibin/one", "key": KEY.id.hex()},
        "span": {"count": 7, "first": 0, "last": 6},
        "consistent": {"count": 2, "first": 3, "last": 7},
        "cosigned": {"name": "witness.example", "size": 7, "at": "2026-02-25T06:13:20+00:00"},
        "opened": {"count": 7, "closed": 7},
    }


@pytest.mark.parametrize("change", [1, 0x20, 0x80])
def test_any_byte_that_was_altered_is_found(change):
    content = signed(lines_of(5, [1, 3], [2, 5], {"kind": "chosen", "by": "customer", "id": "x"}))
    verify(content.splitlines(keepends=True), key=KEY)

    for place in range(len(content)):
        altered = content[:place] + bytes([content[place] ^ change]) + content[place + 1 :]
        try:
            verify(altered.splitlines(keepends=True), key=KEY)
        except Wrong:
            continue
        pytest.fail(f"byte {place} of {content[place - 20 : place + 20]!r} was altered and not found")


@pytest.mark.parametrize("place", range(1, 1 + 9))
@pytest.mark.parametrize("how", ["dropped", "doubled", "moved", "added"])
def test_whoever_has_the_key_and_signs_again_is_found_out_by_the_places(how, place):
    found = lines_of(8)
    each = found[place]
    match how:
        case "dropped":
            del found[place]
        case "doubled":
            found.insert(place, each)
        case "moved":
            found[place], found[place - 1 or 2] = found[place - 1 or 2], found[place]
        case "added":
            found.insert(place, {"entry": {"position": place - 1, "leaf": leaf(99), "opened": {}}})

    assert wrong(signed(found), key=KEY) in ("place", "root", "cut", "malformed")


@given(st.integers(1, 40), st.data())
@settings(max_examples=60)
def test_any_entry_that_was_rewritten_is_found_by_the_checkpoint(size, data):
    place = data.draw(st.integers(0, size - 1))
    sizes = sorted(data.draw(st.sets(st.integers(1, size))) | {size})
    content = lines_of(size, sizes=sizes)
    entry = next(each["entry"] for each in content if each.get("entry", {}).get("position") == place)
    entry["leaf"]["plain"]["n"] += 1

    assert wrong(signed(content), key=KEY) == "root"


@given(st.integers(1, 40), st.data())
@settings(max_examples=60)
def test_a_second_verifier_that_knows_the_rfcs_alone_agrees(size, data):
    positions = sorted(data.draw(st.sets(st.integers(0, size - 1), min_size=1)))
    sizes = sorted(data.draw(st.sets(st.integers(1, size))) | {size})
    content = lines_of(size, positions, sizes, {"kind": "chosen", "by": "customer", "id": "x"})
    whole = signed(content)
    line = data.draw(st.integers(1, len(content) - 1))
    dropped = signed([*content[:line], *content[line + 1 :]])

    assert verify(whole.splitlines(keepends=True), key=KEY).entries == len(positions)
    assert rfc6962.read_pack(whole, KEY.public) is True
    if "checkpoint" not in content[line]:
        assert rfc6962.read_pack(dropped, KEY.public) is False
        assert wrong(dropped, key=KEY)


def test_a_forked_log_a_cut_off_tail_and_another_key_are_found():
    content = lines_of(6, sizes=[4, 6])
    other = Ed25519PrivateKey.generate()
    forked = [canonical(leaf(n)) for n in (0, 1, 2, 99)]

    assert wrong(signed([{"checkpoint": note(forked)} if each.get("checkpoint", "").startswith(f"{KEY.name}\n4\n") else each
                         for each in content])) == "root"  # fmt: skip
    assert wrong(signed(content[:-1])) == "cut"
    assert wrong(signed(content)[: -len(signed(content).splitlines()[-1]) - 1]) == "cut"
    assert wrong(signed(content)[:-1]) == "cut"
    assert wrong(signed(content) + b"{}\n") == "after"
    assert wrong(signed(content, other)) == "signature"
    assert wrong(signed(content), key=Key(KEY.name, ED25519, other.public_key().public_bytes_raw())) == "key"


def test_an_opened_value_that_is_not_the_one_written_down_is_found():
    content = lines_of(2)
    content[1]["entry"]["opened"]["tier"][0] = "第一级"

    assert wrong(signed(content)) == "opening"


def test_an_entry_that_says_it_stands_elsewhere_is_found():
    content = lines_of(4)
    content[2]["entry"]["position"] = 3

    assert wrong(signed(content)) == "place"


def test_an_entry_of_a_span_cannot_be_shown_as_a_hash_alone():
    content = lines_of(4)
    content[2] = {"tree": {"level": 0, "hash": encoded(rfc6962.h(b"\0", canonical(leaf(1))))}}

    assert wrong(signed(content)) == "gap"


def test_a_checkpoint_that_the_reader_holds_is_compared():
    leaves = [canonical(leaf(n)) for n in range(6)]
    found = verify(signed(lines_of(6, sizes=[4, 6])).splitlines(keepends=True))
    held = dict.fromkeys(("held_forked", "held_missing", "key"))
    others = {
        "held_forked": note([*leaves[:3], b"x"]),
        "held_missing": note(leaves[:5]),
        "key": note(leaves[:4], WITNESS),
    }

    for name in held:
        with pytest.raises(Wrong) as caught:
            verifying.compare(found, others[name])
        held[name] = caught.value.says

    assert verifying.compare(found, note(leaves[:4])).size == 4
    assert held == {name: name for name in held}


def test_a_held_checkpoint_that_is_damaged_is_said_and_no_fault():
    whole = note([canonical(leaf(n)) for n in range(3)])
    found = verify(signed(lines_of(3)).splitlines(keepends=True))

    for place in range(len(whole)):
        for damaged in (whole[:place], f"{whole[:place]}\ufffd{whole[place + 1 :]}"):
            with pytest.raises(Wrong) as caught:
                verifying.compare(found, damaged, file="kept.note")
            assert caught.value.says in ("held_broken", "key"), damaged
    with pytest.raises(Wrong) as caught:
        verifying.compare(found, whole[:-9], file="kept.note")
    assert verifying.SAYS[caught.value.says][1].format(**caught.value.values) == (
        "The checkpoint that you hold, kept.note, is damaged: it is no signed note."
    )


def test_a_forged_cosignature_is_found():
    content = lines_of(3)
    text, rest = content[-1]["checkpoint"].split("\n\n")
    log, witness = rest.splitlines()
    forged = base64.b64decode(witness.split(" ")[2])
    forged = forged[:11] + bytes([forged[11] ^ 1]) + forged[12:]
    content[-1]["checkpoint"] = f"{text}\n\n{log}\n— {WITNESS_KEY.name} {encoded(forged)}\n"

    assert wrong(signed(content)) == "cosignature"


def test_the_one_file_runs_alone_and_says_it_in_both_languages(tmp_path):
    alone = tmp_path / "guibin-verify.py"
    alone.write_bytes(Path(verifying.__file__).read_bytes())
    pack, held = tmp_path / "pack.jsonl", tmp_path / "checkpoint"
    pack.write_bytes(signed(lines_of(3)))
    held.write_text(note([canonical(leaf(n)) for n in range(3)]), encoding="utf-8")

    def run(*words):
        command = [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {_libraries()!r}; sys.argv[0] = 'guibin-verify'; "
                   f"exec(compile(open({str(alone)!r}, encoding='utf-8').read(), 'guibin-verify', 'exec'))"]  # fmt: skip
        return subprocess.run([*command, str(pack), *words], capture_output=True, text=True, check=False, cwd=tmp_path)

    whole = run("--language", "zh", "--key", str(KEY), "--witness", str(WITNESS_KEY), "--checkpoint", str(held))
    english = run("--language", "en")
    nowhere = run("--language", "en", "--checkpoint", str(tmp_path / "nowhere"))
    pack.write_bytes(pack.read_bytes().replace("第0级".encode(), "第9级".encode()))
    altered = run("--language", "en")
    pack.unlink()
    gone = run("--language", "zh")

    assert (nowhere.returncode, gone.returncode, nowhere.stderr + gone.stderr) == (1, 1, "")
    assert nowhere.stdout.startswith(f"{tmp_path / 'nowhere'} cannot be read: ")
    assert gone.stdout.startswith(f"打不开 {pack}：")
    assert (whole.returncode, english.returncode, altered.returncode) == (0, 0, 1), whole.stderr + english.stderr
    assert "第 0 至 2 条全部在内，共 3 条，一条不缺，次序未变。" in whole.stdout
    assert "与你手中 3 条的检查点一致。" in whole.stdout
    assert "Entries 0 to 2 are all here, 3 of them" in english.stdout
    assert altered.stdout == "Line 2: the opened tier is not the value that was written down.\n"


def _libraries():
    """Where `cryptography` is, with nothing of the product beside it."""
    import cffi
    import cryptography

    return sorted({str(Path(each.__file__).parents[1]) for each in (cryptography, cffi)})


def test_the_one_file_imports_nothing_but_python_and_cryptography():
    import ast

    tree = ast.parse(Path(verifying.__file__).read_text())
    named = {each.module for each in ast.walk(tree) if isinstance(each, ast.ImportFrom)}
    named |= {alias.name for each in ast.walk(tree) if isinstance(each, ast.Import) for alias in each.names}

    assert {each.partition(".")[0] for each in named} - set(sys.stdlib_module_names) == {"cryptography"}


def test_every_sentence_is_there_in_both_languages_with_the_same_values():
    import string

    for zh, en in SAYS.values():
        assert zh != en
        assert {f for _, f, *_ in string.Formatter().parse(zh)} - {None} == {
            f for _, f, *_ in string.Formatter().parse(en)
        } - {None}


NEXT = Ed25519PrivateKey.from_private_bytes(b"\x09" * 32)
NEXT_KEY = Key(KEY.name, ED25519, NEXT.public_key().public_bytes_raw())


def pack_of(*, handed_over_at=4, size=8, second_alone=True, keys=(KEY, NEXT_KEY)):
    """A pack whose log changed its key at a size."""
    leaves = [canonical(leaf(n)) for n in range(size)]
    head, *rest = lines_of(size, sizes=[2, 4, 6, 8])
    found = [head | {"key": str(keys[0]), "later_keys": [str(each) for each in keys[1:]]}]
    for each in rest:
        if "checkpoint" in each:
            at = verifying.Note.of(each["checkpoint"]).size
            text = f"{KEY.name}\n{at}\n{encoded(rfc6962.mth(leaves[:at]))}\n"
            lines = {
                key: f"— {key.name} {encoded(key.id + private.sign(text.encode()))}"
                for key, private in ((KEY, LOG), (NEXT_KEY, NEXT))
            }
            if at < handed_over_at:
                signs = [KEY]
            else:
                signs = [KEY, NEXT_KEY] if at == handed_over_at else [NEXT_KEY] if second_alone else [KEY]
            each = {"checkpoint": "\n".join((text, *(lines[key] for key in signs), ""))}
        found.append(each)
    return found


@pytest.mark.parametrize("known", [KEY, NEXT_KEY, None])
def test_a_pack_over_a_change_of_keys_verifies_for_whoever_knows_either(known):
    assert verify(signed(pack_of(), NEXT).splitlines(keepends=True), key=known).key == NEXT_KEY


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (lambda: signed(pack_of(), LOG), "signature"),
        (lambda: signed(pack_of(second_alone=False), NEXT), "note"),
        (lambda: signed(pack_of(handed_over_at=5), NEXT), "note"),
        (lambda: signed(pack_of(handed_over_at=9), NEXT), "cut"),
        (lambda: signed(pack_of(keys=(NEXT_KEY, KEY)), LOG), "note"),
        (lambda: signed(pack_of(keys=(KEY,)), LOG), "note"),
    ],
    ids=[
        "signed by the former",
        "former goes on",
        "nobody handed over",
        "never handed over",
        "turned round",
        "not named",
    ],
)
def test_whatever_is_no_chain_is_found(content, says):
    assert wrong(content()) == says


def test_a_key_outside_the_chain_is_not_the_logs():
    other = Key(KEY.name, ED25519, Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    assert wrong(signed(pack_of(), NEXT), key=other) == "key"
