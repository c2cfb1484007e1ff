"""Which tests could notice that an element of a policy is missing: those that say its name, what it is in, or prove its clause.

Candidates are every scenario's branches and whichever test does something in a company. What only compares a policy's values
with a copy of them is none: it would go red, and prove no behaviour.
"""

import inspect
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from functools import cache
from math import log
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct, structs

from guibin.conformance.elements import Element
from guibin.conformance.scenarios import Scenario

from .touches import ROOT

# Where tests of behaviour are; the others are about addresses, walls and pages.
FOLDERS = ("tests/conformance/test_scenarios.py", "tests/plugins", "tests/core")
# So many are run at most until an element counts as unnoticed, on a slow machine so many; of one test with many figures so many.
RUNS_MAX, RUNS_MIN, ALIKE_MAX = 32, 6, 4
# What a slow machine is: so much computing together, whatever others do on it.
TOGETHER_S = 8.0
# One that takes longer is not worth its while; of one that nobody has timed this is assumed.
EACH_S, UNTIMED_S = 4.0, 0.4
# Reads the policy to compare it: it would notice any element, and what is promised to nobody.
_COPIES = re.compile(
    r'get\(\s*f?"/api/v1/policy"|guibin\.regulations\.(?:core|general) import|all_packs\(\)\.value|from guibin_(?!tenants)\w+'
)
_PACKS = frozenset(path.name for path in (ROOT / "plugins").iterdir())
_PART = re.compile(r"[A-Za-z]+")
_WORD = re.compile(r"[A-Za-z_]\w*|\d+")
_CHINESE = re.compile(r"[\u4e00-\u9fff]+")
# The last field of the way to an element.
_FIELD = re.compile(r"([a-z_]+)(?:\[[^\]]*\])?$")


class Candidate(Struct, frozen=True, eq=False):
    """One test: `story` without its figures, the words it says itself, those of its figures, those of its file, the clauses it
    proves, the pack whose it is (the core's: "")."""

    item: pytest.Item
    test: str
    story: str
    words: frozenset[str]
    around: frozenset[str]
    rules: frozenset[str]
    pack: str
    took_s: float
    figures: frozenset[str] = frozenset()


def candidates(items: Sequence[pytest.Item], seen: Mapping[str, dict[str, Any]]) -> list[Candidate]:
    """Of what pytest collected, whatever tests behaviour and passes in time."""
    found = []
    for item in items:
        known = seen.get(item.nodeid, {})
        took_s = known.get("took_s", UNTIMED_S)
        if known.get("passed", True) and took_s <= EACH_S and _behaves(item):
            found.append(_candidate(item, took_s))
    return found


class Sought(Struct, frozen=True, kw_only=True):
    """The element whose absence is to be noticed, in whose policy; `near` is what elements and clauses around its name are
    called elsewhere in the policy."""

    element: Element
    whose: str
    near: frozenset[str]


def ranked(
    sought: Sought, found: Sequence[Candidate], worth: Mapping[str, float], first: Sequence[str]
) -> list[Candidate]:
    """The likeliest first, as many as may be run. `first` are tests that are tried before any: they noticed already, or
    noticed when what it is in was missing.
    """
    scored = [(each, _score(sought, each, worth)) for each in found if _near(sought.whose, each)]
    likely = sorted(
        (pair for pair in scored if pair[0].test in first or pair[1]),
        key=lambda pair: (_place(pair[0], first), -pair[1], pair[0].took_s),
    )
    alike: Counter[str] = Counter()
    chosen = []
    for each, _ in likely:
        alike[each.story] += 1
        if alike[each.story] <= ALIKE_MAX:
            chosen.append(each)
    return chosen[:RUNS_MAX]


def _place(each: Candidate, first: Sequence[str]) -> int:
    return first.index(each.test) if each.test in first else len(first)


def _near(whose: str, each: Candidate) -> bool:
    """Whether the test is about a company with this pack; what the core brings holds in every company, the general
    regulations where no pack says otherwise."""
    if whose == "core":
        return True
    if whose == "general":
        return each.pack in ("", whose)
    if each.pack:
        return whose == each.pack
    # The company of the core's tests has the cable-TV pack unless they say otherwise.
    return whose == "cable_tv" or whose in each.around


