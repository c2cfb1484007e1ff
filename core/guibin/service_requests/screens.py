"""Service requests as people work on them: the list, the case step by step, and intake that tells the deadline first."""

from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from guibin.approvals import queries as approvals
from guibin.console import answers, cases, forms
from guibin.console import choices as offered
from guibin.console.cases import Given, Intake, Kind, Rows, Values, customer_of
from guibin.console.commands import Command, Commands, Undo
from guibin.console.lists import Column, Filter, Table, View
from guibin.console.moments import Deadline, Due
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.console.whys import Why, moves, why
from guibin.context import Act
from guibin.files import screens as files
from guibin.policy.forms import Form
from guibin.policy.service_items import APPOINTMENT, STEP_CLOCKS, ServiceItem, TimeLimit
from guibin.sla import queries as sla
from guibin.sla.queries import TimerView
from guibin.tiers.marks import begun, known_of, row_marks, whose
from guibin.web.listing import PageAsked
from guibin.web.paging import Page
from guibin.web.problems import of_refusal
from guibin_tenants.principals import may
from guibin_tenants.refusals import Refusal

from . import actions, choices, intake, queries
from .queries import MILESTONE, ServiceRequestFilter, ServiceRequestForm, ServiceRequestLine, ServiceRequestView
from .requests import NewServiceRequest
from .stages import Case, limit_said, stages
from .timeline import timeline

READ, WRITE = may("requests:read"), may("requests:write")
PATH = f"{PREFIX}/requests"
ENTRIES = (Entry(title="service_requests.title", path=PATH, icon="list-check", needs=READ, order=25),)
TABLE = Table(
    slice_name="service_requests",
    follows=("service_request",),
    path=PATH,
    columns=(
        Column(name="customer", width=156, confidential=True),
        Column(name="matter"),
        Column(name="step", width=96, labelled=True),
        Column(name="due", width=136, sort="due"),
        Column(name="handler", width=88),
        Column(name="desk", width=88, labelled=True),
        Column(name="received", width=120, sort="received", optional=True, labelled=True),
        Column(name="appointment", width=120, optional=True, labelled=True),
    ),
    filters=(
        Filter(name="state", choices=choices.states),
        Filter(name="item", choices=choices.items),
        Filter(name="handled_by", choices=offered.colleagues),
        Filter(name="unit_id", choices=offered.units),
        Filter(name="tier", choices=offered.tiers),
    ),
    views=(
        View(name="mine", asks={"handled_by": "$me", "running": "true"}),
        View(name="running", asks={"running": "true"}),
        View(name="overdue", asks={"overdue": "true"}),
        View(name="asked", asks={"state": "asked"}),
        View(name="skipping", asks={"skipping": "true"}, sort="received"),
        View(name="all", asks={}, sort="received"),
    ),
    search="q",
    bulk={"hand_over": WRITE},
    new=f"{PATH}/new",
    new_needs=WRITE,
    preview=True,
)
COMMANDS = Commands(
    "service_requests",
    "request_id",
    PATH,
    Command(
        name="take_step",
        action=actions.take_step,
        icon="check",
        key="e",
        main=True,
        choices={"step": choices.next_steps},
        given=choices.next_step,
        asks=choices.of_step,
    ),
    Command(
        name="skip_step",
        action=actions.skip_step,
        icon="chevron-right",
        choices={"step": choices.next_of_all},
        given=choices.next_step,
    ),
    Command(name="appoint", action=actions.appoint, icon="calendar", key="a", asks=choices.of_appointment),
    Command(name="sign", action=actions.sign, icon="signature", key="s"),
    Command(name="note", action=actions.add_note, icon="note", key="m"),
    Command(
        name="hand_over",
        action=actions.hand_over,
        icon="corner-up-right",
        key="t",
        choices={"to_staff_id": offered.colleagues, "to_unit_id": offered.units},
        undo=Undo(command="hand_over", before=choices.handled),
    ),
    Command(name="withdraw", action=actions.withdraw, icon="x", key="w", danger=True),
    needs=WRITE,
)
# What most requests come by.
_FIRST_CHANNEL = "phone"
# What is sent of who asks and for what; the rest of the form follows from these.
_HEAD = frozenset({"customer_id", "owner_id", "answers", "item", "situation"})


