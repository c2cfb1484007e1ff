"""Receptions as people prepare and hold them: who comes when, one visit step by step, and each level with its clause and
approvers before it is asked for."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from msgspec import Struct

from guibin.approvals import queries as approvals
from guibin.audit.actions import noted
from guibin.audit.answering import finds
from guibin.console import answers, cases, forms
from guibin.console import choices as offered
from guibin.console.cases import Given, Intake, Kind, Rows, Values, customer_of
from guibin.console.commands import Command, Commands
from guibin.console.lists import Column, Filter, Table, View
from guibin.console.moments import Deadline
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.console.whys import Why, why
from guibin.files import screens as files
from guibin.policy.approvals import ApprovalFlow
from guibin.policy.receptions import Protocol
from guibin.tiers.marks import begun, known_of, row_marks, whose
from guibin.tiers.queries import current_tiers
from guibin_tenants.principals import may
from guibin_tenants.refusals import Refusal

from . import actions, applications, choices, intake, orders, queries, typed
from .queries import ReceptionFilter, ReceptionForm
from .requests import NewReception, NewReceptionApplication
from .stages import Beside, stages

READ, WRITE = may("receptions:read"), may("receptions:write")
PATH = f"{PREFIX}/receptions"
NAME = "receptions"
ENTRIES = (
    Entry(
        title="receptions.title",
        path=PATH,
        icon="calendar-event",
        needs=READ,
        order=27,
        has=lambda policy: policy.reception is not None,
    ),
)
_EARLIER = 3
TABLE = Table(
    slice_name=NAME,
    follows=("reception",),
    path=PATH,
    columns=(
        Column(name="arrives", width=120),
        Column(name="customer", confidential=True),
        Column(name="protocol", width=132),
        Column(name="ready", width=152),
        Column(name="venue", width=104, labelled=True),
        Column(name="host", width=96),
    ),
    filters=(
        Filter(name="state", choices=choices.states),
        Filter(name="protocol", choices=choices.protocols),
        Filter(name="venue_id", choices=offered.units),
        Filter(name="host_id", choices=offered.colleagues),
    ),
    views=(
        View(name="today", asks={"arrives_from": "$today", "arrives_before": "$tomorrow"}),
        View(name="week", asks={"arrives_from": "$monday", "arrives_before": "$next_monday"}),
        View(name="running", asks={"running": "true"}),
        View(name="mine", asks={"host_id": "$me", "running": "true"}),
        View(name="all", asks={}),
    ),
    search="q",
    new=f"{PATH}/new",
    new_needs=WRITE,
    preview=True,
)


def _command(name: str, action: Any, icon: str, key: str, **said: Any) -> Command:
    return Command(name=name, action=action, needs=WRITE, icon=icon, key=key, **said)


COMMANDS = Commands(
    NAME,
    "reception_id",
    PATH,
    _command(
        "confirm",
        intake.confirm,
        "check",
        "e",
        main=True,
        choices={"protocol": choices.protocols},
        given=choices.as_it_stands,
    ),
    _command("ask_party", intake.ask_party, "phone-call", "m"),
    _command(
        "write_particulars",
        intake.write_particulars,
        "pencil",
        "p",
        given=choices.last_particulars,
        sheet=choices.sheet_of_guest,
    ),
    _command("plan", typed.plan, "notebook", "l", given=choices.last_plan),
    _command("assign", intake.assign, "user-check", "t", choices={"staff_id": offered.colleagues}),
    _command("send", actions.send, "send", "s", main=True),
    _command("change", actions.change, "calendar-due", "u", given=choices.as_it_stands),
    _command("cancel", actions.cancel, "x", "w", danger=True),
    _command(
        "arrive",
        actions.arrive,
        "map-pin",
        "e",
        main=True,
        choices={"channel": choices.passages},
        given=choices.passage_given,
    ),
    _command(
        "take_stage",
        actions.take_stage,
        "check",
        "e",
        main=True,
        choices={"stage": choices.next_stage},
        given=choices.stage_given,
    ),
    _command(
        "check_etiquette",
        actions.check_etiquette,
        "clipboard-check",
        "q",
        choices={"item": choices.etiquette},
        given=choices.kept,
    ),
    _command("collect_feedback", actions.collect_feedback, "message", "b", given=choices.heard),
    _command("answer", typed.answer, "message-circle", "r", choices={"feedback": choices.unanswered}),
    _command("file_away", actions.file_away, "book", "e", main=True),
)
TASKS = Commands(
    NAME,
    "task_id",
    f"{PATH}/tasks",
    _command("report", typed.report, "check", "", sheet=choices.sheet_of_task),
)
ORDERS = Commands(NAME, "order_id", f"{PATH}/orders", _command("acknowledge", orders.acknowledge, "check", ""))
# What is offered in which state, in the order of the buttons; what stands in `_CENTRE` is for the reception centre.
OFFERED: dict[str, tuple[str, ...]] = {
    "collected": ("confirm", "cancel"),
    "confirmed": ("ask_party", "write_particulars", "assign", "change", "cancel"),
    "approved": ("plan", "write_particulars", "assign", "change", "cancel"),
    "planned": ("send", "plan", "write_particulars", "assign", "change", "cancel"),
    "noticed": ("arrive", "plan", "write_particulars", "assign", "change", "cancel"),
    "arrived": ("take_stage", "check_etiquette", "collect_feedback", "answer"),
    "seen_off": ("file_away", "collect_feedback", "answer", "check_etiquette"),
}
_CENTRE = frozenset({"confirm", "ask_party", "write_particulars", "plan", "assign", "send", "change", "cancel"})


class Level(Struct, frozen=True):
    """A level of reception as it is asked for: who may ask, who approves, and for which reasons; `borne_out` says of those that
    figures decide whether the guest reaches them."""

    protocol: Protocol
    flow: ApprovalFlow | None
    may_ask: bool
    borne_out: Mapping[str, bool]


async def _case(reception_id: UUID, shell: Shell) -> Values:
    form = await queries.shown(reception_id, shell.act, fields=("reports",))
    beside = await _known_beside(form, shell)
    venue = (await queries.QUEUE.where("x.id = $of", of=reception_id))[0].venue_name
    units = {order.org_unit_id for order in beside.orders} | {task.org_unit_id for task in beside.tasks}
    plan = next((each.content for each in reversed(form.plans) if each.content), None)
    particulars = next((each.content for each in reversed(form.particulars) if each.content), None)
    reports = await orders.reports_of(reception_id)
    costs = [report.cost for report in reports.values() if report.cost is not None]
    return {
        "form": form,
        "venue": venue,
        "known": await whose(form.customer_id, shell.act),
        "due": shell.clock.due(Deadline(due_at=form.arrives_at)) if form.state in _AWAITED else None,
        "stages": stages(form, beside, shell),
        "orders": {order.department: order for order in beside.orders},
        "tasks": sorted((task for task in beside.tasks if task.state != "withdrawn"), key=lambda task: task.due_at),
        "reports": reports,
        "plan": plan,
        "particulars": particulars,
        "answers": answers.in_words(particulars.answers, shell) if particulars else [],
        "reported": {task_id: answers.in_words(report.answers, shell) for task_id, report in reports.items()},
        "spent": sum(float(cost.amount) for cost in costs) if costs else None,
        "commands": COMMANDS.allowed(shell, *offered_for(form, shell)),
        "may_apply": form.state in _APPLIED_FOR and not any(one.outcome is None for one in form.applications),
        "own": {unit for unit in units if WRITE(shell.act.by) and await orders.answers_for(unit, shell.act.by)},
        "due_of": lambda row, at: shell.clock.due(
            Deadline(due_at=at, warn_at=getattr(row, "warn_at", None), breached_at=row.breached_at)
        ),
        "why": _why(form, shell),
        "protocol": form.terms or choices.policy_of(shell).protocol(form.protocol),
    }


def _why(form: ReceptionForm, shell: Shell) -> Why | None:
    """Why this level of reception."""
    protocol = form.terms or choices.policy_of(shell).protocol(form.protocol)
    if protocol is None:
        return None
    asked = form.applications[-1] if form.applications else None
    title = shell.named(f"protocol.{protocol.name}")
    flow = shell.act.policy.approval(protocol.approval)
    reason = protocol.qualification(asked.qualification) if asked else None
    told = (
        (shell.says("receptions.field.qualification"), shell.named(f"qualification.{reason.name}") if reason else ""),
        (shell.says("receptions.field.reason"), asked.reason if asked else ""),
        (
            shell.says("receptions.who_approves"),
            " → ".join(" / ".join(map(shell.post, step.roles)) for step in flow.steps) if flow else "",
        ),
    )
    return why(
        shell,
        shell.says("receptions.asked_for" if asked else "receptions.proposed", level=title),
        figures=tuple(each for each in told if each[1]),
        clause=(reason.clause if reason else "") or protocol.clause or form.clause,
        version=form.policy_version,
    )


_AWAITED = ("collected", "confirmed", "approved", "planned", "noticed")
_APPLIED_FOR = ("confirmed", "approved", "planned", "noticed")


def offered_for(form: ReceptionForm, shell: Shell) -> tuple[str, ...]:
    """What the page offers its reader: the centre's part to the centre alone, and nothing that has no object."""
    centre = not shell.act.by.is_person or bool(set(choices.policy_of(shell).centre) & set(shell.act.by.roles))
    protocol = form.terms or choices.policy_of(shell).protocol(form.protocol)
    without = {
        "ask_party": not (protocol and protocol.ask_visiting_party),
        "send": form.host_id is None,
        "take_stage": form.next_stage is None,
        "check_etiquette": not form.etiquette_left,
        "answer": not any(each.given and each.answered_at is None for each in form.feedback),
    }
    return tuple(
        name for name in OFFERED.get(form.state, ()) if not without.get(name, False) and (centre or name not in _CENTRE)
    )


