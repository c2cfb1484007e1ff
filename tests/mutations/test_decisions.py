"""Decisions of the code are changed everywhere they are, where they stand, and told by the tests that pass them."""

import functools
import json
import os
import subprocess
import sys
from types import FunctionType

import pytest
from mutating import decisions, passing
from mutating.decisions import Decision
from mutating.passing import Passing
from mutating.results import Result, Results
from mutating.rewriting import Source, put

from support import SERVERS

MODULE = '''
LIMIT = 3


def judged(score: int = 5, *others: int) -> str | None:
    """Whether it is enough."""
    if score < LIMIT and others:
        raise ValueError(f"{score + 1} is too little")
    for each in others:
        score += each
    return "good" if any(o > 0 for o in others if not o == 2) else None


class Told(list):
    def append(self, told):
        super().append(told)

    @property
    def lines(self):
        yield -1
'''
_TRY = """
import sys, time
from pathlib import Path
from mutating import deciding, decisions
from mutating.results import Results
test, folder = sys.argv[1], Path(sys.argv[2])
found = [one for one in decisions.decisions() if one.module == "policy.calendars"]
chosen = tuple(one for one in found if one.id in sys.argv[3:])
results = Results(folder / "results.jsonl")
passed = {test: {one.function: (1 << 99) - 1 for one in chosen}}
deciding.try_all(deciding.Deciding(chosen, results, time.monotonic() + 100, passed, {test: 0.1}, {}, folder / "log"))
"""


@pytest.fixture
def source(tmp_path):
    file = tmp_path / "judging.py"
    file.write_text(MODULE)
    return Source(file)


def living_in(source):
    """The module's functions, as if it had been imported."""
    space = {}
    exec(source.compiled(), space)
    return space, [each for each in space.values() if isinstance(each, FunctionType)]


def test_every_decision_of_a_function_is_changed_and_nothing_else(source):
    assert [(each.function, each.says, each.lines) for each in source.changes()] == [
        ("judged", "if score < LIMIT and others → if True", range(2, 3)),
        ("judged", "if score < LIMIT and others → if False", range(2, 3)),
        ("judged", "score < LIMIT and others → score < LIMIT or others", range(2, 3)),
        ("judged", "score < LIMIT and others → others", range(2, 3)),
        ("judged", "score < LIMIT and others → score < LIMIT", range(2, 3)),
        ("judged", "score < LIMIT → score <= LIMIT", range(2, 3)),
        ("judged", "raise ValueError(f'{score + 1} is too little') → pass", range(3, 4)),
        ("judged", "for each in others → for each in ()", range(4, 5)),
        ("judged", "score += each → pass", range(5, 6)),
        ("judged", "score += each → score -= each", range(5, 6)),
        (
            "judged",
            "return 'good' if any((o > 0 for o in others if not o == 2)) else None → return None",
            range(6, 7),
        ),
        ("judged", "'good' if any((o > 0 for o in others if not o == 2)) else None → 'good'", range(6, 7)),
        ("judged", "'good' if any((o > 0 for o in others if not o == 2)) else None → None", range(6, 7)),
        (
            "judged",
            "any((o > 0 for o in others if not o == 2)) → all((o > 0 for o in others if not o == 2))",
            range(6, 7),
        ),
        ("judged", "o > 0 → o >= 0", range(6, 7)),
        ("judged", "0 → 1", range(6, 7)),
        ("judged", "in others if not o == 2 → in others", range(6, 7)),
        ("judged", "not o == 2 → o == 2", range(6, 7)),
        ("judged", "o == 2 → o != 2", range(6, 7)),
        ("judged", "2 → 3", range(6, 7)),
        ("Told.append", "super().append(told) → pass", range(1, 2)),
        ("Told.lines", "yield (-1) → yield from ()", range(1, 2)),
        ("Told.lines", "-1 → 1", range(1, 2)),
        ("Told.lines", "1 → 2", range(1, 2)),
    ]