class Foreseen(Struct, frozen=True):
    """What would become of a request as it is filled in now; `wrong` says why nothing would."""

    view: ServiceRequestView | None = None
    due: Due | None = None
    missing: tuple[str, ...] = ()
    wrong: str = ""


def offered_for(form: ServiceRequestForm, *, signs: bool = False) -> tuple[str, ...]:
    """What the page offers, in the order of the buttons; `signs`: the step that comes next is signed for, and is not yet."""
    if form.state == "asked":
        return ("note", "hand_over")
    if form.state != "open":
        return ("note",)
    agreed = APPOINTMENT in form.steps and len(form.taken) <= form.steps.index(APPOINTMENT) + 1
    step = () if form.next_step == APPOINTMENT else ("take_step",)
    agree = ("appoint",) if agreed else ()
    return (*step, *agree, *(("sign",) if signs else ()), "note", "hand_over", "skip_step", "withdraw")


def _offered(form: ServiceRequestForm, shell: Shell, *, signs: bool) -> list[Command]:
    """What may be done now; the next step leads."""
    first = "appoint" if form.next_step == APPOINTMENT else "take_step"
    return [replace(each, main=each.name == first) for each in COMMANDS.allowed(shell, *offered_for(form, signs=signs))]


async def _found(filters: ServiceRequestFilter, page: PageAsked, act: Act, sort: str) -> Page[ServiceRequestLine]:
    return await queries.queue(filters, page, act, due_first=sort != "received")


async def _beside(rows: Sequence[ServiceRequestLine], shell: Shell) -> Values:
    return {
        **await row_marks(rows, shell),
        "due_of": lambda line: shell.clock.due(Deadline.of(line)),
    }


async def _case(request_id: UUID, shell: Shell) -> Values:
    form = await queries.form(request_id, shell.act)
    known = await whose(form.customer_id, shell.act)
    timers = await sla.LISTED.where("x.subject_id = $of", order="x.due_at, x.id", of=request_id)
    item = shell.act.policy.service_item(form.item)
    limit = choices.limit_now(item, form.situation)
    approval = await approvals.by_id(form.approval_id) if form.approval_id else None
    (line,) = await queries.QUEUE.where("x.id = $of", of=request_id)
    due = shell.clock.due(Deadline.of(line))
    timer = next((each for each in timers if each.milestone == MILESTONE), None)
    worker = line.handler_name or line.unit_name or form.owner_name
    return {
        "form": form,
        "line": line,
        "known": known,
        "stages": stages(form, Case(approval, limit, due, worker, _clocks(timers, shell)), shell),
        "events": timeline(form, shell, known.customer.name if known else "", await queries.names_of(form)),
        "due": due,
        "timer": timer,
        "targets": [
            each for each in timers if each.milestone != MILESTONE and not each.milestone.startswith(STEP_CLOCKS)
        ],
        "why": await _why(form, limit, timer, shell),
        "answers": answers.in_words(form.answers, shell),
        "commands": _offered(form, shell, signs=await choices.to_sign(request_id)),
        "others": await queries.running_of(form.customer_id, but=form.id),
    }


def _clocks(timers: Sequence[TimerView], shell: Shell) -> dict[str, Due | None]:
    """When the steps with clocks of their own are due."""
    own = [each for each in timers if each.milestone.startswith(STEP_CLOCKS) and each.completed_at is None]
    return {each.milestone: shell.clock.due(Deadline.of(each)) for each in own}


async def _why(form: ServiceRequestForm, limit: TimeLimit | None, timer: TimerView | None, shell: Shell) -> Why | None:
    """Why this time."""
    if timer is None:
        return None
    changed = await sla.moves_of(form.id, MILESTONE)
    first = changed[0].due_before if changed and changed[0].due_before else timer.due_at
    return why(
        shell,
        limit_said(limit, shell) if limit else "",
        clause=form.clause,
        version=form.policy_version,
        moves=moves((timer.started_at, first), changed, shell),
    )


async def _begun(shell: Shell) -> Given:
    """Also while it is filled in: which item was chosen decides what else is asked."""
    item = shell.request.query_params.get("item", "")
    return {"item": [item], "channel": [_FIRST_CHANNEL], **await begun(shell)}


