"""Complaints as people work on them: the queue, the case, and what is done to it one key away."""

import contextlib
from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

from guibin.console import cases, forms
from guibin.console import choices as offered
from guibin.console.cases import Given, Intake, Kind, Rows, Values, customer_of
from guibin.console.commands import Command, Commands, Undo
from guibin.console.forms import Filled
from guibin.console.limits import limit_words
from guibin.console.lists import Column, Filter, Table, View
from guibin.console.moments import Deadline
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.console.whys import Why, moves, why
from guibin.context import Act
from guibin.files import screens as files
from guibin.policies.queries import version_at
from guibin.sla import queries as sla
from guibin.sla.queries import DeadlineLine, TimerChangeView
from guibin.tiers.marks import begun, known_of, row_marks, whose
from guibin.web.listing import PageAsked
from guibin.web.paging import Page
from guibin_tenants.principals import may
from guibin_tenants.refusals import Refusal

from . import actions, analysing, choices, intake, merging, queries, rectification, recusals, sampling
from .levels import RESOLUTION
from .queries import ComplaintFilter, ComplaintForm, ComplaintLine
from .requests import NewComplaint
from .ribbon import ribbon
from .timeline import timeline

READ, WRITE = may("complaints:read"), may("complaints:write")
PATH = f"{PREFIX}/complaints"
ENTRIES = (Entry(title="complaints.title", path=PATH, icon="message-report", needs=READ, order=20, phone=True),)
TABLE = Table(
    slice_name="complaints",
    follows=("complaint",),
    path=PATH,
    columns=(
        Column(name="customer", width=196, confidential=True),
        Column(name="matter"),
        Column(name="level", width=92),
        Column(name="due", width=148, sort="due"),
        Column(name="handler", width=96),
        Column(name="received", width=120, sort="received", optional=True, labelled=True),
        Column(name="owner", width=96, optional=True, labelled=True),
        Column(name="channel", width=88, optional=True, labelled=True),
    ),
    filters=(
        Filter(name="state", choices=choices.states),
        Filter(name="handled_by", choices=offered.colleagues),
        Filter(name="unit_id", choices=offered.units),
        Filter(name="level", choices=choices.levels),
        Filter(name="tier", choices=offered.tiers),
    ),
    views=(
        View(name="mine", asks={"handled_by": "$me", "running": "true"}),
        View(name="running", asks={"running": "true"}),
        View(name="overdue", asks={"overdue": "true"}),
        View(name="all", asks={}, sort="received"),
    ),
    search="q",
    bulk={"hand_over": WRITE},
    new=f"{PATH}/new",
    new_needs=WRITE,
    preview=True,
)
COMMANDS = Commands(
    "complaints",
    "complaint_id",
    PATH,
    Command(
        name="write",
        action=actions.write,
        icon="send",
        key="r",
        main=True,
        given=choices.outward,
        left_out=frozenset({"automatic", "sent_at"}),
    ),
    Command(name="note", action=actions.note, icon="note", key="m"),
    Command(
        name="hand_over",
        action=actions.hand_over,
        icon="corner-up-right",
        key="t",
        choices={"to_staff_id": offered.colleagues, "to_unit_id": offered.units, "cause": choices.causes},
        undo=Undo(command="hand_over", before=choices.handled),
    ),
    Command(
        name="level",
        action=actions.change_level,
        icon="stairs-up",
        key="l",
        choices={"level": choices.levels, "cause": choices.causes},
        undo=Undo(command="level", before=choices.judged),
    ),
    Command(name="analyse", action=analysing.analyse, icon="zoom-check", key="a", choices={"cause": choices.causes}),
    Command(name="pause", action=actions.pause, icon="player-pause", key="p", undo=Undo(command="resume")),
    Command(name="resume", action=actions.resume, icon="player-play", key="p", undo=Undo(command="pause")),
    Command(name="merge", action=merging.merge, icon="git-merge", key="o", choices={"complaint_id": choices.others}),
    Command(name="recuse", action=recusals.recuse, icon="scale", key="u", choices={"staff_id": offered.colleagues}),
    Command(name="follow_up", action=sampling.follow_up_of, icon="phone-call", key="f"),
    Command(name="rectify", action=rectification.rectify, icon="shield-check", key="h", given=choices.leadership),
    Command(name="withdraw", action=actions.withdraw, icon="arrow-back-up", key="w"),
    Command(name="sign", action=actions.sign, icon="signature", key="s"),
    Command(name="call_back", action=actions.call_back, icon="phone", key="b", main=True, asks=choices.of_callback),
    Command(
        name="resolve",
        action=actions.resolve,
        icon="check",
        key="e",
        choices={"cause": choices.causes},
        given=choices.analysed,
    ),
    needs=WRITE,
)
# What the page offers in which state, in the order of the buttons.
OFFERED = {
    "open": ("write", "note", "analyse", "hand_over", "level", "pause", "merge", "recuse", "withdraw", "resolve"),
    "waiting": ("write", "note", "analyse", "hand_over", "level", "resume", "merge", "recuse", "withdraw", "resolve"),
    "resolved": ("call_back", "sign", "note", "recuse", "withdraw"),
    "closed": ("note",),
}


def level_number(shell: Shell, name: str) -> int:
    """How high the level is, 1 for the lowest."""
    names = [level.name for level in shell.act.policy.complaints.levels]
    return names.index(name) + 1 if name in names else 0


