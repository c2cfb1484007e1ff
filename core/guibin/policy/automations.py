"""Automations: when something happens, if conditions hold, then commands. Written like any other part of the policy."""

from collections.abc import Iterator
from hashlib import sha256
from typing import ClassVar, Literal

import msgspec
from msgspec import Struct

from .checking import Known, Problems, a_role, there_is, within
from .commands import JUDGING, AskApproval, Command, Notify, OpenTask, Refuse, SetLevel
from .criteria import Criterion
from .problems import PolicyProblem
from .words import Clause, Named

# What has a day or a moment of its own that an automation can come before.
Dated = Literal["membership_ends", "order_ends", "card_ends", "reception_arrives"]
COMMANDS_MAX = 10
DEPTH_MAX = 12
DAYS_MAX = 366


class Happens(Struct, frozen=True, tag="happens", forbid_unknown_fields=True):
    """As soon as the event happens."""

    event: Named


class HappenedBefore(Struct, frozen=True, tag="after", forbid_unknown_fields=True):
    """So many hours after the event; the condition is looked at then."""

    event: Named
    hours: int = 24


class ComesUp(Struct, frozen=True, tag="before", forbid_unknown_fields=True):
    """So many days before something ends or begins."""

    dated: Dated
    days: int = 7


class Recurs(Struct, frozen=True, tag="every", forbid_unknown_fields=True):
    """Once a day, week or month, for each customer with whom the condition holds then."""

    span: Literal["day", "week", "month"] = "week"


class AddsUp(Struct, frozen=True, tag="adds_up", forbid_unknown_fields=True):
    """When the event has happened so often to a customer within so many days; then not again for these days."""

    event: Named
    times: int = 3
    days: int = 30


When = Happens | HappenedBefore | ComesUp | Recurs | AddsUp


class EveryOf(Struct, frozen=True, tag="every_of", forbid_unknown_fields=True):
    """Each of them holds."""

    criteria: tuple["Condition", ...]


class SomeOf(Struct, frozen=True, tag="some_of", forbid_unknown_fields=True):
    """At least one of them holds."""

    criteria: tuple["Condition", ...]


class NotOneOf(Struct, frozen=True, tag="not_one_of", forbid_unknown_fields=True):
    """None of them holds."""

    criteria: tuple["Condition", ...]


class OfKind(Struct, frozen=True, tag="of_kind", forbid_unknown_fields=True):
    """The customer is of one of these kinds."""

    kinds: tuple[Named, ...]


class HoldsTier(Struct, frozen=True, tag="holds_tier", forbid_unknown_fields=True):
    """The customer holds one of these tiers, or any where none is named."""

    tiers: tuple[Named, ...] = ()


class Says(Struct, frozen=True, tag="says", forbid_unknown_fields=True):
    """The event says one of these of a field of its payload, yes and no as true and false."""

    payload: Named
    values: tuple[Named, ...]


class SaysUnder(Struct, frozen=True, tag="says_under", forbid_unknown_fields=True):
    """A number of the event's payload is less than this."""

    payload: Named
    figure: int


class SaysFrom(Struct, frozen=True, tag="says_from", forbid_unknown_fields=True):
    """A number of the event's payload is this or more."""

    payload: Named
    figure: int


class HappenedOften(Struct, frozen=True, tag="happened_often", forbid_unknown_fields=True):
    """The event has happened to the customer so often or more within so many days."""

    event: Named
    times: int = 3
    days: int = 30


class Meets(Struct, frozen=True, tag="meets", forbid_unknown_fields=True):
    """The customer's figures of a scheme meet a criterion, as for its tiers."""

    scheme: Named
    criterion: Criterion


Condition = EveryOf | SomeOf | NotOneOf | OfKind | HoldsTier | Says | SaysUnder | SaysFrom | HappenedOften | Meets
GROUPS = (EveryOf, SomeOf, NotOneOf)


