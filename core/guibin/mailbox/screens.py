"""Mails as the desk works through them: whose each is, what becomes of it, and what was answered (S01-7)."""

from collections.abc import Mapping
from functools import partial
from typing import get_args
from uuid import UUID

from guibin.audit.actions import recorded
from guibin.audit.answering import finds
from guibin.cases import Case
from guibin.complaints.choices import levels
from guibin.console import cases
from guibin.console.cases import Kind, Rows, Values
from guibin.console.choices import words_of
from guibin.console.commands import Command, Commands
from guibin.console.lists import Column, Filter, Table, View
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.console.timeline import Happening
from guibin.files import screens as files
from guibin.tiers.marks import row_marks, whose
from guibin_tenants.principals import may

from . import actions, queries
from .deadlines import SUBJECT
from .queries import MailFilter, MailForm
from .tables import State

READ, WRITE = may("records:read"), may("records:write")
PATH = f"{PREFIX}/mails"
NAME = "mailbox"
ENTRIES = (Entry(title=f"{NAME}.title", path=PATH, icon="mail", needs=READ, order=15),)
# Where the page of a case stands that a mail went on to.
PLACES = {"complaint": f"{PREFIX}/complaints"}


TABLE = Table(
    slice_name=NAME,
    follows=(SUBJECT,),
    path=PATH,
    columns=(
        Column(name="customer", width=220, confidential=True),
        Column(name="matter"),
        Column(name="state", width=112),
        Column(name="arrived", width=136),
    ),
    filters=(Filter(name="state", choices=words_of(f"{NAME}.state", get_args(State))),),
    views=(
        View(name="new", asks={"state": "new"}),
        View(name="flood", asks={"state": "flood"}),
        View(name="automatic", asks={"state": "automatic"}, counted=False),
        View(name="all", asks={}),
    ),
    preview=True,
)


async def _asks_for_another_form(shell: Shell, _: UUID) -> Mapping[str, str]:
    """The reply to whoever sent files that nobody here can open."""
    return {"text": shell.act.policy.title("packed_mail.send_again", shell.act.company.language)}


COMMANDS = Commands(
    NAME,
    "mail_id",
    PATH,
    Command(
        name="take",
        action=actions.take,
        needs=WRITE & may("complaints:write"),
        icon="message-report",
        key="n",
        main=True,
        choices={"level": levels},
    ),
    Command(name="ask", action=actions.ask, needs=WRITE, icon="message-circle", key="q"),
    Command(name="answer", action=actions.answer, needs=WRITE, icon="send", key="r"),
    Command(name="resend", action=actions.answer, needs=WRITE, icon="send", given=_asks_for_another_form),
    Command(
        name="match",
        action=actions.match,
        needs=WRITE,
        icon="user-check",
        key="m",
        finds=frozenset({"customer_id"}),
    ),
    Command(name="dismiss", action=actions.dismiss, needs=WRITE, icon="x", key="w", danger=True),
    Command(name="blank", action=actions.blank, needs=may("customers:erase"), icon="trash", danger=True),
)


async def _case(mail_id: UUID, shell: Shell) -> Values:
    form = await recorded("read", Case(SUBJECT, mail_id), queries.FORM, shell.act)
    return {
        "form": form,
        "known": await whose(form.customer_id, shell.act),
        "events": _story(form, shell),
        "due": shell.clock.running(form.deadlines),
        "case_at": f"{PLACES[form.subject]}/{form.subject_id}" if form.subject in PLACES else "",
        "commands": COMMANDS.allowed(shell, *_offered(form)),
    }


def _offered(form: MailForm) -> list[str]:
    waits = form.state in ("new", "flood", "automatic")
    known, answerable = (
        form.customer_id is not None,
        not form.automatic and form.state not in ("dismissed", "unreadable"),
    )
    return [
        *(("take",) if waits else ()),
        *(("ask",) if waits and known else ()),
        *(("answer",) if answerable and form.subject != "complaint" else ()),
        *(("resend",) if form.packed and answerable and form.subject != "complaint" else ()),
        *(("match",) if not known and form.subject_id is None else ()),
        *(("dismiss",) if waits else ()),
        *(("blank",) if not known and form.state != "new" else ()),
    ]


def _story(form: MailForm, shell: Shell) -> list[Happening]:
    says = shell.says
    told = [
        Happening(
            at=form.arrived_at,
            who=form.customer_name or form.sender_name or form.sender_masked or says(f"{NAME}.stranger"),
            what=says(f"{NAME}.happened.arrived"),
            icon="mail",
            tone="cust",
            text=form.text,
        )
    ]
    if form.matched_at is not None:
        told.append(
            Happening(
                at=form.matched_at,
                who=form.matched_by_name,
                what=says(f"{NAME}.happened.matched"),
                icon="user-check",
            )
        )
    if form.handled_at is not None:
        told.append(
            Happening(
                at=form.handled_at,
                who=form.handled_by_name,
                what=says(f"{NAME}.state.{form.state}"),
                icon="check",
                tone="good",
                text=form.because,
            )
        )
    told += [
        Happening(
            at=each.written_at,
            who=each.written_by_name,
            what=says(f"{NAME}.went.{each.state or 'dropped'}"),
            icon="send",
            tone="out",
            text=each.text,
        )
        for each in form.replies
    ]
    return sorted(told, key=lambda each: each.at)


MailScreens = cases.screens(
    Kind(
        subject=SUBJECT,
        table=TABLE,
        commands=COMMANDS,
        read=READ,
        write=WRITE,
        rows=Rows(
            filters=MailFilter,
            find=finds(SUBJECT, queries.LINES),
            counts=queries.LISTED.counts,
            beside=row_marks,
            first="new",
        ),
        case=_case,
        files=partial(files.part, SUBJECT),
    ),
    __name__,
)
