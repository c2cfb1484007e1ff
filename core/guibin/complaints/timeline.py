"""What happened to a complaint, in one row of moments: who said or did what, and what a rule did."""

from collections.abc import Iterator

from guibin.console.shell import Shell
from guibin.console.timeline import Happening

from .queries import ComplaintForm


def timeline(form: ComplaintForm, shell: Shell, customer: str) -> list[Happening]:
    """Everything, the first first."""
    return sorted(_everything(form, shell, customer), key=lambda one: one.at)


def _everything(form: ComplaintForm, shell: Shell, customer: str) -> Iterator[Happening]:
    says = shell.says
    yield Happening(
        at=form.received_at,
        who=customer or says("complaints.somebody"),
        what=_channel(form.channel, shell),
        icon="message-report",
        tone="cust",
        text=form.text,
    )
    yield Happening(
        at=form.received_at,
        who=says("complaints.rule"),
        what=says("complaints.happened.judged", level=shell.named(f"complaint_level.{_first_level(form)}")),
        icon="scale",
        tone="rule",
    )
    for told in form.leadership_told[:1]:
        yield Happening(
            at=told.told_at,
            who=says("complaints.rule"),
            what=says("complaints.happened.leadership", who=shell.joined([each.name for each in form.leadership_told])),
            icon="speakerphone",
            tone="rule",
        )
    for again in form.intakes:
        yield Happening(
            at=again.received_at,
            who=customer or says("complaints.somebody"),
            what=says("complaints.happened.again", channel=_channel(again.channel, shell)),
            icon="repeat",
            tone="cust",
            text=again.text,
        )
    for change in form.levels:
        yield Happening(
            at=change.changed_at,
            who=change.changed_by_name,
            what=says(
                "complaints.happened.level",
                level=shell.named(f"complaint_level.{change.to_level}"),
                reason=change.reason,
            ),
            icon="stairs-up",
            tone="rule",
        )
    for found in form.analyses:
        yield Happening(
            at=found.analysed_at,
            who=found.analysed_by_name,
            what=says("complaints.happened.analysed", cause=shell.named(f"complaint_cause.{found.cause}")),
            icon="zoom-check",
            text=found.text,
            tone="note",
        )
    for handed in form.hand_overs:
        yield Happening(
            at=handed.handed_at,
            who=handed.handed_by_name,
            what=says("complaints.happened.handed"),
            icon="corner-up-right",
            text=handed.reason,
            tone="note",
        )
    for pause in form.pauses:
        yield Happening(
            at=pause.started_at,
            who=pause.started_by_name,
            what=says("complaints.happened.paused", reason=pause.reason),
            icon="player-pause",
        )
        if pause.ended_at is not None:
            yield Happening(
                at=pause.ended_at,
                who=pause.ended_by_name,
                what=says("complaints.happened.resumed"),
                icon="player-play",
            )
    yield from _said(form, shell, customer)
    yield from _ended(form, shell)


def _said(form: ComplaintForm, shell: Shell, customer: str) -> Iterator[Happening]:
    says = shell.says
    for message in form.messages:
        inward = message.direction == "in"
        yield Happening(
            at=message.sent_at,
            who=(customer or says("complaints.somebody")) if inward else message.written_by_name,
            what=says("complaints.happened.wrote" if inward else "complaints.happened.replied"),
            icon="message" if inward else "send",
            tone="cust" if inward else "out",
            text=message.text,
        )
    for note in form.notes:
        yield Happening(
            at=note.written_at,
            who=note.written_by_name,
            what=says(f"complaints.kind.{note.kind}"),
            icon="note",
            tone="note",
            text=note.text,
        )


def _ended(form: ComplaintForm, shell: Shell) -> Iterator[Happening]:
    says = shell.says
    for resolution in form.resolutions:
        if resolution.resolved_at is not None:
            yield Happening(
                at=resolution.resolved_at,
                who=resolution.resolved_by_name,
                what=says("complaints.happened.resolved", cause=shell.named(f"complaint_cause.{resolution.cause}")),
                icon="check",
                tone="good",
                text=resolution.remedy,
            )
    for call in form.callbacks:
        yield Happening(
            at=call.called_at,
            who=call.called_by_name,
            what=says(f"complaints.outcome.{call.outcome}"),
            icon="phone",
            tone={"satisfied": "good", "not_satisfied": "bad"}.get(call.outcome, ""),
            text=" · ".join(said for said in (call.comment, call.unsigned_because) if said),
        )
    for signature in form.signatures:
        yield Happening(
            at=signature.taken_at,
            who=signature.taken_by_name,
            what=says("complaints.happened.signed", who=signature.signed_by),
            icon="signature",
            tone="good",
        )
    for recusal in form.recusals:
        yield Happening(
            at=recusal.recused_at,
            who=recusal.recused_by_name,
            what=says("complaints.happened.recused"),
            icon="scale",
            tone="rule",
            text=recusal.reason,
        )
    if form.rectification is not None:
        yield Happening(
            at=form.rectification.reported_at,
            who=form.rectification.reported_by_name,
            what=says("complaints.happened.rectified", who=form.rectification.reported_to),
            icon="shield-check",
            tone="good",
            text=form.rectification.plan,
        )
    if form.withdrawal is not None:
        said_by = form.withdrawal.said_by
        yield Happening(
            at=form.withdrawal.withdrawn_at,
            who=form.withdrawal.withdrawn_by_name,
            what=says("complaints.happened.withdrawn", who=f" ({said_by})" if said_by else ""),
            icon="arrow-back-up",
            tone="cust",
            text=form.withdrawal.reason,
        )
    for step in form.steps:
        if step.kind in ("warning", "breach", "escalation"):
            yield Happening(
                at=step.fired_at,
                who=says("complaints.rule"),
                what=says(f"complaints.step.{step.kind}", who=_roles(step.roles, shell)),
                icon="alert-triangle" if step.kind == "warning" else "alert-octagon",
                tone="rule" if step.kind == "warning" else "bad",
            )


def _roles(roles: tuple[str, ...], shell: Shell) -> str:
    return shell.joined(map(shell.post, roles))


def _channel(channel: str, shell: Shell) -> str:
    key = f"channel.{channel}"
    return shell.says(key) if shell.studio.words.has(key) else channel


def _first_level(form: ComplaintForm) -> str:
    return form.levels[0].from_level if form.levels else form.level