async def _known_beside(form: ReceptionForm, shell: Shell) -> Beside:
    by = shell.act.by
    told = await orders.ORDERS.where(
        "x.reception_id = $of and x.edition = $edition and x.kind <> 'cancellation'",
        of=form.id,
        edition=form.edition,
        units=by.units_seen,
    )
    asked = await orders.TASKS.where("x.reception_id = $of", order="t.due_at, x.id", of=form.id, units=by.units_seen)
    wanted = [one.approval_id for one in form.applications] + [one.approval_id for one in form.plans if one.approval_id]
    return Beside(told, asked, {each: await approvals.by_id(each) for each in wanted})


async def _begun(shell: Shell) -> dict[str, list[str]]:
    """The guest, and the protocol that was chosen before."""
    protocol = shell.request.query_params.get("protocol", "")
    known = choices.policy_of(shell).protocol(protocol)
    return {"protocol": [protocol] if known else [], **await begun(shell)}


def _read(given: Given, shell: Shell) -> forms.Filled:
    return forms.fill(NewReception, given, shell)


async def _page(given: Given, errors: Mapping[str, str], shell: Shell) -> Values:
    form = forms.Form(
        kind=NewReception,
        slice_name=NAME,
        choices={"protocol": await choices.protocols(shell), "venue_id": await offered.units(shell)},
        left_out=frozenset({"customer_id"}),
    )
    return {"fields": form.fields(shell, given, errors)}


