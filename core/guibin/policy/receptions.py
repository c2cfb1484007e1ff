"""How a guest is received: who qualifies, who is told, what is prepared, how the visit goes, what follows."""

from collections.abc import Collection, Iterator

from msgspec import Struct

from .checking import Known, Problems, a_tier, there_is, within
from .deadlines import Days, Deadline, Hours
from .problems import PolicyProblem
from .terms import Terms, Watched
from .tier_limits import TierLimit, for_tiers
from .words import Clause, Named

# A year ahead: what is prepared earlier belongs to no arrival.
BEFORE_MINUTES_MAX = 366 * 24 * 60


class Qualification(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a guest is received under a protocol, as the text `qualification.<name>`.

    With `scheme` and `tier` the figures decide: the guest must belong to that tier.
    """

    name: Named
    scheme: Named = ""
    tier: Named = ""
    clause: Clause = ""


class ReceptionTask(Struct, frozen=True, forbid_unknown_fields=True):
    """What `department` has done `before_minutes` ahead of the arrival; the report fills in `form` if there is one."""

    department: Named
    name: Named
    before_minutes: int
    form: Named = ""
    clause: Clause = ""


class GuestNeed(Struct, frozen=True, forbid_unknown_fields=True):
    """What `departments` are told of a guest's own archive with their order, each only what is its to know: the value of `field`,
    an archive field or else a preference of that name (S10-3, S11-7). Sealed, each telling is on record as a disclosure."""

    field: Named
    departments: tuple[Named, ...]
    clause: Clause = ""

    def named_texts(self) -> Iterator[str]:
        """Its field's title."""
        yield f"field.{self.field}"


class Protocol(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The reception of one tier: who is told, what is prepared, how it goes (S11-7, S14-4, S14-5).

    `approval` is the flow by which a guest gets this reception, `plan_approval` that of its plan, if it needs one.
    `departments` are told beside those that have tasks. `channel` is the passage kept free for the guest (S10-7).
    With `ask_visiting_party` the guest's data, itinerary and requirements are asked for first (S11-7), in `form`.
    """

    name: Named
    approval: Named
    qualifications: tuple[Qualification, ...] = ()
    plan_approval: Named = ""
    tasks: tuple[ReceptionTask, ...] = ()
    departments: tuple[Named, ...] = ()
    stages: tuple[Named, ...] = ("meet", "tour", "send_off")
    etiquette: tuple[Named, ...] = ("dress", "standing_welcome", "guiding")
    channel: Named = "dedicated"
    ask_visiting_party: bool = False
    form: Named = ""
    clause: Clause = ""

    @property
    def told(self) -> tuple[str, ...]:
        """Every department that gets the notice, each once."""
        return tuple(dict.fromkeys((*(task.department for task in self.tasks), *self.departments)))

    def qualification(self, name: str) -> Qualification | None:
        """The reason of this name."""
        return next((reason for reason in self.qualifications if reason.name == name), None)

    def check(self, known: Known, path: str) -> Problems:
        """Its flows, forms and tiers are there; somebody is told."""
        flows = sorted(known.flows)
        for flow in (self.approval, self.plan_approval):
            if flow not in flows and (flow or flow == self.approval):
                yield PolicyProblem(path, flow, "an approval flow", f"one of {flows}")
        if not self.told:
            yield PolicyProblem(path, "nobody", "at least one department that is told")
        for part in ("stages", "etiquette", "qualifications", "tasks"):
            named = [getattr(one, "name", one) for one in getattr(self, part)]
            if len(set(named)) < len(named) or (part == "stages" and not named):
                yield PolicyProblem(f"{path}.{part}", ", ".join(named), "at least one, each once")
        for form in (self.form, *(task.form for task in self.tasks)):
            yield from there_is(path, form, known.forms, "a form")
        for task in self.tasks:
            yield from within(
                f"{path}.tasks.{task.name}", task.before_minutes, (0, BEFORE_MINUTES_MAX), " minutes ahead"
            )
        for reason in self.qualifications:
            if reason.scheme or reason.tier:
                yield from a_tier(f"{path}.{reason.name}", (reason.scheme, reason.tier), known)

    def named_texts(self) -> Iterator[str]:
        """Its title, reasons, departments, tasks, stages and etiquette."""
        yield f"protocol.{self.name}"
        yield f"reception_channel.{self.channel}"
        yield from (f"qualification.{reason.name}" for reason in self.qualifications)
        yield from (f"department.{department}" for department in self.told)
        yield from (f"reception_task.{task.name}" for task in self.tasks)
        yield from (f"reception_stage.{stage}" for stage in self.stages)
        yield from (f"etiquette.{item}" for item in self.etiquette)


class ReceptionPolicy(Watched, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A company's receptions, the highest protocol first.

    `centre` are the roles or posts that coordinate, the first of them is told (S14-1); `report_to` are company
    leadership. A department takes up a notice `acknowledge_within`; the guest's opinion is asked `feedback_within`
    of the send-off and answered `answer_within` of being heard (S14-6). Each may be `…_faster` for guests of some tiers (S07-5).
    `needs` are what of a guest's archive departments have to know.
    """

    protocols: tuple[Protocol, ...]
    centre: tuple[Named, ...] = ("manager",)
    report_to: tuple[Named, ...] = ("manager",)
    acknowledge_within: Deadline = Hours(2)
    feedback_within: Deadline = Days(3)
    answer_within: Deadline = Days(3)
    acknowledge_faster: tuple[TierLimit, ...] = ()
    feedback_faster: tuple[TierLimit, ...] = ()
    answer_faster: tuple[TierLimit, ...] = ()
    needs: tuple[GuestNeed, ...] = ()
    clause: Clause = ""

    def acknowledgement_terms(self, tiers: Collection[str]) -> Terms:
        """Those of a department's taking up the notice of a guest who holds these tiers."""
        return self.terms(for_tiers(self.acknowledge_within, self.acknowledge_faster, tiers), clause=self.clause)

    def feedback_terms(self, tiers: Collection[str]) -> Terms:
        """Those of asking a guest who holds these tiers for their opinion."""
        return self.terms(for_tiers(self.feedback_within, self.feedback_faster, tiers), clause=self.clause)

    def answer_terms(self, tiers: Collection[str]) -> Terms:
        """Those of answering the opinion of a guest who holds these tiers."""
        return self.terms(for_tiers(self.answer_within, self.answer_faster, tiers), clause=self.clause)

    def protocol(self, name: str) -> Protocol | None:
        """The protocol of this name."""
        return next((protocol for protocol in self.protocols if protocol.name == name), None)

    def check(self, known: Known, path: str) -> Problems:
        """Somebody coordinates and hears of it; each protocol once."""
        for part in ("centre", "report_to"):
            named = getattr(self, part)
            if not named or not set(named) <= known.roles:
                yield PolicyProblem(f"{path}.{part}", ", ".join(named), f"at least one of: {sorted(known.roles)}")
        yield from super().check(known, path)
        names = [protocol.name for protocol in self.protocols]
        if not names or len(set(names)) < len(names):
            yield PolicyProblem(f"{path}.protocols", ", ".join(names), "at least one, each name once")
        told = {department for protocol in self.protocols for department in protocol.told}
        fields = [need.field for need in self.needs]
        for need in self.needs:
            if not need.departments or not set(need.departments) <= told or fields.count(need.field) > 1:
                yield PolicyProblem(
                    f"{path}.needs.{need.field}",
                    ", ".join(need.departments),
                    "each field once, with departments that some protocol tells",
                    f"of: {', '.join(sorted(told))}",
                )
