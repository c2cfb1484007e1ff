"""An account manager's day: what is owed, late first; what comes later; what was done; the plan and log of the week."""

from datetime import date, timedelta

from litestar import Response
from msgspec import Struct

from guibin.audit.actions import noted, searched
from guibin.console import additions
from guibin.console.shell import Shell
from guibin.department_requests.queries import leads
from guibin.notices.queries import InboxFilter, inbox
from guibin.periods.spans import Window, window_of
from guibin.plans import queries as plans
from guibin.plans import work_logs
from guibin.plans.queries import WorkPlanFilter, WorkPlanForm
from guibin.plans.work_logs import LogFilter, LogView
from guibin.profiles.queries import called
from guibin.records import queries as records
from guibin.records.queries import InteractionFilter, InteractionView
from guibin.tiers.marks import marks
from guibin.web.listing import PageAsked
from guibin_tenants.principals import Predicate, Principal

from . import queries
from .looks import end_of_day, lines
from .queries import WorkFilter

# What is due within so many days after today is to be done now.
AHEAD_DAYS = 2
_ROWS, _DONE, _LINES, _LATER = 100, 20, 50, 20


class Done(InteractionView, frozen=True, kw_only=True):
    """A contact of today."""

    customer_name: str | None


class Day(Struct, frozen=True):
    """A working day of the week, and how many lines its log has."""

    on: date
    written: int


_CONTACTS = records.LISTED.wider(Done, customer_name=called("x.customer_id"))


def _has_one(by: Principal) -> bool:
    return by.kind == "staff" and "account_manager" in by.roles and not leads(by) and "agent" not in by.roles


# Whose first page is the day: account managers who neither lead nor sit at a desk.
HAVE_ONE = Predicate(_has_one, "an account manager's day")


async def page(shell: Shell) -> Response[str]:
    """The whole page."""
    act = shell.act
    found = await queries.owed(WorkFilter(), PageAsked(_ROWS), act)
    done = await _contacts(shell)
    held = await marks([*(row.customer_id for row in found.items), *(one.customer_id for one in done)], act)
    until = end_of_day(shell, AHEAD_DAYS)
    moments = [min((at for at in (row.happens_at, row.due_at) if at is not None), default=None) for row in found.items]
    shown = await lines(found.items, held, shell)
    todo = [line for line, at in zip(shown, moments, strict=True) if at is not None and at <= until]
    later = [line for line, at in zip(shown, moments, strict=True) if at is None or at > until]
    week = window_of("week", shell.clock.today, act.company.time_zone)
    written = await _log(week, shell)
    notices = await inbox(InboxFilter(unread=True), PageAsked(3), act)
    return shell.page(
        "work/day.html",
        todo=todo,
        later=later[:_LATER],
        more=max(len(later) - _LATER, 0),
        late=[line for line in todo if line.due is not None and line.due.state == "late"],
        done=done,
        marks=held,
        week=week,
        days=_days(week, written),
        written=written,
        plan=await _plan(week, shell),
        notices=notices.items,
        tiles=await additions.stats(shell),
        lunar=shell.clock.lunar(shell.clock.today),
    )


async def _contacts(shell: Shell) -> list[Done]:
    """Whom one was in touch with today, the last first."""
    asked = InteractionFilter(staff_id=shell.act.by.person, happened_from=end_of_day(shell, -1))
    return (await searched("interaction", await _CONTACTS.page(asked, PageAsked(_DONE), shell.act), shell.act)).items


async def _plan(week: Window, shell: Shell) -> WorkPlanForm | None:
    """The plan of the week, as its own page shows it."""
    asked = WorkPlanFilter(staff_id=shell.act.by.person, period=week.name)
    found = await plans.LISTED.page(asked, PageAsked(1), shell.act, **plans.seen_by(shell.act))
    if not found.items:
        return None
    plan = await plans.plan(found.items[0].id, shell.act)
    customers = tuple({item.customer_id for item in plan.items if item.customer_id})
    await noted("work_plan.read", shell.act, subject="work_plan", subject_id=plan.id, customer_ids=customers)
    return plan


async def _log(week: Window, shell: Shell) -> list[LogView]:
    """What one noted this week, the last first."""
    asked = LogFilter(staff_id=shell.act.by.person, worked_from=week.first_on)
    found = await work_logs.LINES.page(asked, PageAsked(_LINES), shell.act, **plans.seen_by(shell.act))
    return (await searched("work_log", found, shell.act)).items


def _days(week: Window, written: list[LogView]) -> list[Day]:
    days = [week.first_on + timedelta(days=n) for n in range(5)]
    return [Day(day, sum(line.worked_on == day for line in written)) for day in days]
