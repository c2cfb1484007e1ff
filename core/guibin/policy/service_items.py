"""Service items, and who is entitled to how much of them."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from .checking import Known, Problems, a_tier, there_is, within
from .deadlines import Deadline
from .milestones import Milestone, own_names
from .problems import PolicyProblem
from .terms import Timed
from .tier_limits import TierLimit, for_tiers
from .words import Clause, Named

Period = Literal["month", "quarter", "year", "membership_year", "rolling_days", "stay", "once"]
Wanted = Literal["result", "reaction", "accompanied_by", "rating", "signature"]
# What a hall may have for important customers; its title on pages is of the console.
Venue = Literal["desk", "vip_room", "vip_counter", "vip_club"]

# The step at which a day with the customer is agreed: limits may count from that day.
APPOINTMENT = "appointment"
# How the clocks of steps are called; no milestone of a policy has such a name.
STEP_CLOCKS = "step:"


class FieldIs(Struct, frozen=True, forbid_unknown_fields=True):
    """The request's form, or else the customer's archive, holds `value` in `field`."""

    field: Named
    value: Named | int | bool


class TimeLimit(Timed, frozen=True, forbid_unknown_fields=True):
    """How fast, in the situation called `name`, counted from `counted_from` (S07-20).

    It applies where all of `when` hold and, if `tiers` are named, to holders of one of them; the first that applies is
    the request's. The step `until`, the last one by default, meets it; `skips` are steps this situation does not need.
    """

    name: Named
    within: Deadline
    counted_from: Literal["request", "approval", "appointment"] = "request"
    when: tuple[FieldIs, ...] = ()
    tiers: tuple[Named, ...] = ()
    until: Named = ""
    skips: tuple[Named, ...] = ()

    def problems_of(self, steps: tuple[str, ...], approved: bool, path: str) -> Problems:
        """What of it does not fit an item of these steps, which needs an approval or does not."""
        for step in (self.until, *self.skips):
            if step and step not in steps:
                yield PolicyProblem(path, step, "a step of the item", f"one of {list(steps)}")
        if self.until and self.until in self.skips:
            yield PolicyProblem(path, self.until, "not a step that is skipped")
        if self.counted_from == "appointment" and (APPOINTMENT not in steps or APPOINTMENT in self.skips):
            yield PolicyProblem(path, self.counted_from, f"an item with the step: {APPOINTMENT!r}")
        if self.counted_from == "approval" and not approved:
            yield PolicyProblem(path, self.counted_from, "an item that needs an approval")


class Evidence(Struct, frozen=True, forbid_unknown_fields=True):
    """A step that is recorded only with these particulars (S07-19); a `signature` is the customer's, or the reason why it cannot
    be had, which the manager hears (S07-12)."""

    step: Named
    wants: tuple[Wanted, ...]


class StepLimit(Timed, frozen=True, forbid_unknown_fields=True):
    """A step with a clock of its own: due `within` of the step before it, beside the time limit of the whole; `faster` for
    customers of some tiers."""

    step: Named
    within: Deadline
    faster: tuple[TierLimit, ...] = ()
    clause: Clause = ""

    def under(self, tiers: Collection[str]) -> "StepLimit":
        """As it is for a customer who holds these tiers (S07-5)."""
        return replace(self, within=for_tiers(self.within, self.faster, tiers))

    @property
    def milestone(self) -> str:
        """What its clock is called."""
        return f"{STEP_CLOCKS}{self.step}"


class ServiceRhythm(Struct, frozen=True, forbid_unknown_fields=True):
    """Customers of these kinds are served at their place once per `span` without asking (S07-13)."""

    item: Named
    span: Literal["week", "month", "quarter", "year"]
    customer_kinds: tuple[Named, ...]
    clause: Clause = ""

    def check(self, known: Known, path: str) -> Problems:
        """What is served has steps."""
        if self.item not in known.stepped:
            yield PolicyProblem(path, self.item, "a service item with steps", f"one of {sorted(known.stepped)}")


class ServiceItem(Struct, frozen=True, forbid_unknown_fields=True):
    """One service. Its content, standard, channel and process are texts: `service_item.<name>.content` and so on (S03-3).

    `steps` are the stages a request goes through, in order; `approval` the flow it needs first. What is given `at_desks`
    is a dedicated desk: matters of whoever is entitled to it go there from the hall that takes them in (S07-3).
    `milestones` are targets beside the time limit: every step taken answers them. Who asks for what is `sold` buys (S09-1).
    Steps have clocks of their own by `step_limits`. Once all are taken it is filed with the org unit of the code `filed_with`,
    where the company has one, else told to the nearest manager.
    What has `venues` is given in halls that have one of them alone (S03-7).
    With `proof_minutes` it is given on a proof alone: one that was accepted of this customer so lately, once (S03-4).
    """

    name: Named
    family: Named = ""
    steps: tuple[Named, ...] = ()
    time_limits: tuple[TimeLimit, ...] = ()
    approval: Named = ""
    form: Named = ""
    at_desks: bool = False
    venues: tuple[Venue, ...] = ()
    sold: bool = False
    proof_minutes: int = 0
    evidence: tuple[Evidence, ...] = ()
    step_limits: tuple[StepLimit, ...] = ()
    filed_with: Named = ""
    milestones: tuple[Milestone, ...] = ()
    clause: Clause = ""

    def limit_for(self, facts: Mapping[str, object], tiers: Iterable[str]) -> TimeLimit | None:
        """The first limit that applies to these facts and tiers."""
        held = set(tiers)
        return next(
            (
                limit
                for limit in self.time_limits
                if all(facts.get(fact.field) == fact.value for fact in limit.when)
                and (not limit.tiers or held & set(limit.tiers))
            ),
            None,
        )

    def limit_beside(self, limit: TimeLimit, tiers: Collection[str]) -> TimeLimit | None:
        """The first limit for the same situation that applies to these tiers."""
        same = (one for one in self.time_limits if (one.when, one.counted_from) == (limit.when, limit.counted_from))
        return next((one for one in same if not one.tiers or set(tiers) & set(one.tiers)), None)

    def check(self, known: Known, path: str) -> Problems:
        """Its flow, form and steps are there."""
        yield from within(f"{path}.proof_minutes", self.proof_minutes, (0, 24 * 60), " minutes")
        yield from there_is(path, self.approval, known.flows, "an approval flow")
        yield from there_is(path, self.form, known.forms, "a form")
        for limit in self.time_limits:
            yield from limit.problems_of(self.steps, bool(self.approval), f"{path}.time_limits.{limit.name}")
        yield from own_names(self.milestones, f"{path}.milestones")
        for own in self.step_limits:
            if own.step not in self.steps[1:]:
                fix = f"one of {list(self.steps[1:])}"
                yield PolicyProblem(f"{path}.step_limits", own.step, "a step of the item after the first", fix)
        for evidence in self.evidence:
            if evidence.step not in self.steps:
                yield PolicyProblem(f"{path}.evidence", evidence.step, "a step of the item")

    def named_texts(self) -> Iterator[str]:
        """What it is, and what its steps and limits are called."""
        parts = ("title", "content", "standard", "channel", "process")
        yield from (f"service_item.{self.name}.{part}" for part in parts)
        yield from (f"step.{step}" for step in self.steps)
        yield from (f"time_limit.{limit.name}" for limit in self.time_limits)


class Discount(Struct, frozen=True, forbid_unknown_fields=True):
    """`percent` off a price (20 is 八折), at most `ceiling` minor units of `unit` a redemption; None without a ceiling."""

    percent: int
    ceiling: int | None = None
    unit: Named = "CNY"

    def off(self, price: int) -> int:
        """What is taken off a price in minor units, rounded down, never more than the ceiling."""
        reduced = price * self.percent // 100
        return reduced if self.ceiling is None else min(reduced, self.ceiling)

    def problems_of(self, path: str) -> Problems:
        """What is wrong with it."""
        yield from within(f"{path}.percent", self.percent, (1, 100), " percent off")
        if self.ceiling is not None and self.ceiling < 1:
            yield PolicyProblem(f"{path}.ceiling", str(self.ceiling), "minor units above 0, or none")
        if not (len(self.unit) == 3 and self.unit.isupper()):
            yield PolicyProblem(f"{path}.unit", self.unit, "a currency such as CNY")


class Pool(Struct, frozen=True, forbid_unknown_fields=True):
    """The quota is shared by those who are linked to the member in one of `roles`, at most `per_person` units each."""

    roles: tuple[Named, ...]
    per_person: int

    def problems_of(self, quota: int | None, path: str) -> Problems:
        """What is wrong with it as a share of this quota."""
        if not self.roles:
            yield PolicyProblem(f"{path}.roles", "none", "the roles of those who share it, such as executive")
        if self.per_person < 1 or (quota is not None and self.per_person > quota):
            fix = "lower it to the quota, or raise the quota" if quota is not None else ""
            yield PolicyProblem(f"{path}.per_person", str(self.per_person), "1 or more, at most the quota", fix)


class Entitlement(Struct, frozen=True, forbid_unknown_fields=True):
    """A tier's right to a service item: `quota` per `period`, None without limit.

    `carry_over` is how much of what is left moves into the next period. `days` is the length of a rolling window.
    `no_show` says what becomes of a reservation nobody took up: its units are free again, or used. `companions` use
    units of the member's quota, or come along free. With a `pool` whoever uses it is named, each within their share.
    What the item gives may be a `discount`.
    """

    scheme: Named
    tier: Named
    item: Named
    quota: int | None = None
    period: Period = "year"
    days: int = 0
    carry_over: int = 0
    no_show: Literal["free", "used"] = "free"
    companions: Literal["count", "free"] = "count"
    pool: Pool | None = None
    discount: Discount | None = None
    clause: Clause = ""

    def check(self, known: Known, path: str) -> Problems:
        """Its item and tier are there, its quota can be used and shared."""
        path = f"{path}.{self.tier}.{self.item}"
        if self.item not in known.items:
            yield PolicyProblem(path, self.item, "a service item", f"one of {sorted(known.items)}")
        yield from a_tier(path, (self.scheme, self.tier), known)
        if self.quota is not None and self.quota < 0:
            yield PolicyProblem(path, str(self.quota), "a quota of 0 or more")
        if self.period == "rolling_days" and self.days < 1:
            yield PolicyProblem(path, str(self.days), "the length of the rolling window in days")
        if self.pool is not None:
            yield from self.pool.problems_of(self.quota, f"{path}.pool")
        if self.discount is not None:
            yield from self.discount.problems_of(f"{path}.discount")