class Automation(Struct, frozen=True, forbid_unknown_fields=True):
    """One automation, called by the text `automation.<name>`. `per_day_max` bounds whom it concerns in a day."""

    titled: ClassVar = "automation"
    name: Named
    when: When
    then: tuple[Command, ...]
    condition: Condition | None = None
    per_day_max: int = 100
    clause: Clause = ""

    @property
    def judges(self) -> bool:
        """Whether it acts in the transaction of what it judges."""
        return any(isinstance(command, JUDGING) for command in self.then)

    @property
    def event(self) -> str:
        """The event it follows, empty for one that follows days."""
        return getattr(self.when, "event", "")

    def check(self, known: Known, path: str) -> Problems:
        """Figures within reason, roles and flows there are, and commands that go with when they are given."""
        yield from within(f"{path}.per_day_max", self.per_day_max, (1, 1_000))
        yield from within(f"{path}.then", len(self.then), (1, COMMANDS_MAX), " commands")
        for name, bounds in {"hours": (1, 24 * DAYS_MAX), "days": (1, DAYS_MAX), "times": (1, 100)}.items():
            if hasattr(self.when, name):
                yield from within(f"{path}.when.{name}", getattr(self.when, name), bounds)
        for place, command in enumerate(self.then):
            yield from self._command(command, f"{path}.then.{place}", known)
        if self.condition is not None:
            yield from _condition(self.condition, f"{path}.condition", known, 1)

    def _command(self, command: Command, path: str, known: Known) -> Problems:
        roles = (
            command.roles if isinstance(command, Notify) else (command.role,) if isinstance(command, OpenTask) else ()
        )
        for role in roles:
            yield from a_role(path, role, known)
        if isinstance(command, AskApproval):
            yield from there_is(f"{path}.flow", command.flow, known.flows, "an approval flow")
        if isinstance(command, JUDGING) and not isinstance(self.when, Happens):
            fix = "what is judged happens now"
            yield PolicyProblem(path, type(command).__name__, "as soon as an event happens", fix)
        if isinstance(command, SetLevel) and self.event != "complaint_received":
            yield PolicyProblem(path, self.event, "complaint_received", "a level is given at intake")
        if isinstance(command, Refuse) and len(self.then) > 1:
            yield PolicyProblem(path, str(len(self.then)), "nothing beside a refusal", "nothing is left of it")


def leaves(condition: Condition | None) -> Iterator[Condition]:
    """Every condition that is no group."""
    if isinstance(condition, GROUPS):
        for part in condition.criteria:
            yield from leaves(part)
    elif condition is not None:
        yield condition


def digest_of(automation: Automation) -> str:
    """What tells this very automation from any other of its name."""
    return sha256(msgspec.json.encode(automation)).hexdigest()


def _condition(condition: Condition, path: str, known: Known, depth: int) -> Problems:
    if isinstance(condition, GROUPS):
        if not condition.criteria or depth > DEPTH_MAX:
            yield PolicyProblem(path, str(len(condition.criteria)), f"1 or more, at most {DEPTH_MAX} deep")
            return
        for place, part in enumerate(condition.criteria):
            yield from _condition(part, f"{path}.criteria.{place}", known, depth + 1)
    elif isinstance(condition, OfKind):
        for kind in condition.kinds:
            yield from there_is(path, kind, known.kinds, "a kind of customer")
    elif isinstance(condition, HoldsTier):
        tiers = {tier for _, tier in known.tiers}
        for tier in condition.tiers:
            yield from there_is(path, tier, tiers, "a tier")
    elif isinstance(condition, Meets):
        yield from there_is(f"{path}.scheme", condition.scheme, known.schemes, "a scheme")
    elif isinstance(condition, HappenedOften):
        yield from within(f"{path}.days", condition.days, (1, DAYS_MAX))
        yield from within(f"{path}.times", condition.times, (1, 100))
