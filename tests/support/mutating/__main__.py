"""`make mutate`: takes out every rule, one by one, and runs the tests that could notice."""

import argparse
import importlib
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from msgspec import structs

from guibin.packs import Packs, installed

from . import choosing, deciding, decisions, elements, forks, passing, touches
from .forks import Asked, Ran
from .mutations import Mutation, mutations
from .results import ALLOWED, Result, Results, allowed, depends_on

KEPT = touches.ROOT / ".guibin" / "mutate"
# One mutation runs tests that took so long together when they were watched, and is given up after AT_MOST_S.
TESTS_S, AT_MOST_S = 45.0, 150


def main() -> int:
    """The exit code: 0 when every mutation that was tried turned a test red."""
    said = _arguments()
    signal.signal(signal.SIGTERM, _stop)
    packs = Packs(installed())
    found = mutations(packs)
    results = Results(KEPT / "results.jsonl")
    missing = elements.missing_elements(packs)
    if said.list:
        print("\n".join(f"{_known(results, one):10} {one.id}" for one in found))
        both = [*missing, *decisions.usual(decisions.decisions())]
        print("\n".join(f"{one.verdict(results) or 'not tried':10} {one.id}" for one in both))
        return 0
    chosen, less = _chosen(found, said, results), _chosen_elements(missing, said, results)
    decided = _chosen_decisions(said)
    for name in forks.WARM:
        importlib.import_module(name)
    began = time.monotonic()
    with forks.servers(packs) as addresses:
        run = Run(chosen, results, said, until=began + said.minutes * 60, superuser=addresses["superuser"])
        if chosen or decided:
            run.watch_unseen(("tests/",) if chosen else decisions.FOLDERS)
        # Each kind has its share of the time where there is little of it.
        kinds = [bool(less), bool(decided), bool(chosen)]
        share = (run.until - time.monotonic()) / sum(kinds) if any(kinds) else 0
        if less:
            until = time.monotonic() + share
            elements.try_all(less, results, addresses, until=until, at_once=said.at_once, seen=run.seen)
        if decided:
            run.decide(decided, until=run.until - share * bool(chosen))
        run.try_all()
        run.confirm()
    code = run.report(time.monotonic() - began)
    if said.write_noticed:
        elements.keep_noticed([*missing], results)
    if less or not said.words:
        code = max(code, elements.report([*missing], less, results))
    return max(code, decisions.report(decided, results)) if decided else code


def _stop(number: int, frame: object) -> None:
    # Ends like Ctrl-C, and once: the servers and the forks end with it.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutate", description=__doc__)
    parser.add_argument("words", nargs="*", help="only mutations whose id holds one of these, such as 'wall reception'")
    parser.add_argument("--changed", action="store_true", help="only those a change since the last landing concerns")
    parser.add_argument("--anew", action="store_true", help="try also what is known from before")
    parser.add_argument("--survivors", action="store_true", help="only those known to survive, again")
    parser.add_argument(
        "--unwatched", action="store_true", help="go by what was seen of test files before they changed"
    )
    parser.add_argument("--write-noticed", action="store_true", help=f"add to {elements.NOTICED.name} what was noticed")
    parser.add_argument("--list", action="store_true", help="say what there is and what is known of it; try nothing")
    parser.add_argument("--sample", type=int, help="of the decisions only so many, by the seed")
    parser.add_argument("--seed", type=int, default=0, help="another sample of the decisions")
    parser.add_argument("--minutes", type=float, default=240, help="begin nothing more after so long")
    parser.add_argument(
        "--seconds", type=int, default=AT_MOST_S, help="give one up after so long, on a busy machine later"
    )
    parser.add_argument(
        "--computing", type=float, default=deciding.TOGETHER_S, help="so many seconds for the tests of one decision"
    )
    parser.add_argument("--at-once", type=int, default=2, help="so many forks at the same time")
    return parser.parse_args()


def _known(results: Results, mutation: Mutation) -> str:
    known = results.holding(mutation)
    return known.verdict if known else "not tried"


def _chosen_elements(
    missing: list[elements.Missing], said: argparse.Namespace, results: Results
) -> list[elements.Missing]:
    """Those asked for that are not known from before, in the order of the words; of a change those that its lines name first, then those that were
    noticed once, as far as time goes."""
    chosen = [one for one in missing if not said.words or any(word in one.id for word in said.words)]
    chosen.sort(key=lambda one: next((place for place, word in enumerate(said.words) if word in one.id), 0))
    if said.survivors:
        chosen = [one for one in chosen if one.verdict(results) in ("survived", "undecided")]
    elif not said.anew:
        chosen = [one for one in chosen if one.verdict(results) in (None, "undecided")]
    differing = choosing.changed_files() if said.changed else None
    if differing is not None:
        chosen = [one for one in chosen if elements.concerns(one, differing[0])]
        lines = choosing.difference(differing[1], ("core/guibin/regulations", "plugins"))
        once = elements.noticed()
        chosen.sort(key=lambda one: (not elements.said_in(one, lines), one.id not in once))
    return chosen