async def _suggested(given: Given, shell: Shell) -> Values:
    customer_id = customer_of(given)
    known = await known_of(customer_id, shell.act)
    protocol = None
    if known is not None and customer_id is not None and choices.policy_of(shell).protocols:
        protocol = await intake.foreseen(customer_id, "".join(given.get("protocol", [])[:1]), shell.act)
    earlier = []
    if known is not None:
        earlier = await queries.LISTED.where(
            "x.customer_id = $of", order=f"x.arrives_at desc, x.id limit {_EARLIER}", of=customer_id
        )
        await noted("reception.search", shell.act, customer_id=customer_id)
    return {
        "known": known,
        "level": await _level(protocol, customer_id, shell) if protocol and customer_id else None,
        "earlier": earlier,
    }


async def _level(protocol: Protocol, customer_id: UUID, shell: Shell) -> Level:
    flow = shell.act.policy.approval(protocol.approval)
    held = (await current_tiers([customer_id], on=shell.act.today)).get(customer_id, {})
    by = shell.act.by
    return Level(
        protocol=protocol,
        flow=flow,
        may_ask=flow is None or not by.is_person or not flow.applicants or bool(set(flow.applicants) & set(by.roles)),
        borne_out={one.name: held.get(one.scheme) == one.tier for one in protocol.qualifications if one.scheme},
    )


