"""The week as it is planned and as it was: the plan day by day, handing it in, the log, and what the supervisor said (S05-4)."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from litestar import Controller, Response, get, post
from msgspec import Struct

from guibin.audit.actions import noted, searched
from guibin.cases.requests import NewText
from guibin.console import forms
from guibin.console.commands import Command, Commands
from guibin.console.forms import Choice
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.context import Act
from guibin.periods.spans import Window, window_of
from guibin.web.listing import PageAsked
from guibin_tenants.principals import Predicate, Principal, may
from guibin_tenants.refusals import Invalid, NotFound, Refusal

from . import actions, queries, work_logs
from .actions import SUBJECT
from .queries import ItemLine, PlanDue, WorkPlanFilter, WorkPlanForm, seen_by, supervises
from .refusals import NotYoursToReview
from .requests import NewItem, NewRevision, NewWorkPlan
from .work_logs import LogFilter, LogReviewFilter, LogReviewView, LogView

READ, WRITE = may("records:read"), may("records:write")
PATH = f"{PREFIX}/plan"
WEEK: Final = "week"
ANY_DAY = "any"
_LINES, _LINE_CHARS_MAX = 200, 500


def _plans(by: Principal) -> bool:
    return READ(by) and by.kind == "staff" and bool({"account_manager", "manager"} & set(by.roles))


ENTRIES = (
    Entry(
        title="plans.title",
        path=PATH,
        icon="notebook",
        needs=Predicate(_plans, "somebody who plans or supervises"),
        order=45,
        phone=True,
    ),
)


async def finish(item_id: UUID, new: NewText, act: Act) -> None:
    """As `actions.finish`."""
    await actions.finish(await queries.plan_of(item_id), item_id, new, act)


async def _accepted(_: Shell, __: UUID) -> Mapping[str, str]:
    return {"accepted": "true"}


async def _of_week(shell: Shell, staff_id: UUID) -> Mapping[str, str]:
    return {"staff_id": str(staff_id), "on": shell.request.query_params.get("on", ""), "accepted": "true"}


async def _today(shell: Shell, _: UUID) -> Mapping[str, str]:
    return {"worked_on": shell.request.query_params.get("on", shell.act.today.isoformat())}


async def _verdicts(shell: Shell) -> Sequence[Choice]:
    return [Choice("true", shell.says("plans.accept")), Choice("false", shell.says("plans.return"))]


PLANS = Commands(
    "plans",
    "plan_id",
    PATH,
    Command(
        name="review",
        action=actions.review,
        needs=WRITE,
        icon="checks",
        main=True,
        given=_accepted,
        choices={"accepted": _verdicts},
    ),
)
ITEMS = Commands("plans", "item_id", f"{PATH}/items", Command(name="finish", action=finish, needs=WRITE, icon="check"))
LOGS = Commands(
    "plans",
    "staff",
    f"{PATH}/logs",
    Command(
        name="write",
        action=work_logs.write,
        icon="pencil",
        key="l",
        main=True,
        given=_today,
        finds=frozenset({"customer_id"}),
    ),
    Command(
        name="review_log",
        action=work_logs.review,
        icon="checks",
        given=_of_week,
        choices={"accepted": _verdicts},
        hidden=frozenset({"staff_id", "on"}),
    ),
    needs=WRITE,
)


class Day(Struct, frozen=True):
    """A day of the week, what is planned for it and what its log says."""

    on: date
    planned: list[ItemLine]
    written: list[LogView]


async def _seen_item(item_id: UUID, act: Act) -> None:
    await queries.plan(await queries.plan_of(item_id), act)


class PlanScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=READ)
    async def week(self, shell: Shell) -> Response[str]:
        return await _page(shell, {}, {}, 200)

    @post("/", needs=WRITE, status_code=200)
    async def hand_in(self, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        week, plan = await _asked(shell)
        try:
            items = _items(given, week)
            if plan is not None:
                await actions.revise(plan.id, NewRevision(items=items), shell.act)
            else:
                await actions.hand_in(NewWorkPlan(span=WEEK, items=items, on=week.first_on), shell.act)
        except Refusal as refusal:
            return await _page(shell, given, *forms.wrong(refusal, shell))
        return shell.done(shell.says("plans.done.hand_in"))

    ask, do = PLANS.handlers("/{plan_id:uuid}", needs=WRITE, sees=queries.plan)

    ask_item, do_item = ITEMS.handlers("/items/{item_id:uuid}", needs=WRITE, sees=_seen_item)

    ask_log, do_log = LOGS.handlers("/logs/{staff:uuid}", needs=WRITE)


def _items(given: Mapping[str, Sequence[str]], week: Window) -> tuple[NewItem, ...]:
    """A line is an item, of the day under which it stands. Raises Invalid without any, and for a line that is too long."""
    found = []
    for name in (*(day.isoformat() for day in _days(week)), ANY_DAY):
        for line in "".join(given.get(name, ())[:1]).splitlines():
            if not line.strip():
                continue
            if len(line.strip()) > _LINE_CHARS_MAX:
                raise Invalid.at(name, f"at most {_LINE_CHARS_MAX} characters")
            found.append(NewItem(text=line.strip(), due_on=None if name == ANY_DAY else date.fromisoformat(name)))
    if not found:
        raise Invalid.at(ANY_DAY, "at least one line")
    return tuple(found[:100])


def _days(week: Window) -> list[date]:
    return [week.first_on + timedelta(days=place) for place in range(7)]


def _week(shell: Shell) -> Window:
    """That of the day `on` of the address, this one without."""
    try:
        on = date.fromisoformat(shell.request.query_params.get("on", ""))
    except ValueError:
        on = shell.act.today
    return window_of(WEEK, on, shell.act.company.time_zone)


def _whose(shell: Shell) -> UUID:
    """Somebody whom the reader supervises, by the address; the reader without. Raises NotFound."""
    try:
        named = shell.request.query_params.get("staff", "")
        return UUID(named) if named else UUID(str(shell.act.by.person))
    except ValueError:
        raise NotFound("There is no such colleague") from None


async def _asked(shell: Shell) -> tuple[Window, WorkPlanForm | None]:
    """The week and one's own plan of it, if it was returned and waits to be handed in again."""
    week = _week(shell)
    plan = await _plan(shell.act.by.id, week, shell)
    return week, plan if plan is not None and plan.state == "returned" else None


