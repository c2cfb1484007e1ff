"""How a guest is received: who qualifies, who is told, what is prepared, how the visit goes, what follows."""

from msgspec import Struct

from .deadlines import Days, Deadline, Hours
from .terms import Watched
from .words import Clause, Named


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


class ReceptionPolicy(Watched, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A company's receptions, the highest protocol first.

    `centre` are the roles or posts that coordinate, the first of them is told (S14-1); `report_to` are company
    leadership. A department takes up a notice `acknowledge_within`; the guest's opinion is asked `feedback_within`
    of the send-off and answered `answer_within` of being heard (S14-6).
    """

    protocols: tuple[Protocol, ...]
    centre: tuple[Named, ...] = ("manager",)
    report_to: tuple[Named, ...] = ("manager",)
    acknowledge_within: Deadline = Hours(2)
    feedback_within: Deadline = Days(3)
    answer_within: Deadline = Days(3)
    clause: Clause = ""

    def protocol(self, name: str) -> Protocol | None:
        """The protocol of this name."""
        return next((protocol for protocol in self.protocols if protocol.name == name), None)