async def _suggested(given: Given, shell: Shell) -> Values:
    item = shell.act.policy.service_item("".join(given.get("item", [])[:1]))
    customer_id = customer_of(given)
    known = await known_of(customer_id, shell.act)
    return {
        "item": item,
        "flow": shell.act.policy.approval(item.approval) if item and item.approval else None,
        "foreseen": await _foreseen(given, shell) if item and customer_id else None,
        "limit_said": lambda name: _said(item, name, shell),
        "known": known,
        "others": await queries.running_of(known.customer.id) if known else [],
    }


async def _foreseen(given: Given, shell: Shell) -> Foreseen:
    """Without what was said, for that decides nothing."""
    channel = "".join(given.get("channel", [])[:1]) or _FIRST_CHANNEL
    filled = _filled({**given, "text": ["-"], "channel": [channel]}, shell)
    if filled.errors:
        keys = [f"service_requests.field.{name}" for name in filled.errors]
        return Foreseen(missing=tuple(shell.says(key) for key in keys if shell.studio.words.has(key)))
    try:
        view = await intake.foreseen(filled.value, shell.act)
    except Refusal as refusal:
        form = _form(filled.value.item, shell)
        names = {answers.PREFIX + each.name: answers.called(each.name, shell) for each in form.fields} if form else {}
        names["situation"] = shell.says("service_requests.field.situation")
        missing = tuple(dict.fromkeys(names.get(field.field, "") for field in refusal.fields))
        wrong = "" if refusal.fields else forms.told(of_refusal(refusal), shell.studio, shell.look)
        return Foreseen(missing=tuple(name for name in missing if name), wrong=wrong)
    return Foreseen(view, shell.clock.due(Deadline(due_at=view.due_at, warn_at=view.warn_at)))


def _filled(given: Given, shell: Shell) -> forms.Filled:
    filled = forms.fill(NewServiceRequest, given, shell)
    if filled.errors:
        return filled
    form = _form(filled.value.item, shell)
    return replace(filled, value=replace(filled.value, answers=answers.read(form, given))) if form else filled


def _form(item_name: str, shell: Shell) -> Form | None:
    item = shell.act.policy.service_item(item_name)
    return shell.act.policy.form(item.form) if item and item.form else None


def _said(item: ServiceItem | None, situation: str, shell: Shell) -> str:
    limit = choices.limit_now(item, situation)
    return limit_said(limit, shell) if limit else ""


async def _page(given: Given, errors: Mapping[str, str], shell: Shell) -> Values:
    name = "".join(given.get("item", [])[:1])
    item, form = shell.act.policy.service_item(name), _form(name, shell)
    situations = choices.situations(item, shell) if item else []
    head = forms.Form(
        kind=NewServiceRequest,
        slice_name="service_requests",
        choices={"item": await choices.items(shell), "situation": situations},
        left_out=frozenset(NewServiceRequest.__struct_fields__) - {"item", "situation"}
        | (frozenset() if len(situations) > 1 else frozenset({"situation"})),
    )
    rest = forms.Form(
        kind=NewServiceRequest,
        slice_name="service_requests",
        choices={"channel": await choices.channels(shell)},
        left_out=_HEAD,
    )
    top = head.fields(shell, given, errors)
    filled_in = answers.fields(form, shell, given, errors) if form else []
    below = rest.fields(shell, given, errors)
    return {
        "item": top[:1],
        "answers": [*filled_in, *top[1:]],
        "below": below,
        "fields": [*top, *filled_in, *below],
        "form_title": shell.named(f"form.{form.name}") if form else "",
    }


ServiceRequestScreens = cases.screens(
    Kind(
        subject="service_request",
        files=partial(files.part, "service_request"),
        table=TABLE,
        commands=COMMANDS,
        read=READ,
        write=WRITE,
        rows=Rows(filters=ServiceRequestFilter, find=_found, counts=queries.LISTED.counts, beside=_beside, sort="due"),
        case=_case,
        intake=Intake(action=actions.receive_at_hall, begun=_begun, read=_filled, page=_page, suggested=_suggested),
    ),
    __name__,
)