async def _plan(staff_id: UUID, week: Window, shell: Shell) -> WorkPlanForm | None:
    asked = WorkPlanFilter(staff_id=staff_id, period=week.name)
    found = await queries.LISTED.page(asked, PageAsked(1), shell.act, **seen_by(shell.act))
    return await queries.plan(found.items[0].id, shell.act) if found.items else None


async def _log(staff_id: UUID, week: Window, shell: Shell) -> list[LogView]:
    asked = LogFilter(staff_id=staff_id, worked_from=week.first_on, worked_before=week.after_on)
    found = await work_logs.LINES.page(asked, PageAsked(_LINES), shell.act, **seen_by(shell.act))
    return (await searched("work_log", found, shell.act)).items


async def _said_of_log(staff_id: UUID, week: Window, shell: Shell) -> list[LogReviewView]:
    """The reviews of the span of the log that this week lies in."""
    rhythm = shell.act.policy.plans.logs_reviewed_every
    if rhythm is None:
        return []
    span = window_of(rhythm, week.first_on, shell.act.company.time_zone).name
    found = await work_logs.REVIEWS.page(
        LogReviewFilter(staff_id=staff_id), PageAsked(50), shell.act, **seen_by(shell.act)
    )
    await noted("work_log.reviews", shell.act, subject="work_log", shown=len(found.items))
    return [each for each in found.items if each.period == span]


async def _team(week: Window, shell: Shell) -> list[PlanDue]:
    if not supervises(shell.act):
        return []
    due = await actions.falls_due(shell.act.policy.plans.hand_in_within, week.starts_at)
    found = await queries.plans_due([(week, due)], shell.act)
    await noted("work_plan.dues", shell.act, subject=SUBJECT, shown=len(found))
    return [each for each in found if each.staff_id != shell.act.by.id]


async def _page(
    shell: Shell, given: Mapping[str, Sequence[str]], errors: Mapping[str, str], status: int
) -> Response[str]:
    week, whose = _week(shell), _whose(shell)
    own = whose == shell.act.by.person
    if not own:
        await _refuse_stranger(whose, shell.act)
    team = await _team(week, shell)
    plan = await _plan(whose, week, shell)
    if plan is not None:
        customers = tuple({item.customer_id for item in plan.items if item.customer_id})
        await noted("work_plan.read", shell.act, subject=SUBJECT, subject_id=plan.id, customer_ids=customers)
    written = await _log(whose, week, shell)
    items = plan.items if plan else []
    days = [
        Day(day, [each for each in items if each.due_on == day], [each for each in written if each.worked_on == day])
        for day in _days(week)
    ]
    writes = own and WRITE(shell.act.by) and (plan is None or plan.state == "returned") and _open(week, shell)
    return shell.page(
        "plans/week.html",
        status=status,
        week=week,
        before=(week.first_on - timedelta(days=7)).isoformat(),
        after=week.after_on.isoformat(),
        own=own,
        whose=whose,
        team=team,
        plan=plan,
        days=days,
        undated=[each for each in items if each.due_on is None],
        writes=writes and WEEK in shell.act.policy.plans.spans,
        drafted={name: "".join(values[:1]) for name, values in given.items()} or _drafted(plan),
        errors=errors,
        said=await _said_of_log(whose, week, shell),
        logs_reviewed=shell.act.policy.plans.logs_reviewed_every is not None,
        may_write=WRITE(shell.act.by),
        item_address=lambda item_id: ITEMS.address(item_id, "finish"),
        plan_address=lambda name: PLANS.address(plan.id, name) if plan else "",
        log_address=lambda name: LOGS.address(whose, name),
        clause=shell.act.policy.plans.clause,
    )


async def _refuse_stranger(staff_id: UUID, act: Act) -> None:
    """Raises NotFound for whoever is not under the reader: nobody learns who there is."""
    try:
        await queries.refuse_unless_supervising(staff_id, act)
    except NotYoursToReview:
        raise NotFound("There is no such colleague under you") from None


def _open(week: Window, shell: Shell) -> bool:
    """Plans are handed in for the present week and the next."""
    present = window_of(WEEK, shell.act.today, shell.act.company.time_zone)
    return week.first_on in (present.first_on, present.after_on)


def _drafted(plan: WorkPlanForm | None) -> dict[str, str]:
    """What stands in a plan that was returned, to be written anew."""
    found: dict[str, str] = {}
    for item in plan.items if plan else ():
        name = item.due_on.isoformat() if item.due_on else ANY_DAY
        found[name] = f"{found[name]}\n{item.text}" if name in found else item.text
    return found
