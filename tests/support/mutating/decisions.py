"""Every decision of the code that is changed to see whether a test notices: all of `policy` and whatever `sla` computes without
waiting for the database, and a sample of the tiers, entitlements and approvals.
"""

import ast
import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache

from msgspec import Struct, structs

from . import passing
from .choosing import git, test_files
from .passing import Passed
from .results import ALLOWED, Result, Results, allowed, hash_of
from .rewriting import Change, Source
from .touches import ROOT, fingerprint

# Tests that could notice: what computes, and what does something in a company.
FOLDERS = ("tests/policy", "tests/core", "tests/plugins", "tests/conformance/test_scenarios.py")
# The rooms whose every decision is tried, and of the others so many, always the same.
WHOLE, SAMPLE = ("policy", "sla"), 300
# Outside of tests/policy one that takes no longer has no company: it only computes.
COMPUTES_S = 0.01
# The share that has to be noticed.
TARGET = 0.9
_HUNK = re.compile(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", re.M)


class Decision(Struct, frozen=True, eq=False):
    """One change of the function of a module such as `policy.terms`; `number` tells it from its likes."""

    module: str
    change: Change
    number: int

    @property
    def id(self) -> str:
        """What it is called in the results; the same wherever in its file the function stands."""
        number = f" ({self.number})" if self.number > 1 else ""
        return f"decision {self.function}: {self.change.says}{number}"

    @property
    def function(self) -> str:
        """The module and the function in it."""
        return f"{self.module} {self.change.function}"

    @property
    def source(self) -> Source:
        """The module whose it is."""
        return passing.all_sources()[self.module]

    def settled(self, result: Result) -> Result:
        """The same for as long as it holds: a kill until the function or who noticed is another, all else until any test is."""
        return structs.replace(result, of=self._of(result))

    def verdict(self, results: Results) -> str | None:
        """What is known of it, if that still holds."""
        known = results.known.get(self.id)
        return known.verdict if known and known.of == self._of(known) else None

    def _of(self, result: Result) -> str:
        noticed = "::" in result.by
        return hash_of([_text(self.function), fingerprint(result.by.partition("::")[0]) if noticed else _every_test()])


def decisions() -> list[Decision]:
    """All of them, in the order of the modules and lines."""
    found = []
    for module, source in passing.all_sources().items():
        counts: Counter[tuple[str, str]] = Counter()
        for change in source.changes():
            if not (module.startswith("sla.") and isinstance(source.functions[change.function], ast.AsyncFunctionDef)):
                counts[change.function, change.says] += 1
                found.append(Decision(module, change, counts[change.function, change.says]))
    return found


def usual(found: Sequence[Decision]) -> list[Decision]:
    """The rooms that are tried whole, and the sample of the others."""
    whole = [one for one in found if one.module.startswith(WHOLE)]
    return whole + sample([one for one in found if not one.module.startswith(WHOLE)], SAMPLE, seed=0)


def sample(found: Sequence[Decision], size: int, *, seed: int) -> list[Decision]:
    """So many of them, the same ones for the same seed: most of them also after others have come or gone."""
    drawn = sorted(found, key=lambda one: random.Random(f"{seed} {one.id}").random())[:size]
    return [one for one in found if one in drawn]


def changed(found: Sequence[Decision], base: str) -> list[Decision]:
    """Those on lines that are others than at that commit."""
    lines = {module: _lines(base, str(file.relative_to(ROOT))) for module, file in passing.modules().items()}
    return [one for one in found if lines[one.module] & {*_absolute(one)}]


def candidates(
    one: Decision, passed: Mapping[str, Passed], took_s: Mapping[str, float], first: Sequence[str]
) -> list[str]:
    """Tests that pass its statement, the likeliest first: those that noticed it or another in the function, what computes
    without a company, what lies beside it, what passes little; of those with a company turn by turn of each file, because
    neighbours miss the same."""
    could = [test for test in passing.who_passes(passed, one.function, one.change.lines) if test in took_s]
    near = {test: passing.line_count(passed[test]) for test in could}
    turns: Counter[str] = Counter()
    beside = f"/{one.module.partition('.')[0]}/"
    order: dict[str, tuple[bool, bool, int, int]] = {}
    for test in sorted(could, key=lambda test: (near[test], took_s[test])):
        file = test.partition("::")[0]
        computes = test.startswith(FOLDERS[0]) or took_s[test] <= COMPUTES_S
        order[test] = (not computes, beside not in test, 0 if computes else turns[file], near[test])
        turns[file] += 1
    place = {test: number for number, test in enumerate(first)}
    return sorted(could, key=lambda test: (place.get(test, len(place)), *order[test]))


def report(chosen: Sequence[Decision], results: Results) -> int:
    """Print of how many a test noticed by module and by room, and what nobody did; the exit code: 0 when enough of each was."""
    verdicts = {one.id: verdict for one in chosen if (verdict := one.verdict(results))}
    reasons = allowed()
    enough = []
    for room in dict.fromkeys(one.module.partition(".")[0] for one in chosen):
        ours = [one for one in chosen if one.module.startswith(f"{room}.")]
        for module in dict.fromkeys(one.module for one in ours):
            print(f"decisions of {module}: {_share([one for one in ours if one.module == module], verdicts)[0]}")
        share, good = _share(ours, verdicts)
        print(f"decisions of all {room}: {share}")
        enough.append(good)
    for one in chosen:
        if verdicts.get(one.id) in ("survived", "undecided"):
            why = f" (allowed: {reasons[one.id]})" if one.id in reasons else ""
            print(
                f"{verdicts[one.id].upper()} {one.id}{why}\n    {one.source.file.relative_to(ROOT)}:{_absolute(one)[0]}"
            )
    needless = [one.id for one in chosen if one.id in reasons and verdicts.get(one.id) == "killed"]
    if needless:
        print(f"{ALLOWED.name} allows what is killed: take out {', '.join(needless)}")
    return 0 if all(enough) and not needless else 1


def _share(ours: Sequence[Decision], verdicts: Mapping[str, str]) -> tuple[str, bool]:
    """What is noticed of what is known and is not allowed to go unnoticed; and whether it is enough."""
    reasons = allowed()
    counted = [verdicts[one.id] for one in ours if one.id in verdicts and one.id not in reasons]
    killed, untried = counted.count("killed"), sum(one.id not in verdicts for one in ours)
    undecided = counted.count("undecided")
    said = f"{killed} of {len(counted)}" + (f" ({100 * killed / len(counted):.1f} %)" if counted else "")
    said += f", {undecided} undecided" if undecided else ""
    said += f", {untried} not tried" if untried else ""
    return said, killed >= int(TARGET * len(counted))


def _absolute(one: Decision) -> range:
    first = one.source.functions[one.change.function].lineno
    return range(first + one.change.lines.start, first + one.change.lines.stop)


def _lines(base: str, file: str) -> set[int]:
    """The lines of the file as it is that are others than at that commit."""
    hunks = _HUNK.findall(git("diff", "--unified=0", base, "--", file))
    return {line for first, count in hunks for line in range(int(first), int(first) + int(count or 1))}


@cache
def _text(function: str) -> str:
    module, _, name = function.partition(" ")
    return ast.dump(passing.all_sources()[module].functions[name])


@cache
def _every_test() -> str:
    return hash_of([fingerprint(file) for file in test_files() if file.startswith(FOLDERS)])
