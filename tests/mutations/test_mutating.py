"""The mutations can be made, each takes out what it says, and nothing that registers itself is left out of them."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

from mutating import choosing, touches
from mutating.mutations import mutations
from mutating.registries import NO_REGISTRIES, REGISTRIES

ROOT = Path(__file__).parents[2]
# In a process of its own, which forks for each: a mutation stays.
_TAKE_OUT = """
import os, sys
from guibin.packs import Packs, installed
from mutating.mutations import mutations
packs = Packs(installed())
for one in mutations(packs):
    if one.id in sys.argv[1:]:
        pid = os.fork()
        if not pid:
            one.take_out()
            os._exit(any(other.id == one.id for other in mutations(packs)))
        print(one.id, os.waitpid(pid, 0)[1], sep=": ")
"""
EXAMPLES = (
    "rhythm prepare_care",
    "reaction insight.tell_breach to DeadlineBreached",
    "listener sender of notices: messages.staff_mail.mail_notice",
    "wall care_task",
    "wall card_movement also to_unit_id",
    "append-only audit_entry",
    "ending complaint begins kept",
    "permission customers:erase of DELETE /api/v1/customers/{customer_id:uuid}",
    "permission sight of the whole company of GET /api/v1/webhooks",
)


def registered():
    """Every module-level list or dict of the product that starts empty, or waits for values from rooms above by name: what
    something registers itself in."""
    found = set()
    for package in ("core/guibin", "tenants/guibin_tenants", *(str(p) for p in (ROOT / "plugins").glob("*/guibin_*"))):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.parse(path.read_text()).body:
                target = getattr(node, "target", None) or next(iter(getattr(node, "targets", ())), None)
                value = getattr(node, "value", None)
                empty = not getattr(value, "elts", True) or not getattr(value, "keys", True)
                named = getattr(getattr(value, "func", None), "id", "") == "NamedFromAbove"
                if (empty or named) and isinstance(target, ast.Name):
                    parts = path.relative_to((ROOT / package).parent).with_suffix("").parts
                    found.add((".".join(parts), target.id))
    return found


def test_every_registry_is_known():
    unknown = registered() - {*REGISTRIES, *NO_REGISTRIES}

    assert unknown == set(), "tests/support/mutating/registries.py: do slices register themselves in it, or why not?"


def test_there_is_a_mutation_of_every_kind(packs):
    count = {}
    for one in mutations(packs):
        count[one.kind] = count.get(one.kind, 0) + 1

    assert {kind for kind, number in count.items() if number >= 20} == {
        "rhythm",
        "reaction",
        "listener",
        "wall",
        "append-only",
        "ending",
        "permission",
    }


def test_a_mutation_leaves_nothing_of_what_it_takes_out():
    path = {"PYTHONPATH": str(ROOT / "tests" / "support")}
    done = subprocess.run(
        [sys.executable, "-c", _TAKE_OUT, *EXAMPLES], capture_output=True, text=True, env=path, check=False
    )

    assert sorted(done.stdout.splitlines()) == sorted(f"{name}: 0" for name in EXAMPLES), done.stderr


def test_the_likeliest_test_comes_first(packs):
    one = next(one for one in mutations(packs) if one.id == "rhythm prepare_care")
    seen = {
        "tests/a.py::asks": {"touches": ["asked prepare_care"], "took_s": 1.0, "passed": True, "of": ""},
        "tests/a.py::year": {
            "touches": ["ticked prepare_care", "ticked keep_cards"],
            "took_s": 1,
            "passed": True,
            "of": "",
        },
        "tests/a.py::day": {"touches": ["ticked prepare_care"], "took_s": 2.0, "passed": True, "of": ""},
        "tests/a.py::red": {"touches": ["ticked prepare_care"], "took_s": 0.1, "passed": False, "of": ""},
        "tests/a.py::other": {"touches": ["ticked keep_cards"], "took_s": 0.1, "passed": True, "of": ""},
    }

    chosen = choosing.could_notice(one, seen, last="", within_s=10)
    short = choosing.could_notice(one, seen, last="tests/a.py::asks", within_s=1.5)

    assert chosen.tests == ("tests/a.py::day", "tests/a.py::year", "tests/a.py::asks")
    assert (short.tests, short.could) == (("tests/a.py::asks",), 3)


def test_a_slow_test_takes_no_time_from_quick_ones_and_a_scenarios_name_is_no_folder(packs):
    one = next(one for one in mutations(packs) if one.id == "rhythm tell_overdue_measures")
    known = {"touches": ["ticked tell_overdue_measures"], "took_s": 0.2, "passed": True, "of": ""}
    more = known | {"touches": [*known["touches"], "ticked keep_cards"]}
    story, year = "tests/conformance/test_a.py::it[general/complaints/a_story]", "tests/core/complaints/test_a.py::year"
    seen = {
        year: known | {"took_s": 9.0},
        story: more,
        "tests/core/insight/test_a.py::day": known,
        "tests/core/complaints/test_a.py::day": more,
    }

    assert choosing.could_notice(one, seen, within_s=20).tests == (
        "tests/core/complaints/test_a.py::day",
        "tests/core/insight/test_a.py::day",
        story,
        year,
    )


def test_a_change_concerns_the_mutations_of_its_files(packs):
    def concerned(*changed, last=""):
        return {one.kind for one in mutations(packs) if choosing.touched_by(one, [*changed], "HEAD", last=last)}

    assert concerned("docs/care.md") == set()
    assert concerned("core/guibin/desks/tables.py") == {"wall"}
    assert concerned("core/guibin/cards/tables.py") == {"wall", "append-only", "ending"}
    assert "permission" in concerned("core/guibin/care/api.py")
    assert concerned("tenants/guibin_tenants/schema.py") == {"wall", "append-only", "ending"}
    assert "rhythm" in concerned("tests/core/care/test_care.py", last="tests/core/care/test_care.py::test_it")


def test_what_is_seen_replaces_what_was_known_of_its_file(tmp_path):
    file = tmp_path / "touches.json"
    seen = {"took_s": 1.0, "passed": True, "touches": []}
    touches.write(file, {"tests/a.py::one": dict(seen), "tests/b.py::one": dict(seen)})
    touches.write(file, {"tests/a.py::two": dict(seen)})

    assert set(touches.read(file)) == {"tests/a.py::two", "tests/b.py::one"}


def test_what_was_seen_of_a_file_that_is_gone_is_not_asked_for():
    here = "tests/mutations/test_mutating.py::test_there_is_a_mutation_of_every_kind"

    assert touches.present({here: {}, "tests/gone.py::test_it": {}}) == {here: {}}


def test_a_listener_is_missed_in_its_own_slice_first(packs):
    one = next(one for one in mutations(packs) if one.id == "listener at once: ConsentRecorded care.jobs.waive_at_once")
    known = {"touches": [*one.touches], "took_s": 1.0, "passed": True, "of": ""}
    more = known | {"touches": [*one.touches, "ticked prepare_care"]}
    seen = {"tests/core/campaigns/test_a.py::it": known, "tests/core/care/test_b.py::it": more}

    assert choosing.could_notice(one, seen, within_s=1.5).tests == ("tests/core/care/test_b.py::it",)


def test_modules_of_registries_are_there():
    for module, name in REGISTRIES:
        assert hasattr(import_module(module), name), f"{module}.{name} is no more: take it out of registries.py"
