"""A request step by step, as its page shows it: what is done, what comes next, by whom, by when and why."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from guibin.approvals.queries import ApprovalView
from guibin.console.limits import limit_words
from guibin.console.moments import Due
from guibin.console.shell import Shell
from guibin.console.timeline import Stage
from guibin.policy.service_items import APPOINTMENT, STEP_CLOCKS, TimeLimit

from .queries import ServiceRequestForm


class Case(Struct, frozen=True):
    """What is known of a request beside its form."""

    approval: ApprovalView | None
    limit: TimeLimit | None
    due: Due | None
    worker: str
    clocks: Mapping[str, Due | None] = {}


def stages(form: ServiceRequestForm, case: Case, shell: Shell) -> list[Stage]:
    """The approval's steps, then the item's own."""
    return [*_approval(form, case, shell), *_steps(form, case, shell)]


def limit_said(limit: TimeLimit, shell: Shell) -> str:
    """The limit as a sentence: in which situation, how long, counted from what."""
    return shell.says(
        "service_requests.limit",
        situation=shell.named(f"time_limit.{limit.name}"),
        within=limit_words(limit.within, shell),
        begins=shell.says(f"service_requests.from.{limit.counted_from}"),
    )


def _approval(form: ServiceRequestForm, case: Case, shell: Shell) -> Iterator[Stage]:
    if case.approval is None:
        return
    for step in case.approval.steps:
        roles = (step.role, *step.others)
        title = shell.says("service_requests.approval_by", who=" / ".join(map(shell.post, roles)))
        why = shell.says("service_requests.why_approval", clause=case.approval.clause) if case.approval.clause else ""
        if step.approved is not None:
            state = "done" if step.approved else "refused"
            yield Stage(
                title=title, state=state, who=step.decided_by_name, at=step.decided_at, text=step.reason, why=why
            )
        else:
            waits = case.approval.step == step.step
            yield Stage(
                title=title, state="next" if waits else "later" if form.state == "asked" else "dropped", why=why
            )


def _steps(form: ServiceRequestForm, case: Case, shell: Shell) -> Iterator[Stage]:
    ended = form.state in ("rejected", "withdrawn")
    until = (case.limit.until or form.steps[-1]) if case.limit and form.steps else ""
    signed = {one.occasion: one.signed_by for one in form.signatures}
    for place, step in enumerate(form.steps):
        title = shell.named(f"step.{step}")
        if place < len(form.taken):
            taken = form.taken[place]
            told = (
                ("reaction", taken.reaction),
                ("accompanied_by", taken.accompanied_by),
                ("rated", taken.rated),
                ("rating", str(taken.rating or "")),
                ("unsigned_because", taken.unsigned_because),
                ("signed_by", signed.get(f"{STEP_CLOCKS}{step}", "")),
            )
            about = tuple((shell.says(f"service_requests.field.{name}"), text) for name, text in told if text)
            if step == APPOINTMENT and form.appointment_at:
                about = ((shell.says("service_requests.agreed"), shell.clock.moment(form.appointment_at)), *about)
            yield Stage(
                title=title,
                state="dropped" if taken.skipped_because else "done",
                who=taken.taken_by_name,
                at=taken.taken_at,
                text=taken.skipped_because or taken.result,
                about=about,
            )
            continue
        is_next = form.state == "open" and place == len(form.taken)
        meets = step == until and case.limit is not None
        own = case.clocks.get(f"{STEP_CLOCKS}{step}")
        yield Stage(
            title=title,
            state="dropped" if ended else "next" if is_next else "later",
            who=case.worker if is_next else "",
            due=own or (case.due if meets else None),
            why=limit_said(case.limit, shell) if meets and case.limit else "",
        )
