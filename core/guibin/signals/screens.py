"""Signals as people act on them: what was noticed about whom, what is to be done until when, and the outages (S07-32)."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, get_args
from uuid import UUID

from litestar import Controller, Response, get
from msgspec import Meta, Struct

from guibin.audit.actions import recorded
from guibin.audit.answering import finds
from guibin.cases import Case
from guibin.console import cases
from guibin.console import choices as offered
from guibin.console.cases import Kind, Rows, Values
from guibin.console.commands import Command, Commands
from guibin.console.forms import Choice
from guibin.console.lists import Column, Filter, Table, View
from guibin.console.moments import Deadline
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.console.timeline import Happening
from guibin.context import Act
from guibin.policy.words import CodeIfAny, Line, Reason
from guibin.tiers.marks import row_marks, whose
from guibin.web.listing import PageAsked
from guibin_tenants import org_units
from guibin_tenants.principals import may

from . import actions, outages, queries
from .queries import OUTAGES, SUBJECT, OutageFilter, SignalFilter, SignalForm, SignalLine
from .requests import Moment, NewOutage
from .tables import State
from .wording import noticed

READ, WRITE = may("records:read"), may("records:write")
PATH, NAME = f"{PREFIX}/signals", "signals"
ENTRIES = (Entry(title=f"{NAME}.title", path=PATH, icon="bell", needs=READ, order=22, phone=True),)
_SHOWN = 50


class ReportedOutage(Struct, frozen=True, kw_only=True):
    """What is out, where and for whom, as a page asks for it: `attribute` is a field with one of its choices."""

    text: Reason
    org_unit_id: UUID
    kind: CodeIfAny = ""
    attribute: Line = ""
    product: Line = ""
    expected_until: Annotated[Moment | None, Meta(description="When it is expected to be over.")] = None


async def report(unit_id: UUID, new: ReportedOutage, act: Act) -> None:
    """As `outages.report`."""
    field, _, value = new.attribute.partition("=")
    await outages.report(
        NewOutage(
            text=new.text,
            org_unit_id=new.org_unit_id or unit_id,
            kinds=(new.kind,) if new.kind else (),
            field=field,
            value=value,
            product=new.product,
            expected_until=new.expected_until,
        ),
        act,
    )


async def _rules(shell: Shell) -> Sequence[Choice]:
    return [Choice(rule.name, shell.named(f"signal.{rule.name}")) for rule in shell.act.policy.signals]


async def _kinds(shell: Shell) -> Sequence[Choice]:
    return [Choice(kind, shell.named(f"customer_kind.{kind}")) for kind in shell.act.policy.customer_kinds]


async def _attributes(shell: Shell) -> Sequence[Choice]:
    return [
        Choice(f"{field.name}={choice}", f"{shell.named(f'field.{field.name}')} · {_choice(field.name, choice, shell)}")
        for field in outages.searchable_fields(shell.act)
        for choice in field.choices
    ]


def _choice(field: str, choice: str, shell: Shell) -> str:
    key = f"choice.{field}.{choice}"
    title = shell.named(key)
    return choice if title == key else title


async def _here(shell: Shell, unit_id: UUID) -> Mapping[str, str]:
    return {"org_unit_id": str(unit_id)}


TABLE = Table(
    slice_name=NAME,
    follows=(SUBJECT,),
    path=PATH,
    columns=(
        Column(name="customer", width=196, confidential=True),
        Column(name="matter"),
        Column(name="due", width=148),
        Column(name="manager", width=104),
        Column(name="found", width=120),
    ),
    filters=(
        Filter(name="state", choices=offered.words_of(f"{NAME}.state", get_args(State))),
        Filter(name="rule", choices=_rules),
        Filter(name="account_manager_id", choices=offered.colleagues),
    ),
    views=(
        View(name="mine", asks={"account_manager_id": "$me", "state": "open"}),
        View(name="open", asks={"state": "open"}),
        View(name="overdue", asks={"state": "open", "overdue": "true"}),
        View(name="complained", asks={"complained": "true"}),
        View(name="all", asks={}),
    ),
    preview=True,
)
COMMANDS = Commands(
    NAME,
    "signal_id",
    PATH,
    Command(name="finish", action=actions.finish, icon="check", key="e", main=True),
    Command(name="dismiss", action=actions.dismiss, icon="x", key="w"),
    needs=WRITE,
)
REPORTS = Commands(
    NAME,
    "unit_id",
    f"{PATH}/outages/units",
    Command(
        name="report",
        action=report,
        key="n",
        main=True,
        given=_here,
        choices={"org_unit_id": offered.units, "kind": _kinds, "attribute": _attributes},
    ),
    needs=WRITE,
)
ENDS = Commands(
    NAME, "outage_id", f"{PATH}/outages", Command(name="end", action=outages.end, needs=WRITE, icon="check")
)


async def _beside(rows: Sequence[SignalLine], shell: Shell) -> Values:
    return {**await row_marks(rows, shell), "noticed": partial(_noticed, shell), "due_of": partial(_due, shell)}


def _noticed(shell: Shell, row: SignalLine) -> str:
    return noticed(row.source, row.details, shell)


def _due(shell: Shell, row: SignalLine) -> object:
    if row.state != "open":
        return None
    return shell.clock.due(Deadline(due_at=row.due_at, warn_at=row.warn_at))


async def _case(signal_id: UUID, shell: Shell) -> Values:
    form = await recorded("read", Case(SUBJECT, signal_id), queries.FORM, shell.act)
    return {
        "form": form,
        "known": await whose(form.customer_id, shell.act),
        "events": _story(form, shell),
        "due": shell.clock.running(form.deadlines) if form.state == "open" else None,
        "task": shell.named(f"signal_task.{form.rule}"),
        "commands": COMMANDS.allowed(shell, *(("finish", "dismiss") if form.state == "open" else ())),
    }


def _story(form: SignalForm, shell: Shell) -> list[Happening]:
    happened = [
        Happening(
            at=form.found_at,
            who=shell.named(f"signal.{form.rule}"),
            what=shell.says(f"{NAME}.happened.found"),
            icon="bell",
            tone="warn",
            text=noticed(form.source, form.details, shell),
        )
    ]
    if form.ended_at is not None:
        happened.append(
            Happening(
                at=form.ended_at,
                who=form.ended_by_name,
                what=shell.says(f"{NAME}.happened.{form.state}"),
                icon="check",
                tone="good",
                text=form.result,
            )
        )
    if form.complained_at is not None:
        happened.append(
            Happening(
                at=form.complained_at,
                who=form.customer_name or "",
                what=shell.says(f"{NAME}.happened.complained"),
                icon="message-report",
                tone="bad",
            )
        )
    return sorted(happened, key=lambda each: each.at)


SignalScreens = cases.screens(
    Kind(
        subject=SUBJECT,
        table=TABLE,
        commands=COMMANDS,
        read=READ,
        write=WRITE,
        rows=Rows(
            filters=SignalFilter,
            find=finds(SUBJECT, queries.LINES),
            counts=queries.LISTED.counts,
            beside=_beside,
            first="mine",
        ),
        case=_case,
    ),
    __name__,
)


class OutageScreens(Controller):
    path = f"{PATH}/outages"
    include_in_schema = False

    @get("/", needs=READ)
    async def list_outages(self, shell: Shell) -> Response[str]:
        act = shell.act
        found = await OUTAGES.page(OutageFilter(), PageAsked(_SHOWN), act)
        units = await org_units.standing_units()
        own = act.by.org_unit_id or next((unit.id for unit in units if unit.parent_id is None), None)
        return shell.page(
            "signals/outages.html",
            outages=found.items,
            own=own,
            names={unit.id: unit.name for unit in await org_units.all_units()},
            attributes={choice.value: choice.text for choice in await _attributes(shell)},
            reports=REPORTS.allowed(shell, "report") if own else [],
            ends=ENDS.allowed(shell, "end"),
            report_address=REPORTS.address,
            end_address=ENDS.address,
            covers=act.by.covers,
        )

    ask_report, do_report = REPORTS.handlers("/units/{unit_id:uuid}", needs=WRITE)

    ask_end, do_end = ENDS.handlers("/{outage_id:uuid}", needs=WRITE)
