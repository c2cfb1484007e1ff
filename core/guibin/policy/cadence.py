"""How often an account manager is in touch, and what is planned and reviewed."""

from collections.abc import Collection, Iterator
from typing import ClassVar, Literal

from msgspec import Struct

from .checking import Known, Problems, a_role, a_tier, there_is, within
from .deadlines import BusinessDays, Deadline, Hours
from .problems import PolicyProblem
from .terms import Escalation, Terms, Timed
from .tier_limits import TierLimit, for_tiers
from .words import Clause, Named

Span = Literal["week", "month", "quarter", "year"]


class Cadence(Struct, frozen=True, forbid_unknown_fields=True):
    """At least `times` contacts per calendar `span` with customers of `tier` (any tier when empty) (S05-6)."""

    scheme: Named
    tier: Named
    span: Span
    times: int = 1
    face_to_face: bool = False
    inbound_counts: bool = False
    clause: Clause = ""


class ReviewRhythm(Struct, frozen=True, forbid_unknown_fields=True):
    """Customers of these kinds are gone through once per `span` by their account manager (S07-9)."""

    name: Named
    span: Span
    customer_kinds: tuple[Named, ...] = ()
    clause: Clause = ""


class VisitLevel(Struct, frozen=True, forbid_unknown_fields=True):
    """Whoever holds the `role`, a role or a post, visits each customer who holds a tier once in a `span` (S09-3, S09-6).

    `tiers` narrow whom. The customer's own account manager does not count for those who lead.
    """

    role: Named
    span: Span = "year"
    tiers: tuple[Named, ...] = ()
    clause: Clause = ""

    def check(self, known: Known, path: str) -> Problems:
        """Roles and tiers there are."""
        yield from a_role(f"{path}.role", self.role, known)
        for tier in self.tiers:
            if tier not in {name for _, name in known.tiers}:
                yield PolicyProblem(f"{path}.tiers", tier, "a tier of one of the schemes")


class VisitPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """A visit that settles a concrete problem is filed only with the customer's signature (S07-12); `levels` are those of
    leaders who visit each customer (S09-6)."""

    signature_when_settling: bool = True
    levels: tuple[VisitLevel, ...] = ()
    clause: Clause = ""


class PlanPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Which plans those in `written_by` hand in, and within which time whoever is `reviewed_by` goes through them.

    `hand_in_within` runs from the first moment of the span, `review_within` from the handing in; both by the business
    calendar. A log is kept every working day and gone through once per `logs_reviewed_every`; None asks for no logs
    (S05-4, S07-14). So many of them are drawn each month and called at whatever hour, to see whether they can be reached (S05-7).
    """

    spans: tuple[Span, ...] = ("year", "month", "week")
    written_by: Named = "account_manager"
    reviewed_by: Named = "manager"
    hand_in_within: Deadline = BusinessDays(0)
    review_within: Deadline = BusinessDays(3)
    logs_reviewed_every: Span | None = "week"
    reachability_sample: int = 0
    clause: Clause = ""


class Register(Struct, frozen=True, forbid_unknown_fields=True):
    """The file of each customer: registered once per `span`, analysed per `analysed_every`, archived per `archived_every`.

    `form` says what a registration holds beyond its text. Customers of these kinds, or who hold a tier of `scheme` on the
    first day of the span; empty means all (S02-5).
    """

    titled: ClassVar = "register"
    name: Named
    span: Span = "month"
    analysed_every: Span = "quarter"
    archived_every: Span = "year"
    form: Named = ""
    customer_kinds: tuple[Named, ...] = ()
    scheme: Named = ""
    clause: Clause = ""

    def check(self, known: Known, path: str) -> Problems:
        """Its form and scheme are there."""
        yield from there_is(path, self.form, known.forms, "a form")
        yield from there_is(path, self.scheme, known.schemes, "a scheme")


class QuestionPolicy(Timed, frozen=True, forbid_unknown_fields=True):
    """How soon what a customer asks of its account manager is answered, by which calendar; else it goes up (S13-5). `faster` are
    the times of customers of some tiers (S07-5)."""

    answer_within: Deadline = Hours(24)
    warn_at_percent: int = 75
    escalations: tuple[Escalation, ...] = (Escalation("manager"), Escalation("tenant_admin", 240))
    faster: tuple[TierLimit, ...] = ()
    clause: Clause = ""

    def terms_for(self, tiers: Collection[str]) -> Terms:
        """Those of the clock of a customer who holds these tiers."""
        return self.terms(for_tiers(self.answer_within, self.faster, tiers), clause=self.clause)


class PlannedMeasure(Struct, frozen=True, forbid_unknown_fields=True):
    """`times` measures of a `kind` (visit, call, event, gift …) in every span of the relationship plan's year."""

    kind: Named
    every: Span = "year"
    times: int = 1

    def named_texts(self) -> Iterator[str]:
        """Its title."""
        yield f"measure.{self.kind}"


class RelationshipTemplate(Struct, frozen=True, forbid_unknown_fields=True):
    """What the relationship plan of a year starts from, for holders of `tier`; empty names fit all (S01-5).

    The first that fits is taken. `told_before_days` is when whoever carries a measure out is reminded.
    """

    name: Named
    measures: tuple[PlannedMeasure, ...]
    scheme: Named = ""
    tier: Named = ""
    told_before_days: int = 7
    clause: Clause = ""

    def check(self, known: Known, path: str) -> Problems:
        """Its tier is there, its measures come 1 to 60 times."""
        if self.tier:
            yield from a_tier(path, (self.scheme, self.tier), known)
        for measure in self.measures:
            yield from within(f"{path}.{measure.kind}", measure.times, (1, 60), " times")