def _chosen_decisions(said: argparse.Namespace) -> list[decisions.Decision]:
    """Those asked for by words, else the usual ones; of a change those on its lines; of either a sample."""
    found = decisions.decisions()
    differing = choosing.changed_files() if said.changed else None
    if differing is not None:
        found = decisions.changed(found, differing[1])
    elif not said.words:
        found = decisions.usual(found)
    found = [one for one in found if not said.words or any(word in one.id for word in said.words)]
    return decisions.sample(found, said.sample, seed=said.seed) if said.sample is not None else found


def _chosen(found: list[Mutation], said: argparse.Namespace, results: Results) -> list[Mutation]:
    chosen = [one for one in found if not said.words or any(word in one.id for word in said.words)]
    if said.survivors:
        chosen = [one for one in chosen if (known := results.known.get(one.id)) and known.verdict != "killed"]
    if said.changed:
        differing = choosing.changed_files()
        if differing is None:
            print("This clone knows no earlier commit: mutations of everything, in random order, while there is time")
            random.shuffle(chosen)
        else:
            files, base = differing
            chosen = [one for one in chosen if choosing.touched_by(one, files, base, last=results.last(one))]
            print(f"{len(chosen)} of {len(found)} mutations concern what changed since {base[:9]}")
    return chosen


