"""What happened to a service request beside its steps: days agreed on, hand-overs, notes, its end."""

from collections.abc import Iterator, Mapping
from uuid import UUID

from guibin.console.shell import Shell
from guibin.console.timeline import Happening

from . import choices
from .queries import ServiceRequestForm


def timeline(form: ServiceRequestForm, shell: Shell, customer: str, names: Mapping[UUID, str]) -> list[Happening]:
    """Everything, the first first; `names` are of those to whom the work was handed."""
    return sorted(_everything(form, shell, customer, names), key=lambda one: one.at)


def _everything(
    form: ServiceRequestForm, shell: Shell, customer: str, names: Mapping[UUID, str]
) -> Iterator[Happening]:
    says, clock = shell.says, shell.clock
    yield Happening(
        at=form.received_at,
        who=customer or says("behind_wall"),
        what=says("service_requests.happened.asked", channel=choices.channel(form.channel, shell)),
        icon="list-check",
        tone="cust",
        text=form.text,
    )
    for taken in form.taken:
        yield Happening(
            at=taken.taken_at,
            who=taken.taken_by_name,
            what=says(
                f"service_requests.happened.{'skipped' if taken.skipped_because else 'step'}",
                step=shell.named(f"step.{taken.step}"),
            ),
            icon="chevron-right" if taken.skipped_because else "check",
            tone="bad" if taken.skipped_because else "good",
            text=taken.skipped_because or taken.result,
        )
    for agreed in form.appointments:
        key = "moved" if agreed.from_at else "agreed"
        yield Happening(
            at=agreed.made_at,
            who=agreed.made_by_name,
            what=says(f"service_requests.happened.{key}", at=clock.moment(agreed.to_at)),
            icon="calendar",
            text=agreed.reason,
            tone="note",
        )
    for handed in form.hand_overs:
        to = [names[each] for each in (handed.to_staff_id, handed.to_unit_id) if each is not None and each in names]
        yield Happening(
            at=handed.handed_at,
            who=handed.handed_by_name,
            what=says("service_requests.happened.handed", to=" · ".join(to) or "—"),
            icon="corner-up-right",
            text=handed.reason,
            tone="note",
        )
    for note in form.notes:
        yield Happening(
            at=note.written_at,
            who=note.written_by_name,
            what=says(f"service_requests.kind.{note.kind}"),
            icon="note",
            text=note.text,
            tone="note",
        )
    if form.end is not None:
        yield Happening(
            at=form.end.ended_at,
            who=form.end.ended_by_name,
            what=says(f"service_requests.state.{form.end.outcome}"),
            icon="x",
            tone="bad",
            text=form.end.reason,
        )
