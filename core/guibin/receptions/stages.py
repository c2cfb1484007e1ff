"""A reception step by step, as its page shows it: what is done, what comes next, by whom, by when and by which clause."""

from collections.abc import Iterator, Mapping
from uuid import UUID

from msgspec import Struct

from guibin.approvals.queries import ApprovalView
from guibin.console.moments import Deadline
from guibin.console.shell import PREFIX, Shell
from guibin.console.timeline import Stage
from guibin.policy.receptions import Protocol

from .choices import policy_of
from .orders import OrderView, TaskView
from .queries import EventLine, ReceptionForm

# In which order a reception goes through its states.
STATES = ("collected", "confirmed", "approved", "planned", "noticed", "arrived", "seen_off", "filed")


class Beside(Struct, frozen=True):
    """What is known of a reception beside its file: the newest orders, every task, and approvals by their id."""

    orders: list[OrderView]
    tasks: list[TaskView]
    approvals: Mapping[UUID, ApprovalView]


def stages(form: ReceptionForm, beside: Beside, shell: Shell) -> list[Stage]:
    """From the news to the filed material."""
    told = _Told(form, beside, shell)
    return [*told.before(), *told.preparing(), *told.visit(), *told.afterwards()]


class _Told:
    """One reception as stages."""

    def __init__(self, form: ReceptionForm, beside: Beside, shell: Shell) -> None:
        self.form, self.beside, self.shell = form, beside, shell
        self.protocol: Protocol | None = form.terms or policy_of(shell).protocol(form.protocol)
        self.centre = " / ".join(map(shell.post, policy_of(shell).centre))

    def before(self) -> Iterator[Stage]:
        """The news, its check, what the visiting party says, the level of reception."""
        form, says = self.form, self.shell.says
        yield Stage(
            title=says("receptions.stage.received"),
            state="done",
            who=form.received_by_name,
            at=form.received_at,
            text=form.text,
            about=((says("receptions.field.source"), form.source),) if form.source else (),
        )
        yield self._by_event("confirmation", "confirmed", self._until("confirmed"), self.centre)
        if self.protocol and self.protocol.ask_visiting_party:
            asked = bool(self._events("enquiry")) and bool(form.particulars)
            state = "done" if asked else "next" if form.state == "confirmed" else self._ahead()
            yield self._by_event("enquiry", "asked", state, self.centre)
        yield from self._approvals()

    def preparing(self) -> Iterator[Stage]:
        """The plan, who is with the guest, the notice, what departments prepare."""
        form, says, beside = self.form, self.shell.says, self.beside
        yield from self._plan()
        yield self._by_event(
            "assignment",
            "assigned",
            "done" if form.host_id else "next" if form.state == "planned" else self._ahead(),
            form.host_name or self.centre,
        )
        taken_up = sum(1 for order in beside.orders if order.acknowledged_at)
        notice = form.notices[-1] if form.notices else None
        yield Stage(
            title=says("receptions.stage.noticed"),
            state="done" if notice else "next" if form.state == "planned" and form.host_id else self._ahead(),
            who=notice.issued_by_name if notice else self.centre,
            at=notice.issued_at if notice else None,
            text=notice.reason if notice else "",
            about=(
                (says("receptions.edition"), str(form.edition)),
                (says("receptions.taken_up"), f"{taken_up} / {len(beside.orders)}"),
            )
            if notice
            else (),
        )
        ready = sum(1 for task in beside.tasks if task.state == "reported")
        waiting = sorted((task for task in beside.tasks if task.state == "open"), key=lambda task: task.due_at)
        yield Stage(
            title=says("receptions.stage.prepared"),
            state="done" if beside.tasks and not waiting else "next" if waiting else self._ahead(),
            who=self.shell.named(f"department.{waiting[0].department}") if waiting else "",
            about=((says("receptions.ready"), f"{ready} / {len(beside.tasks)}"),) if beside.tasks else (),
            due=self.shell.clock.due(Deadline(due_at=waiting[0].due_at, warn_at=waiting[0].warn_at))
            if waiting
            else None,
        )

    def visit(self) -> Iterator[Stage]:
        """The guest is here, through which passage, and how the visit goes."""
        form, shell, protocol = self.form, self.shell, self.protocol
        arrival = form.arrival
        yield Stage(
            title=shell.says("receptions.stage.arrived"),
            state="done" if arrival else "next" if form.state == "noticed" else self._ahead(),
            who=arrival.written_by_name if arrival else form.host_name,
            at=arrival.arrived_at if arrival else None,
            text=arrival.text if arrival else "",
            due=None if arrival or form.state == "cancelled" else shell.clock.due(Deadline(due_at=form.arrives_at)),
            about=((shell.says("receptions.field.channel"), shell.named(f"reception_channel.{arrival.channel}")),)
            if arrival
            else (),
        )
        taken = {event.name: event for event in self._events("stage")}
        for name in protocol.stages if protocol else ():
            event = taken.get(name)
            here = form.state == "arrived" and form.next_stage == name
            yield Stage(
                title=shell.named(f"reception_stage.{name}"),
                state="done" if event else "next" if here else self._ahead(),
                who=event.written_by_name if event else form.host_name if here else "",
                at=event.happened_at if event else None,
                text=event.text if event else "",
            )

    def afterwards(self) -> Iterator[Stage]:
        """What the guest says, the answer, and the reception record."""
        form, says, clock = self.form, self.shell.says, self.shell.clock
        for heard in form.feedback:
            yield Stage(
                title=says("receptions.stage.heard" if heard.given else "receptions.stage.nothing_said"),
                state="done",
                who=heard.collected_by_name,
                at=heard.collected_at,
                text=heard.text,
                about=((says("receptions.field.score"), str(heard.score)),) if heard.score is not None else (),
            )
            if heard.given:
                yield Stage(
                    title=says("receptions.stage.answered"),
                    state="done" if heard.answered_at else "next",
                    who=heard.answered_by_name or self.centre,
                    at=heard.answered_at,
                    text=" ".join(filter(None, (heard.handling, heard.reply))),
                    due=clock.due(Deadline(due_at=heard.answer_by)) if not heard.answered_at else None,
                )
        if not form.feedback:
            yield Stage(
                title=says("receptions.stage.heard"),
                state="next" if form.state == "seen_off" else self._ahead(),
                due=clock.due(Deadline(due_at=form.feedback_by)) if form.state == "seen_off" else None,
            )
        ended = "cancellation" if form.state == "cancelled" else "filing"
        yield self._by_event(ended, ended, self._until("filed") if ended == "filing" else "refused", "")

    def _approvals(self) -> Iterator[Stage]:
        form, shell = self.form, self.shell
        for asked in form.applications:
            yield from self._steps(asked.approval_id, shell.named(f"protocol.{asked.protocol}"), asked.reason)
        if not form.terms and not any(asked.outcome is None for asked in form.applications):
            flow = shell.act.policy.approval(self.protocol.approval) if self.protocol else None
            who = " → ".join(" / ".join(map(shell.post, step.roles)) for step in flow.steps) if flow else ""
            yield Stage(
                title=shell.says("receptions.stage.approved"),
                state="next" if form.state == "confirmed" else self._ahead(),
                who=who,
                why=shell.says("receptions.why_approval", clause=flow.clause) if flow and flow.clause else "",
            )

    def _plan(self) -> Iterator[Stage]:
        form, says = self.form, self.shell.says
        for plan in form.plans[-1:]:
            title = says("receptions.plan_edition", edition=plan.edition)
            if plan.approval_id is not None:
                yield Stage(title=title, state="done", who=plan.written_by_name, at=plan.written_at)
                yield from self._steps(plan.approval_id, title, "")
            else:
                yield Stage(title=title, state="done", who=plan.written_by_name, at=plan.written_at)
        if not form.plans:
            yield Stage(
                title=says("receptions.stage.planned"),
                state="next" if form.state == "approved" else self._ahead(),
                who=self.centre,
            )

    def _steps(self, approval_id: UUID, what: str, text: str) -> Iterator[Stage]:
        """Each step of an approval: who decided, who may, by which clause."""
        shell = self.shell
        approval = self.beside.approvals.get(approval_id)
        if approval is None:
            return
        why = shell.says("receptions.why_approval", clause=approval.clause) if approval.clause else ""
        for step in approval.steps:
            waits = approval.step == step.step
            yield Stage(
                title=shell.says(
                    "receptions.approval_by", what=what, who=" / ".join(map(shell.post, (step.role, *step.others)))
                ),
                state=_decided(step.approved) if step.approved is not None else _open(approval, waits=waits),
                who=step.decided_by_name,
                at=step.decided_at,
                text=step.reason or (text if step.step == 0 else ""),
                why=why,
                place=f"{PREFIX}/approvals/{approval_id}" if waits else "",
            )

    def _by_event(self, kind: str, title: str, state: str, who: str) -> Stage:
        """What is done once it is written down."""
        event = next(iter(reversed(self._events(kind))), None)
        return Stage(
            title=self.shell.says(f"receptions.stage.{title}"),
            state=state,
            who=event.written_by_name if event and kind != "assignment" else who,
            at=event.written_at if event else None,
            text=event.text if event else "",
        )

    def _events(self, kind: str) -> list[EventLine]:
        return [event for event in self.form.events if event.kind == kind]

    def _until(self, state: str) -> str:
        """Done once it is in this state or a later one, next in the state before it."""
        if self.form.state == "cancelled":
            return "done" if state == "confirmed" and self._events("confirmation") else "dropped"
        now, then = STATES.index(self.form.state), STATES.index(state)
        return "done" if now >= then else "next" if now + 1 == then else "later"

    def _ahead(self) -> str:
        return "dropped" if self.form.state == "cancelled" else "later"


def _decided(approved: bool) -> str:
    return "done" if approved else "refused"


def _open(approval: ApprovalView, *, waits: bool) -> str:
    return "next" if waits else "dropped" if approval.outcome else "later"