class Run:
    """One run over the chosen mutations."""

    def __init__(
        self, chosen: list[Mutation], results: Results, said: argparse.Namespace, *, until: float, superuser: str
    ) -> None:
        self.chosen = {one.id: one for one in chosen}
        self.results = results
        self.at_once, self.at_most_s, self.together_s = said.at_once, said.seconds, said.computing
        self.in_haste = said.changed or said.unwatched
        self.again, self.survivors = said.anew or said.survivors, said.survivors
        self.until = until
        self.superuser = superuser
        self.seen = touches.present(touches.read(KEPT / "touches.json"))
        if said.unwatched:
            for test, known in self.seen.items():
                known["of"] = touches.fingerprint(test.partition("::")[0])
        self.tried: list[str] = []
        self.new_kills: dict[str, list[str]] = {}

    def watch_unseen(self, folders: tuple[str, ...] = ("tests/",)) -> None:
        """Run test files that nobody has watched as they are, and write down what each test touches."""
        files = [file for file in choosing.unseen_files(self.seen) if file.startswith(folders)]
        if self.in_haste or not files:
            return
        print(f"Watching the tests of {len(files)} files, to know what they touch …", flush=True)
        for part in _parts(files, 20):
            asked = Asked("watch", _watch, (), (), tuple(part), stop_at_first=False)
            for _ in self._run(iter([asked]), at_once=1, seconds=1_800):
                self.seen = touches.present(touches.read(KEPT / "touches.json"))

    def decide(self, chosen: list[decisions.Decision], *, until: float) -> None:
        """Change each decision that is not known from before."""
        again = [
            one for one in chosen if self.again and (not self.survivors or one.verdict(self.results) == "survived")
        ]
        left = again if self.again else [one for one in chosen if one.verdict(self.results) in (None, "undecided")]
        if len(left) < len(chosen):
            print(f"{len(chosen) - len(left)} of {len(chosen)} decisions are known from before")
        took_s = {
            test: known["took_s"]
            for test, known in self.seen.items()
            if known["passed"] and known["took_s"] <= deciding.EACH_S and test.startswith(decisions.FOLDERS)
        }
        before = {one.id: self.results.known[one.id].by for one in left if one.id in self.results.known}
        passed = passing.read(touches.passed_beside(KEPT / "touches.json"))
        if not passed:
            print("No decision is tried: it is not known which tests pass it until a whole `make test` has run")
            return
        log = KEPT / "decisions.log"
        asked = deciding.Deciding(tuple(left), self.results, until, passed, took_s, before, log, self.together_s)
        if left:
            deciding.try_all(asked)

    def try_all(self) -> None:
        """Every one that is not known from before: those that are alike together, and alone whichever then stays unnoticed."""
        known = {name: self.results.holding(one) for name, one in self.chosen.items()}
        decided = {name for name, result in known.items() if result and result.verdict != "undecided"}
        held = [] if self.again else [one for name, one in self.chosen.items() if name in decided]
        if held:
            print(f"{len(held)} of {len(self.chosen)} are known from before (MUTATE_ARGS=--anew tries them again)")
        left = {one.id: one for one in self.chosen.values() if one not in held}
        self.number, self.count = 0, len(left)
        self.signs = {name: self._sign(one, left) for name, one in left.items() if one.alike}
        for ran in self._run(self._asking_together(left), at_once=self.at_once, seconds=self.at_most_s):
            for name in ran.asked.name.split("\n"):
                if self.signs[name] in ran.failed:
                    self._settle(left.pop(name), structs.replace(ran, failed=(self.signs[name],), passed=0))
        for ran in self._run(self._asking([*left.values()]), at_once=self.at_once, seconds=self.at_most_s):
            self._settle(self.chosen[ran.asked.name], ran)

    def _asking_together(self, left: dict[str, Mutation]) -> Iterator[Asked]:
        groups: dict[str, list[Mutation]] = {}
        for one in left.values():
            if self.signs.get(one.id):
                groups.setdefault(one.alike, []).append(one)
        for group in groups.values():
            if len(group) > 1 and time.monotonic() < self.until:
                yield Asked(
                    "\n".join(one.id for one in group),
                    lambda group=group: [one.take_out() for one in group],
                    tuple(statement for one in group for statement in one.statements),
                    tuple(dict.fromkeys(self.signs[one.id] for one in group)),
                    stop_at_first=False,
                )

    def _sign(self, mutation: Mutation, left: dict[str, Mutation]) -> str:
        """The test that tells this one from all that are alike: it touches what none of them changes."""
        others = {touch for one in left.values() if one.alike == mutation.alike for touch in one.touches}
        others -= {*mutation.touches}
        tests = choosing.could_notice(mutation, self.seen, last=self.results.last(mutation), within_s=TESTS_S).tests
        return next((test for test in tests if not others & {*self.seen[test]["touches"]}), "")

    def _asking(self, left: list[Mutation]) -> Iterator[Asked]:
        for mutation in left:
            if time.monotonic() > self.until:
                return
            found = choosing.could_notice(mutation, self.seen, last=self.results.last(mutation), within_s=TESTS_S)
            if not found.tests and not found.files:
                self._keep(Result(mutation.id, "survived"), mutation)
                continue
            yield Asked(mutation.id, mutation.take_out, mutation.statements, found.tests, found.files)

    def _settle(self, mutation: Mutation, ran: Ran) -> None:
        could = choosing.could_notice(mutation, self.seen, within_s=TESTS_S).could
        result = Result(mutation.id, "survived", ran=ran.passed, could=could, took_s=ran.took_s, tests=ran.asked.tests)
        if ran.failed:
            result = structs.replace(result, verdict="killed", by=ran.failed[0], ran=ran.passed + 1, tests=())
            self.new_kills.setdefault(ran.failed[0], []).append(mutation.id)
        elif ran.late or forks.nothing_ran(ran):
            result = structs.replace(result, verdict="undecided")
            print(ran.said)
        self._keep(result, mutation)

    def _keep(self, result: Result, mutation: Mutation) -> None:
        result = structs.replace(result, of=depends_on(mutation, result))
        self.results.add(result)
        self.tried.append(mutation.id)
        self.number += 1
        by = f"by {result.by}" if result.by else f"{result.ran} of {result.could} tests that touch it stayed green"
        print(f"[{self.number}/{self.count}] {result.verdict} {result.id} {by} ({result.took_s} s)", flush=True)

    def confirm(self) -> None:
        """Tests that killed must be green without any mutation: what is red anyway proves nothing."""
        killers = tuple(test for test in self.new_kills if "::" in test)
        asked = Asked("confirm", forks.unchanged, (), killers, stop_at_first=False)
        for ran in self._run(iter([asked] if killers else []), at_once=1, seconds=900):
            for test in ran.failed:
                for name in self.new_kills.get(test, ()):
                    mutation = self.chosen[name]
                    print(f"undecided {name}: {test} is red without it too")
                    undecided = Result(name, "undecided", ran=1)
                    self.results.add(structs.replace(undecided, of=depends_on(mutation, undecided)))

    def _run(self, asked: Iterator[Asked], *, at_once: int, seconds: float) -> Iterator[Ran]:
        return forks.run_all(asked, at_once=at_once, seconds=seconds, superuser=self.superuser, folder=KEPT)

    def report(self, took_s: float) -> int:
        """Print `killed K of N`, who survived and why; the exit code."""
        reasons = allowed()
        known = {name: self.results.holding(one) for name, one in self.chosen.items()}
        killed = [name for name, result in known.items() if result and result.verdict == "killed"]
        left = {name: result for name, result in known.items() if result and result.verdict != "killed"}
        untried = [name for name, result in known.items() if result is None]
        for name, result in left.items():
            why = f" (allowed: {reasons[name]})" if name in reasons else ""
            print(f"{result.verdict.upper()} {name}{why}; ran {result.ran} of {result.could} tests that touch it")
            for test in result.tests[:10]:
                print(f"    {test}")
        needless = [name for name in killed if name in reasons]
        if needless:
            print(f"{Path(ALLOWED).name} allows what is killed: take out {', '.join(needless)}")
        if untried:
            print(
                f"{len(untried)} were not tried for lack of time; `make mutate` tries them all and goes on where it stopped"
            )
        print(f"killed {len(killed)} of {len(killed) + len(left)} in {took_s / 60:.1f} min")
        return 1 if needless or any(name not in reasons for name in left) else 0


def _watch() -> None:
    # Read by pytest in the fork, whose conftest then watches.
    os.environ["PYTEST_ADDOPTS"] = f"{touches.OPTION}={KEPT / 'touches.json'}"


def _parts(files: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(files), size):
        yield files[start : start + size]


if __name__ == "__main__":
    sys.exit(main())
