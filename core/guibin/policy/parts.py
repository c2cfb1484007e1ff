"""Whose each part of a policy is: who may change it, after whose yes, and who must know it then (S04-4, S08-4, S01-13)."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from .checking import Known, Problems, a_role
from .problems import PolicyProblem
from .words import Clause, Named

SUBJECT = "policy_proposal"


class PolicyPart(Struct, frozen=True, forbid_unknown_fields=True):
    """Whoever holds one of `posts` proposes changes of what the part `covers`, and of nothing else.

    `covers` are sections (`cards`), or elements by their name or their scheme's, with `*` for anything
    (`schemes.corporate_vip`, `settings.corporate_*`). With `approval`, a flow about `policy_proposal`, a change waits for
    it; without it takes effect at once. `concerns` are the roles and posts that must comply: they are told of every
    change, with those whose part it is, and read it within `read_within_days` days (S01-13).
    """

    titled: ClassVar = "policy_part"
    name: Named
    covers: tuple[Named, ...]
    posts: tuple[Named, ...]
    approval: Named = ""
    concerns: tuple[Named, ...] = ()
    read_within_days: Annotated[int, Meta(ge=1, le=366)] = 7
    clause: Clause = ""

    def check(self, known: Known, path: str) -> Problems:
        """It covers something, it is somebody's, and its flow is about changes of a policy."""
        for what, given in (("covers", self.covers), ("posts", self.posts)):
            if not given:
                yield PolicyProblem(f"{path}.{what}", "nothing", "at least one")
        for role in (*self.posts, *self.concerns):
            yield from a_role(path, role, known)
        if self.approval and known.flows.get(self.approval) != SUBJECT:
            fits = sorted(name for name, subject in known.flows.items() if subject == SUBJECT)
            yield PolicyProblem(f"{path}.approval", self.approval, f"a flow about: {SUBJECT}", f"one of {fits}")

    def names(self, section: str, called: Iterable[str]) -> int:
        """How closely it covers an element that is called so: 2 by its name, 1 with its whole section, 0 not at all."""
        asked = [f"{section}.{name}" for name in called if name]
        if any(fnmatchcase(one, pattern) for pattern in self.covers if "." in pattern for one in asked):
            return 2
        return int(section in self.covers)


PARTS = "parts"


def covering(parts: Sequence[PolicyPart], section: str, called: Sequence[str]) -> tuple[PolicyPart, ...]:
    """The parts that an element belongs to: those that name it, else those of its whole section. What a part waits for is
    changed as whatever else waits for it."""
    waiting = tuple(part for part in parts if part.approval and part.name in called)
    if section == PARTS and waiting:
        return waiting
    near = [(part.names(section, called), part) for part in parts]
    closest = max((how for how, _ in near), default=0)
    return tuple(part for how, part in near if how == closest) if closest else ()