def test_a_function_is_changed_where_it_stands_and_no_other(source):
    space, functions = living_in(source)
    held = functools.lru_cache(space["judged"])
    change = {each.says: each for each in source.changes()}["o > 0 → o >= 0"]

    put(change.made(source), functions, "lines")
    before = held(4, 0)
    put(change.made(source), functions, "judged")
    held.cache_clear()

    assert (before, held(4, 0)) == (None, "good")


def test_a_method_may_lose_what_it_asks_of_its_class(source):
    space, _ = living_in(source)
    change = {each.says: each for each in source.changes()}["super().append(told) → pass"]
    told = space["Told"]()
    told.append("once")

    assert put(change.made(source), [space["Told"].append]) == 1
    told.append("twice")
    assert told == ["once"]
    assert put(source.compiled(), [space["Told"].append]) == 1
    assert put(source.compiled(), [space["judged"]], "elsewhere") == 0


def test_a_change_is_undone_once_it_is_made(source):
    codes = [source.compiled().co_code]
    for each in source.changes():
        assert each.made(source).co_consts != source.compiled().co_consts, each.says
        codes.append(source.compiled().co_code)

    assert len({*codes}) == 1


def test_decisions_are_told_apart_and_each_room_has_its_own():
    found = decisions.decisions()
    usual = decisions.usual(found)
    waits = [one.id for one in usual if one.id.startswith("decision sla.hours confirm:")]

    assert len({one.id for one in found}) == len(found)
    assert sum(one.module.startswith("policy.") for one in usual) == sum(
        one.module.startswith("policy.") for one in found
    )
    assert {
        room: sum(one.module.startswith(f"{room}.") for one in usual) > 0 for room in passing.ROOMS
    } == dict.fromkeys(passing.ROOMS, True)
    assert sum(one.module.startswith(("tiers.", "entitlements.", "approvals.")) for one in usual) == decisions.SAMPLE
    assert waits == []


def test_a_sample_is_the_same_for_the_same_seed_and_hardly_another_when_one_decision_goes():
    found = decisions.decisions()
    drawn = decisions.sample(found, 100, seed=1)
    without = decisions.sample([one for one in found if one is not drawn[0]], 100, seed=1)

    assert decisions.sample(found, 100, seed=1) == drawn
    assert [one.id for one in drawn if one not in without] == [drawn[0].id]
    assert decisions.sample(found, 100, seed=2) != drawn


def test_the_statements_a_test_passes_are_noted():
    noted = Passing()
    noted.places += [("policy.money to_minor", 2), ("policy.money to_minor", 9)]

    noted.now |= {0, 1}

    assert noted.take() == {"policy.money to_minor": 1 << 2 | 1 << 9}
    assert noted.take() == {}


def test_what_is_passed_replaces_what_was_known_of_its_file(tmp_path):
    file = tmp_path / "passes.json"
    passing.write(file, {"tests/a.py::one": {"x f": 3}, "tests/b.py::one": {"x f": 1, "y g": 5}})
    passing.write(file, {"tests/a.py::two": {"y g": 2}})

    assert passing.read(file) == {"tests/b.py::one": {"x f": 1, "y g": 5}, "tests/a.py::two": {"y g": 2}}


def test_who_passes_the_statement_comes_in_turns_of_the_files_what_computes_first():
    one = next(one for one in decisions.decisions() if one.function == "policy.money to_minor")
    at = 1 << one.change.lines.start
    wide = {one.function: at, "policy.money from_minor": 7}
    passed = {
        "tests/core/a.py::near": {one.function: at},
        "tests/core/a.py::far": wide,
        "tests/core/b.py::far": wide,
        "tests/policy/c.py::far": wide,
        "tests/policy/c.py::elsewhere": {one.function: at << 1},
        "tests/core/b.py::noticed": {**wide, "policy.money x": 1},
        "tests/core/b.py::computes": {**wide, "policy.money x": 1},
        "tests/core/policy/d.py::far": {**wide, "policy.money x": 1},
    }

    takes_s = dict.fromkeys(passed, 0.1) | {"tests/core/b.py::computes": 0.002}
    found = decisions.candidates(one, passed, takes_s, ["tests/core/b.py::noticed"])

    assert found == [
        "tests/core/b.py::noticed",
        "tests/policy/c.py::far",
        "tests/core/b.py::computes",
        "tests/core/policy/d.py::far",
        "tests/core/a.py::near",
        "tests/core/b.py::far",
        "tests/core/a.py::far",
    ]