async def _found(filters: ComplaintFilter, page: PageAsked, act: Act, sort: str) -> Page[ComplaintLine]:
    return await queries.queue(filters, page, act, due_first=sort != "received")


async def _beside(rows: Sequence[ComplaintLine], shell: Shell) -> Values:
    return {
        **await row_marks(rows, shell),
        "due_of": lambda line: shell.clock.due(Deadline.of(line)),
        "level_number": lambda name: level_number(shell, name),
    }


async def _case(complaint_id: UUID, shell: Shell) -> Values:
    form = await queries.form(complaint_id, shell.act)
    known = await whose(form.customer_id, shell.act)
    resolution = next((one for one in form.deadlines if one.milestone == RESOLUTION), None)
    changed = await sla.moves_of(complaint_id, RESOLUTION)
    return {
        "form": form,
        "known": known,
        "events": timeline(form, shell, known.customer.name if known else ""),
        "due": shell.clock.due(Deadline.of(resolution)) if resolution else None,
        "resolution": resolution,
        "ribbon": ribbon(form, changed, resolution, shell) if resolution else None,
        "whys": await _whys(form, changed, resolution, shell),
        "level_number": level_number(shell, form.level),
        "commands": COMMANDS.allowed(shell, *_offered(form)),
        "handler": await queries.handler_of(complaint_id),
        "others": await queries.others_of(form),
        "taken_in": (await _form(shell, *_ELSEWHERE)).said(form, shell),
    }


def _offered(form: ComplaintForm) -> list[str]:
    """What its state offers; before it a follow-up that is owed, after it a plan that leadership waits for, in whatever state."""
    follow_up = ["follow_up"] if form.follow_up_owed else []
    plan = ["rectify"] if form.plan_owed and form.merged_into_id is None else []
    return [*follow_up, *OFFERED[form.state], *plan]


async def _whys(
    form: ComplaintForm, changed: list[TimerChangeView], resolution: DeadlineLine | None, shell: Shell
) -> dict[str, Why]:
    """Why this level, and why this time."""
    level = shell.act.policy.complaints.level(form.level)
    title, version = shell.named(f"complaint_level.{form.level}"), await version_at(form.received_at)
    within = limit_words(level.resolve_within, shell) if level else ""
    figures = ((shell.says("complaints.within"), within),) if within else ()
    trace = f"{PREFIX}/traces/complaint/{form.id}"
    found = {
        "level": why(
            shell,
            f"{title}{shell.says('colon')}{shell.because(form.because)}",
            figures=figures,
            clause=form.clause,
            version=version,
            trace=trace,
        )
    }
    if resolution is not None:
        first = changed[0].due_before if changed and changed[0].due_before else resolution.due_at
        found["due"] = why(
            shell,
            shell.says("complaints.due_because", level=title, within=within) if within else "",
            clause=form.clause,
            version=version,
            moves=moves((resolution.started_at, first), changed, shell),
            trace=trace,
        )
    return found


def _read(given: Given, shell: Shell) -> Filled:
    return forms.fill(NewComplaint, given, shell)


async def _suggested(given: Given, shell: Shell) -> Values:
    filled = _read({**given, "text": given.get("text") or [""]}, shell)
    foreseen = None
    if not filled.errors:
        with contextlib.suppress(Refusal):
            foreseen = await intake.foreseen(filled.value, shell.act)
    known = await known_of(customer_of(given), shell.act)
    return {
        "foreseen": foreseen,
        "why": why(
            shell,
            shell.because(foreseen.because),
            clause=foreseen.clause,
            version=shell.act.policy.version,
        )
        if foreseen
        else None,
        "due": shell.clock.due(Deadline(due_at=foreseen.due_at, warn_at=foreseen.warn_at)) if foreseen else None,
        "level_number": level_number(shell, foreseen.level) if foreseen else 0,
        "known": known,
        "others": await queries.of_customer(known.customer.id) if known else [],
    }


async def _page(given: Given, errors: Mapping[str, str], shell: Shell) -> Values:
    return {"fields": (await _form(shell)).fields(shell, given, errors)}


# What the case's page says of a complaint in a place of its own.
_ELSEWHERE = ("text", "level", "received_at", "special", "against_id")


async def _form(shell: Shell, *left_out: str) -> forms.Form:
    """What is taken in, without `left_out`."""
    return forms.Form(
        kind=NewComplaint,
        slice_name="complaints",
        choices={
            "channel": await choices.channels(shell),
            "level": await choices.levels(shell),
            "against_id": await offered.colleagues(shell),
        },
        left_out=frozenset({"owner_id", "complainant_id", "follows_id", "customer_id", *left_out}),
    )


ComplaintScreens = cases.screens(
    Kind(
        subject="complaint",
        files=partial(files.part, "complaint"),
        table=TABLE,
        commands=COMMANDS,
        read=READ,
        write=WRITE,
        rows=Rows(
            filters=ComplaintFilter,
            find=_found,
            counts=queries.LISTED.counts,
            beside=_beside,
            sort="due",
            first="running",
        ),
        case=_case,
        intake=Intake(action=intake.receive, begun=begun, read=_read, page=_page, suggested=_suggested),
    ),
    __name__,
)
