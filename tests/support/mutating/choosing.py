"""Which tests could notice a mutation, the likeliest first; and which mutations a change is a reason to try."""

import functools
import os
import subprocess
from typing import Any

from msgspec import Struct

from .mutations import FOUNDATIONS, Mutation
from .touches import ROOT, fingerprint

SINCE = "GUIBIN_MUTATE_SINCE"
# One that takes longer leaves hardly any others their time.
SLOW_S = 5.0
# A test file is one that pytest collects.
_TESTS = ROOT / "tests"


class Chosen(Struct, frozen=True):
    """Tests by id in the order to run them, whole files of which it is not known what they touch, and how many could notice."""

    tests: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    could: int = 0


def could_notice(mutation: Mutation, seen: dict[str, dict[str, Any]], *, last: str = "", within_s: float) -> Chosen:
    """Those that take `within_s` together. `last` noticed it the last time; specific ones, which touch little, come early, slow ones late.

    What is called by many is missed where it belongs: of a rhythm, reaction or listener the tests of its own slice come first.
    """
    ranked, rooms = [], _rooms(mutation) if mutation.kind in ("rhythm", "reaction", "listener") else set()
    for test, known in seen.items():
        ranks = [rank for rank, touch in enumerate(mutation.touches) if touch in known["touches"]]
        if known["passed"] and ranks:
            elsewhere = not any(f"/{room}/" in test.partition("::")[0] for room in rooms)
            slow = known["took_s"] > SLOW_S
            ranked.append((test != last, ranks[0], slow, elsewhere, len(known["touches"]), known["took_s"], test))
    chosen, left_s = [], within_s
    for *_, took_s, test in sorted(ranked):
        left_s -= took_s
        if left_s < 0 and chosen:
            break
        chosen.append(test)
    return Chosen(tuple(chosen), tuple(_unseen(mutation, unseen_files(seen))), len(ranked))


def unseen_files(seen: dict[str, dict[str, Any]]) -> list[str]:
    """Test files that nobody has watched as they are now."""
    known = {test.partition("::")[0]: of["of"] for test, of in seen.items()}
    return [file for file in test_files() if known.get(file) != fingerprint(file)]


@functools.lru_cache(maxsize=1)
def test_files() -> tuple[str, ...]:
    """Every test file but those that run servers of their own, which no mutation of this process reaches."""
    found = sorted(str(path.relative_to(ROOT)) for path in _TESTS.rglob("test_*.py"))
    return tuple(file for file in found if not file.startswith(("tests/faults/", "tests/mutations/")))


def _unseen(mutation: Mutation, files: list[str]) -> list[str]:
    """Of these, the ones that lie beside what is mutated or import it."""
    rooms = _rooms(mutation)
    return [
        file
        for file in files
        if any(f"/{room}/" in file or f"guibin.{room}" in (ROOT / file).read_text() for room in rooms)
    ]


def _rooms(mutation: Mutation) -> set[str]:
    """The slices whose files say the rule."""
    rooms = set()
    for file in mutation.files:
        module = file.removesuffix(".py").split("/")
        inside = module[2:] if module[0] == "core" else module[1:]
        if len(inside) > 1:
            rooms.add(inside[0])
    return rooms


def changed_files() -> tuple[list[str], str] | None:
    """What differs from the last landing, and that commit; None where this clone does not know an earlier one."""
    base = _base()
    if not base:
        return None
    names = git("diff", "--name-only", base).split("\n") + git("ls-files", "-o", "--exclude-standard").split("\n")
    return [name for name in names if name], base


def _base() -> str:
    """Where this branch left main; on main itself the commit before; what SINCE says above all."""
    if os.environ.get(SINCE):
        return git("rev-parse", "--verify", "--quiet", os.environ[SINCE])
    head = git("rev-parse", "HEAD")
    for main in ("origin/main", "main", "origin/HEAD"):
        left = git("merge-base", "HEAD", main)
        if left and left != head:
            return left
    return git("rev-parse", "--verify", "--quiet", "HEAD^")


def touched_by(mutation: Mutation, changed: list[str], base: str, *, last: str = "") -> bool:
    """Whether the change may have made or unmade the rule, or the test that noticed when it was missing."""
    if {*FOUNDATIONS[mutation.kind], last.partition("::")[0]} & {*changed}:
        return True
    for file in mutation.files:
        if file in changed and (file != "core/guibin/timetable.py" or mutation.line in _diff(base, file)):
            return True
    return False


def difference(base: str, folders: tuple[str, ...]) -> str:
    """The lines below these folders that are others than at that commit."""
    return "\n".join(_diff(base, folder) for folder in folders)


@functools.lru_cache(maxsize=64)
def _diff(base: str, file: str) -> str:
    lines = git("diff", "--unified=0", base, "--", file).split("\n")
    return "\n".join(line for line in lines if line[:1] in "+-")


def git(*arguments: str) -> str:
    """What it says; empty when it refuses or is not there."""
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
