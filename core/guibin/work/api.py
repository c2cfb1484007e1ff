"""`/api/v1/work`: everything that somebody owes, in one list; `/api/v1/board`: how the house stands; `/api/v1/team`: who has how much."""

from litestar import Controller

from guibin.audit.actions import noted
from guibin.context import Act
from guibin.web.listing import PageAsked
from guibin.web.paging import Page
from guibin.web.routing import gets
from guibin_tenants.principals import anyone

from . import inspecting, queries, standing, teams
from .queries import SharedCount, WorkFilter, WorkView


async def listed(filters: WorkFilter, page: PageAsked, act: Act) -> Page[WorkView]:
    """What the caller owes, of everything that their permissions let them see."""
    return await queries.owed(filters, page, act)


async def counted(filters: WorkFilter, act: Act) -> list[SharedCount]:
    """How much of each kind; it names nobody."""
    found = await queries.counts(filters, act)
    await noted("work.count", act, subject="work", shown=len(found))
    return found


class WorkController(Controller):
    path = "/api/v1/work"
    tags = ("work",)
    list_work = gets("/", listed, "What I owe, my desk or my units, due soonest first", needs=anyone)
    count_work = gets("/counts", counted, "How much of each kind is owed, late and within the hour", needs=anyone)


class BoardController(Controller):
    path = "/api/v1/board"
    tags = ("work",)
    show_board = gets(
        "/", standing.board, "What is open, late and soon due by desk and level; it names nobody", needs=standing.LEADS
    )


class SupervisionController(Controller):
    path = "/api/v1/supervision"
    tags = ("work",)
    show_supervision = gets(
        "/",
        inspecting.inspecting,
        "What is to be inspected, verified, corrected and was missed, counted by part, and logs to review",
        needs=standing.LEADS,
    )


class TeamLoadController(Controller):
    path = "/api/v1/team"
    tags = ("work",)
    list_team = gets("/", teams.loads, "Who has how much, and until when they are away", needs=standing.LEADS)
    list_absences = gets(
        "/absences", teams.absences, "Who is away or will be, who stands in, what is uncovered", needs=standing.LEADS
    )