def _score(sought: Sought, each: Candidate, worth: Mapping[str, float]) -> float:
    """A word that few tests say is worth more than one that many do; what the element itself is called is worth most. Of a test
    with many figures those come first whose own figures say it."""
    element, near = sought.element, sought.near
    names, last = {*element.names[:-1]}, {*element.names[-1:]}
    field = _FIELD.search(element.place)
    names |= {field[1]} if field else set()
    names |= {element.place.partition("[")[0].partition(".")[0]}
    score = _worth(names, each.words, worth) + 3 * _worth(last, each.words, worth)
    score += 0.3 * _worth(names | last, each.around, worth) + 0.1 * _worth(near, each.words, worth)
    score += _worth(names, each.figures, worth) + 3 * _worth(last, each.figures, worth)
    return score + 4 * bool({*element.rules} & each.rules) + bool(near & each.rules)


def _worth(names: Set[str], words: frozenset[str], worth: Mapping[str, float]) -> float:
    return sum(worth.get(name, 0) for name in names & words)


def worth_of(found: Sequence[Candidate]) -> dict[str, float]:
    """What each word tells of what a test is about: the more, the fewer say it."""
    said = Counter(word for each in found for word in each.words)
    return {word: log(1 + len(found) / times) for word, times in said.items()}


def _behaves(item: pytest.Item) -> bool:
    return "world" in getattr(item, "fixturenames", ()) and not _COPIES.search(_text(item.path))


def _candidate(item: Any, took_s: float) -> Candidate:
    rules = frozenset(rule for mark in item.iter_markers("rule") for rule in mark.args)
    scenario = item.callspec.params.get("scenario") if hasattr(item, "callspec") else None
    if isinstance(scenario, Scenario):
        whose = item.callspec.id.partition("/")[0]
        said = [*_words_in(structs.asdict(scenario))]
        told = "\n".join(said)
        words = frozenset(said) | frozenset(_WORD.findall(told)) | frozenset(_within(told))
        story = f"{whose}/{scenario.file}/{scenario.name}"
        return Candidate(item, item.nodeid, story, words, words, frozenset(scenario.rules), whose, took_s)
    figures = repr(item.callspec.params) if hasattr(item, "callspec") else ""
    said = [inspect.getsource(item.function), item.name, figures]
    used = (item.function.__globals__.get(name) for name in item.function.__code__.co_names)
    said += [repr(value) for value in used if isinstance(value, tuple | list | dict)]
    name = item.nodeid.partition("[")[0]
    words = frozenset(_WORD.findall("\n".join(said))) | frozenset(_PART.findall(name))
    around = frozenset(_WORD.findall(_text(item.path)))
    own = frozenset(_WORD.findall(figures))
    return Candidate(item, item.nodeid, name, words, around, rules, _pack_of(item), took_s, own)


def _pack_of(item: Any) -> str:
    """By its folder, or by what it is called with; empty where it is not about one pack."""
    folder = item.path.parent.name if item.path.is_relative_to(ROOT / "tests" / "plugins") else ""
    called = getattr(item, "callspec", None)
    named = [part for part in re.split(r"[-/:. ]", called.id) if part in {*_PACKS, "general"}] if called else []
    return named[0] if named else folder if folder in _PACKS else ""


@cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _within(told: str) -> Iterator[str]:
    """Whatever two or three characters beside each other may be a word."""
    for run in _CHINESE.findall(told):
        yield from (run[at : at + long] for long in (2, 3) for at in range(len(run) - long + 1))


def _words_in(said: Any) -> Iterator[str]:
    if isinstance(said, str):
        yield said
    elif isinstance(said, Mapping):
        yield from said
        for value in said.values():
            yield from _words_in(value)
    elif isinstance(said, list | tuple):
        for value in said:
            yield from _words_in(value)
    elif isinstance(said, Struct):
        yield from _words_in(structs.asdict(said))