ReceptionScreens = cases.screens(
    Kind(
        subject="reception",
        files=partial(files.part, "reception"),
        table=TABLE,
        commands=COMMANDS,
        read=READ,
        write=WRITE,
        rows=Rows(
            filters=ReceptionFilter,
            find=finds("reception", queries.QUEUE),
            counts=queries.LISTED.counts,
            beside=row_marks,
            first="running",
        ),
        case=_case,
        intake=Intake(action=intake.receive, begun=_begun, read=_read, page=_page, suggested=_suggested),
    ),
    __name__,
)


class ReceptionPartScreens(Controller):
    """The application for a level, and what departments take up and report."""

    path = PATH
    include_in_schema = False

    @get("/{reception_id:uuid}/apply", needs=WRITE)
    async def asked(self, reception_id: UUID, shell: Shell, protocol: str = "", reason: str = "") -> Response[str]:
        given = {"protocol": [protocol], "reason": [reason]}
        return await _application(reception_id, shell, {name: told for name, told in given.items() if told[0]})

    @post("/{reception_id:uuid}/apply", needs=WRITE, status_code=200)
    async def apply(self, reception_id: UUID, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        try:
            new = forms.taken(NewReceptionApplication, given, shell)
            await applications.apply_for(reception_id, new, shell.act)
        except Refusal as refusal:
            return await _application(reception_id, shell, given, forms.wrong(refusal, shell))
        return shell.done(shell.says(f"{NAME}.done.apply"), goes_to=f"{PATH}/{reception_id}")

    ask_task, do_task = TASKS.handlers("/tasks/{task_id:uuid}", needs=WRITE)

    ask_order, do_order = ORDERS.handlers("/orders/{order_id:uuid}", needs=WRITE)


async def _application(
    reception_id: UUID, shell: Shell, given: Given, refused: tuple[Mapping[str, str], int] = ({}, 200)
) -> Response[str]:
    errors, status = refused
    form = await queries.shown(reception_id, shell.act)
    chosen = "".join(given.get("protocol", [])[:1]) or form.protocol
    protocol = choices.policy_of(shell).protocol(chosen)
    sheet = forms.Form(
        kind=NewReceptionApplication,
        slice_name=NAME,
        choices={
            "protocol": await choices.protocols(shell),
            "qualification": choices.reasons(protocol, shell) if protocol else [],
        },
        needed=frozenset({"qualification"}) if protocol and protocol.qualifications else frozenset(),
    )
    fields = sheet.fields(shell, {**given, "protocol": [chosen]} if chosen else given, errors)
    order = ("protocol", "qualification", "reason")
    return shell.page(
        "receptions/apply.html",
        status=status,
        form=form,
        known=await known_of(form.customer_id, shell.act),
        fields=sorted(fields, key=lambda field: order.index(field.name)),
        problem=errors.get("", ""),
        level=await _level(protocol, form.customer_id, shell) if protocol else None,
    )
