"""What is known of each mutation, kept from run to run: a run that was stopped goes on where it was."""

import hashlib
import json
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from .choosing import test_files
from .mutations import Mutation
from .touches import ROOT, fingerprint

Verdict = Literal["killed", "survived", "undecided"]
ALLOWED = ROOT / "tests" / "mutations" / "allowed.json"


class Result(Struct, frozen=True):
    """`by` is the test that went red; `ran` so many of the `could` that touch it. `of` tells the files it holds for,
    `rules` the clauses under which it stands.
    """

    id: str
    verdict: Verdict
    by: str = ""
    ran: int = 0
    could: int = 0
    took_s: float = 0.0
    of: str = ""
    tests: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


class Results:
    """The results in a file, one a line; the last of a mutation counts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known: dict[str, Result] = {}
        self.read()
        self.before = dict(self.known)

    def read(self) -> None:
        """Take up what the file says, others' verdicts too."""
        if self.path.exists():
            for line in self.path.read_text().splitlines():
                found = msgspec.json.decode(line, type=Result)
                if self.known.get(found.id) != found:
                    self.known[found.id] = found

    @property
    def since_start(self) -> set[str]:
        """Whatever was tried, by whichever process, since these were first read."""
        return {name for name, result in self.known.items() if self.before.get(name) is not result}

    def add(self, result: Result) -> None:
        """Keep it."""
        self.known[result.id] = result
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            file.write(msgspec.json.encode(result) + b"\n")

    def holding(self, mutation: Mutation) -> Result | None:
        """What is known, if the files it depends on say what they said."""
        found = self.known.get(mutation.id)
        return found if found is not None and found.of == depends_on(mutation, found) else None

    def last(self, mutation: Mutation) -> str:
        """The test that noticed the last time, whatever has changed since."""
        found = self.known.get(mutation.id)
        return found.by if found is not None else ""


def depends_on(mutation: Mutation, result: Result) -> str:
    """A kill holds for the rule's files and the killing test; a survivor until any test changes."""
    files = [result.by.partition("::")[0]] if result.verdict == "killed" else [*test_files()]
    return "".join(fingerprint(file)[:6] for file in mutation.files) + str(hash_of([fingerprint(f) for f in files]))


def hash_of(parts: list[str]) -> str:
    """Short for all of them."""
    return hashlib.sha256("".join(parts).encode()).hexdigest()[:12]


def allowed() -> dict[str, str]:
    """Survivors that were looked at, each with the reason why it may survive."""
    return json.loads(ALLOWED.read_text())  # type: ignore[no-any-return]  # texts by texts
