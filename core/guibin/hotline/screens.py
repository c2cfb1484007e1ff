"""Calls as people work on them: who rang, whose call it was, what came of it (S01-7)."""

from collections.abc import Sequence
from uuid import UUID

from guibin.audit.actions import recorded
from guibin.audit.answering import finds
from guibin.cases import Case
from guibin.console import cases, forms
from guibin.console import choices as offered
from guibin.console.cases import Kind, Rows, Values
from guibin.console.commands import Command, Commands
from guibin.console.lists import Column, Filter, Table, View
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Outcome, Shell
from guibin.console.timeline import Happening
from guibin.tiers.marks import row_marks, whose
from guibin_tenants.principals import may

from . import actions, queries
from .actions import DisclosedCaller
from .deadlines import SUBJECT
from .queries import CallFilter, CallLine
from .requests import NewEnding

READ, WRITE = may("records:read"), may("records:write")
PATH = f"{PREFIX}/hotline"
NAME = "hotline"
ENTRIES = (Entry(title=f"{NAME}.title", path=PATH, icon="phone-call", needs=READ, order=14),)
STATES = ("open", "unmatched", "missed", "done")


TABLE = Table(
    slice_name=NAME,
    follows=(SUBJECT,),
    path=PATH,
    columns=(
        Column(name="customer", width=208, confidential=True),
        Column(name="matter"),
        Column(name="state", width=112),
        Column(name="rang", width=136),
        Column(name="staff", width=104),
    ),
    filters=(
        Filter(name="state", choices=offered.words_of(f"{NAME}.state", STATES)),
        Filter(name="staff_id", choices=offered.colleagues),
    ),
    views=(
        View(name="mine", asks={"staff_id": "$me", "waiting": "true"}),
        View(name="unmatched", asks={"state": "unmatched"}),
        View(name="missed", asks={"state": "missed"}),
        View(name="all", asks={}),
    ),
    preview=True,
)


async def _tells_number(shown: Sequence[DisclosedCaller], shell: Shell) -> Outcome:
    return Outcome(
        shell.says(f"{NAME}.number_is", number=shown[0].number or shell.says(f"{NAME}.withheld")), stays=True
    )


COMMANDS = Commands(
    NAME,
    "call_id",
    PATH,
    Command(name="end", action=actions.end, needs=WRITE, icon="check", key="e", main=True),
    Command(
        name="match",
        action=actions.match,
        needs=WRITE,
        icon="user-check",
        key="m",
        finds=frozenset({"customer_id"}),
    ),
    Command(name="number", action=actions.number_to_call, needs=WRITE, icon="eye", key="o", tells=_tells_number),
    Command(
        name="disclose",
        action=actions.disclose,
        needs=may("customers:disclose"),
        icon="eye",
        key="o",
        tells=_tells_number,
    ),
    Command(name="leave", action=actions.leave_unmatched, needs=WRITE, icon="user-off", key="w"),
    Command(name="blank", action=actions.blank, needs=may("customers:erase"), icon="trash", danger=True),
)
OFFERED = {
    "open": ("end", "match"),
    "missed": ("end", "match", "number"),
    "unmatched": ("match", "leave", "number"),
    "done": ("match", "blank"),
}


async def _case(call_id: UUID, shell: Shell) -> Values:
    form = await recorded("read", Case(SUBJECT, call_id), queries.FORM, shell.act)
    return {
        "form": form,
        "known": await whose(form.customer_id, shell.act),
        "events": _story(form, shell),
        "due": shell.clock.running(form.deadlines),
        "taken_in": forms.Form(kind=NewEnding, slice_name=NAME, left_out=frozenset({"outcome"})).said(form, shell),
        "commands": COMMANDS.allowed(shell, *_offered(form, shell)),
    }


def _offered(form: CallLine, shell: Shell) -> list[str]:
    names = list(OFFERED[form.state])
    if form.customer_id is not None and form.state != "open":
        names = [name for name in names if name not in ("match", "leave", "blank")]
    return ["disclose" if name == "number" and form.customer_id is not None else name for name in names]


def _story(form: CallLine, shell: Shell) -> list[Happening]:
    says, caller = shell.says, form.customer_name or form.number_masked or shell.says(f"{NAME}.withheld")
    happened = [
        Happening(at=form.rang_at, who=caller, what=says(f"{NAME}.happened.rang"), icon="phone-incoming", tone="cust")
    ]
    if form.answered_at is not None:
        happened.append(
            Happening(
                at=form.answered_at, who=form.staff_name, what=says(f"{NAME}.happened.answered"), icon="phone-call"
            )
        )
    else:
        happened.append(
            Happening(
                at=form.rang_at,
                who=says(f"{NAME}.nobody"),
                what=says(f"{NAME}.happened.missed"),
                icon="phone-off",
                tone="bad",
            )
        )
    if form.matched_at is not None:
        happened.append(
            Happening(
                at=form.matched_at, who=form.matched_by_name, what=says(f"{NAME}.happened.matched"), icon="user-check"
            )
        )
    if form.ended_at is not None:
        happened.append(
            Happening(
                at=form.ended_at,
                who=form.ended_by_name,
                what=says(f"{NAME}.outcome.{form.outcome}"),
                icon="check",
                tone="good",
                text=form.content,
            )
        )
    return sorted(happened, key=lambda each: each.at)


HotlineScreens = cases.screens(
    Kind(
        subject=SUBJECT,
        table=TABLE,
        commands=COMMANDS,
        read=READ,
        write=WRITE,
        rows=Rows(
            filters=CallFilter,
            find=finds(SUBJECT, queries.LINES),
            counts=queries.LISTED.counts,
            beside=row_marks,
            first="mine",
        ),
        case=_case,
    ),
    __name__,
)
