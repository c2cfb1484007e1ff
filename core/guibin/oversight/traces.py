"""How a decision came about: the figures, the clause and the version it was taken by, and what changed it since."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from guibin.console.shell import Shell
from guibin.policies import queries as policies
from guibin.regulations.rules import said

from .looks import Known
from .replays import Replay

Kind = Literal["membership", "deadline", "approval", "complaint", "redemption"]


class Figure(Struct, frozen=True):
    """One figure the decision was taken by; `bound` is what was asked of it, empty where nothing was, `met` whether it was passed."""

    title: str
    value: str
    bound: str = ""
    met: bool | None = None


class Fact(Struct, frozen=True):
    """A fact that figures were counted from, as it was known then, and where it came from."""

    title: str
    value: str
    day: str
    source: str


class Step(Struct, frozen=True):
    """Something that belongs to the decision or changed it since. `what` is in the reader's words."""

    at: datetime
    what: str
    who: str = ""
    detail: str = ""


class Rule(Struct, frozen=True):
    """The clause a decision rests on: what it is called and says, in our own words."""

    clause: str
    name: str
    text: str


class Version(Struct, frozen=True):
    """The version of the company's policy in force then; 0 is the packs' own words, without a date or an author."""

    version: int
    effective_from: datetime | None = None
    written_by_name: str = ""
    note: str = ""


class Link(Struct, frozen=True):
    """Another decision that this one rests on."""

    kind: Kind
    id: UUID
    title: str


class Trace(Struct, frozen=True, kw_only=True):
    """A decision with everything it came from. `sentence` says it whole; `decided_by` is empty where a rule did; `replay` is what
    comes out when it is computed again, None where people decided."""

    kind: Kind
    id: UUID
    customer: Known | None
    title: str
    sentence: str
    decided_at: datetime
    decided_by: str
    rule: Rule | None
    policy: Version | None
    figures: list[Figure] = []
    facts: list[Fact] = []
    criteria: list[Figure] = []
    since: list[Step] = []
    rests_on: list[Link] = []
    replay: Replay | None = None


class Decision(Struct, frozen=True):
    """One decision about a customer in the list of them, newest first."""

    kind: Kind
    id: UUID
    title: str
    state: str
    decided_at: datetime
    clause: str


class Row(Struct, frozen=True):
    """One decision as a list of them is made of it; `scheme` is a tier's, or what a deadline is of."""

    kind: Kind
    id: UUID
    scheme: str
    name: str
    open: bool
    at: datetime
    clause: str


def milestone(subject: str, name: str, shell: Shell) -> str:
    """What a deadline is called: of what, and which of its deadlines."""
    of = shell.named(f"timer_subject.{subject}")
    called = of if of != f"timer_subject.{subject}" else shell.says("oversight.trace.approval")
    for key in (f"complaints.milestone.{name}", f"oversight.milestone.{name}"):
        if shell.studio.words.has(key):
            return f"{called} · {shell.says(key)}"
    titled = shell.named(f"milestone.{name}")
    return f"{called} · {titled}" if titled != f"milestone.{name}" else called


def rule_of(clause: str, shell: Shell) -> Rule | None:
    """What the regulation says there; None where the decision names no clause that is known."""
    found = said(shell.language).get(clause.split(",")[0].strip()) if clause else None
    return Rule(clause, found.name, found.rule) if found else (Rule(clause, "", "") if clause else None)


async def version_of(version: int | None) -> Version | None:
    """The version with when it came into force, by whom and why."""
    if version is None:
        return None
    found = await policies.version(version)
    if found is None:
        return Version(version)
    return Version(version, found.effective_from, found.written_by_name, found.note)


def tier_called(name: str, scheme: str, shell: Shell) -> str:
    """What a tier is called in its scheme."""
    return shell.act.policy.title(f"tier.{name}", shell.language, scheme=scheme)