def test_a_change_of_lines_concerns_the_decisions_on_them(monkeypatch):
    one = next(one for one in decisions.decisions() if one.function == "policy.money to_minor")
    line = one.source.functions["to_minor"].lineno + one.change.lines.start
    said = {"core/guibin/policy/money.py": f"@@ -1 +{line} @@\n+x\n@@ -7,0 +{line + 500},3 @@\n"}
    monkeypatch.setattr(decisions, "git", lambda *words: said.get(words[-1], ""))

    found = decisions.changed(decisions.decisions(), "HEAD")

    assert one.id in {each.id for each in found}
    assert {each.change.lines.start for each in found} == {one.change.lines.start}
    assert {each.function for each in found} == {"policy.money to_minor"}


def test_a_verdict_holds_until_the_function_is_another(tmp_path, source, monkeypatch):
    results = Results(tmp_path / "results.jsonl")
    one = Decision("judging", next(source.changes()), 1)
    monkeypatch.setattr(decisions.passing, "all_sources", lambda: {"judging": source})
    decisions._text.cache_clear()
    results.add(one.settled(Result(one.id, "killed", by="tests/policy/test_clocks.py::test_it")))
    before = one.verdict(results)
    source.functions["judged"].body.pop()
    decisions._text.cache_clear()

    assert (before, one.verdict(results)) == ("killed", None)
    decisions._text.cache_clear()


def report_of(tmp_path, capsys, monkeypatch, *verdicts, allowed=()):
    """The exit code and what is printed when so many are killed or survive."""
    results = Results(tmp_path / "results.jsonl")
    chosen = [one for one in decisions.decisions() if one.module == "policy.money"][: len(verdicts)]
    for one, verdict in zip(chosen, verdicts, strict=True):
        results.add(one.settled(Result(one.id, verdict)))
    monkeypatch.setattr(decisions, "allowed", lambda: {chosen[place].id: "the same" for place in allowed})
    return decisions.report(chosen, results), capsys.readouterr().out


def test_nine_of_ten_are_enough_and_eight_are_not(tmp_path, capsys, monkeypatch):
    nine = report_of(tmp_path, capsys, monkeypatch, *["killed"] * 9, "survived")
    eight = report_of(tmp_path, capsys, monkeypatch, *["killed"] * 8, *["survived"] * 2)
    with_a_reason = report_of(tmp_path, capsys, monkeypatch, *["killed"] * 8, *["survived"] * 2, allowed=[9])
    needless = report_of(tmp_path, capsys, monkeypatch, *["killed"] * 9, "survived", allowed=[0])

    assert "decisions of all policy: 9 of 10 (90.0 %)\nSURVIVED decision policy.money" in nine[1]
    assert "core/guibin/policy/money.py:" in nine[1]
    assert [nine[0], eight[0], with_a_reason[0], needless[0]] == [0, 1, 0, 1]


def test_a_fork_has_the_change_and_its_neighbour_has_not(servers, tmp_path):
    test = "tests/policy/test_clocks.py::test_a_make_up_saturday_in_may"
    wanted = [
        "decision policy.calendars open_spans: closes > at → closes >= at",
        "decision policy.calendars open_spans: max(opens, at) → min(opens, at)",
        "decision policy.calendars open_spans: yield (max(opens, at), closes) → yield from ()",
    ]
    env = os.environ | {"PYTHONPATH": "tests/support", SERVERS: json.dumps(servers)}

    subprocess.run(
        [sys.executable, "-c", _TRY, test, str(tmp_path), *wanted], cwd=passing.ROOT, env=env, check=True, timeout=300
    )
    known = Results(tmp_path / "results.jsonl").known

    assert {name: (result.verdict, result.by) for name, result in known.items()} == {
        wanted[0]: ("survived", ""),
        wanted[1]: ("killed", test),
        wanted[2]: ("killed", f"{test}, which never ends"),
    }
