"""Tasks as people do them: what is to be done about whom until when."""

from collections.abc import Sequence
from functools import partial
from typing import get_args
from uuid import UUID

from guibin.audit.actions import recorded
from guibin.audit.answering import finds
from guibin.cases import Case
from guibin.console import cases
from guibin.console import choices as offered
from guibin.console.cases import Kind, Rows, Values
from guibin.console.commands import Command, Commands
from guibin.console.lists import Column, Filter, Table, View
from guibin.console.moments import Deadline
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.console.timeline import Happening
from guibin.tiers.marks import row_marks, whose

from . import actions, queries
from .api import READ, WRITE
from .queries import SUBJECT, AskedTaskForm, AskedTaskLine
from .requests import AskedTaskFilter
from .tables import State

PATH, NAME = f"{PREFIX}/tasks", "tasks"
ENTRIES = (Entry(title=f"{NAME}.title", path=PATH, icon="list-check", needs=READ, order=23, phone=True),)


TABLE = Table(
    slice_name=NAME,
    follows=(SUBJECT,),
    path=PATH,
    columns=(
        Column(name="customer", width=196, confidential=True),
        Column(name="matter"),
        Column(name="due", width=148),
        Column(name="owner", width=104),
        Column(name="asked", width=120),
    ),
    filters=(
        Filter(name="state", choices=offered.words_of(f"{NAME}.state", get_args(State))),
        Filter(name="owner_id", choices=offered.colleagues),
    ),
    views=(
        View(name="mine", asks={"owner_id": "$me", "state": "open"}),
        View(name="open", asks={"state": "open"}),
        View(name="overdue", asks={"state": "open", "overdue": "true"}),
        View(name="all", asks={}),
    ),
    preview=True,
)
COMMANDS = Commands(
    NAME,
    "task_id",
    PATH,
    Command(name="finish", action=actions.finish, icon="check", key="e", main=True),
    Command(name="dismiss", action=actions.dismiss, icon="x", key="w"),
    needs=WRITE,
)


async def _beside(rows: Sequence[AskedTaskLine], shell: Shell) -> Values:
    return {**await row_marks(rows, shell), "due_of": partial(_due, shell)}


def _due(shell: Shell, row: AskedTaskLine) -> object:
    if row.state != "open":
        return None
    return shell.clock.due(Deadline(due_at=row.due_at, warn_at=row.warn_at))


async def _case(task_id: UUID, shell: Shell) -> Values:
    form = await recorded("read", Case(SUBJECT, task_id), queries.FORM, shell.act)
    return {
        "form": form,
        "known": await whose(form.customer_id, shell.act) if form.customer_id else None,
        "events": _story(form, shell),
        "due": shell.clock.running(form.deadlines) if form.state == "open" else None,
        "commands": COMMANDS.allowed(shell, *(("finish", "dismiss") if form.state == "open" else ())),
    }


def _story(form: AskedTaskForm, shell: Shell) -> list[Happening]:
    asked = Happening(
        at=form.asked_at, who=form.asked_by_name, what=shell.says(f"{NAME}.happened.asked"), icon="list-check"
    )
    if form.ended_at is None:
        return [asked]
    ended = Happening(
        at=form.ended_at,
        who=form.ended_by_name,
        what=shell.says(f"{NAME}.happened.{form.state}"),
        icon="check",
        tone="good",
        text=form.result,
    )
    return [asked, ended]


TaskScreens = cases.screens(
    Kind(
        subject=SUBJECT,
        table=TABLE,
        commands=COMMANDS,
        read=READ,
        write=WRITE,
        rows=Rows(
            filters=AskedTaskFilter,
            find=finds(SUBJECT, queries.LINES),
            counts=queries.LISTED.counts,
            beside=_beside,
            first="mine",
        ),
        case=_case,
    ),
    __name__,
)
