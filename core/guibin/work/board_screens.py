"""The supervisor's pages: the live board, and the same for a wall, where a screen shows it with nobody signed in."""

from typing import Any

from litestar import Controller, Response, get
from msgspec import Struct
from msgspec.structs import replace

from guibin.console.moments import Deadline, Due
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.tiers.marks import marks
from guibin.web.listing import PageAsked
from guibin_tenants import displays
from guibin_tenants.authentication import working
from guibin_tenants.principals import wall_display
from guibin_tenants.refusals import Forbidden, Unauthenticated

from . import looks, queries, standing
from .queries import WorkFilter
from .standing import LEADS, REQUEST, Board, Cell, WaitingCase

BOARD, WALL = f"{PREFIX}/board", f"{PREFIX}/wall"
ENTRIES = (
    Entry(title="work.board.title", path=BOARD, icon="chart-bar", needs=LEADS, group="lead", order=10, phone=True),
)
# What a supervisor steps in for: late, or due within the hour.
_URGENT = 8


class Waits(Struct, frozen=True):
    """One of those who wait longest, as the page shows it: what it is called, how long, and where it stands."""

    case: WaitingCase
    title: str
    level: int
    span: str
    due: Due | None
    place: str


class BoardScreens(Controller):
    path = BOARD
    include_in_schema = False

    @get("/", needs=LEADS)
    async def now(self, shell: Shell) -> Response[str]:
        return shell.page("work/board.html", **await _shown(shell), **await _urgent(shell))

    @get("/wall", needs=LEADS)
    async def wall(self, shell: Shell) -> Response[str]:
        return shell.page("work/wall.html", **await _shown(shell))


class WallScreens(Controller):
    path = WALL
    include_in_schema = False

    @get("/", needs=wall_display)
    async def show(self, shell: Shell) -> Response[str]:
        maker_id = await displays.maker_of(shell.act.by.id)
        maker = await working(maker_id) if maker_id else None
        if maker is None:
            raise Unauthenticated()
        # What the board counts is read as its maker would; the screen itself may read none of it.
        by = replace(shell.act.by, permissions=standing.COUNTED & maker.permissions)
        counting = replace(shell, act=replace(shell.act, by=by))
        return shell.page("work/display.html", **await _shown(counting))


async def _shown(shell: Shell) -> dict[str, Any]:
    found = await standing.board(shell.act)
    return {
        "board": found,
        "waits": [_waits(case, shell) for case in found.longest],
        "heads": [(level, _level(level, shell)) for level in found.levels],
        "totals": {level: _total(found, level) for level in found.levels},
    }


def _total(found: Board, level: str) -> Cell:
    cells = [cell for line in found.desks for cell in line.cells if cell.level == level]
    return Cell(
        level=level,
        open=sum(cell.open for cell in cells),
        late=sum(cell.late for cell in cells),
        soon=sum(cell.soon for cell in cells),
    )


def _level(level: str, shell: Shell) -> str:
    if level == REQUEST:
        return shell.says("work.board.requests")
    return shell.named(f"complaint_level.{level}").split("：")[0].split(":")[0].removesuffix(" complaint")


def _waits(case: WaitingCase, shell: Shell) -> Waits:
    complaint = case.kind == "complaint"
    levels = [level.name for level in shell.act.policy.complaints.levels]
    return Waits(
        case,
        _level(case.about, shell) if complaint else shell.named(f"service_item.{case.about}.title"),
        levels.index(case.about) + 1 if complaint and case.about in levels else 0,
        shell.clock.span(shell.act.now - case.since_at),
        shell.clock.due(Deadline(due_at=case.due_at, warn_at=case.warn_at, paused_at=case.paused_at)),
        f"{PREFIX}/{'complaints' if complaint else 'requests'}/{case.id}",
    )


async def _urgent(shell: Shell) -> dict[str, Any]:
    """What is late or due within the hour, with names, for whoever leads the units it belongs to."""
    asked = WorkFilter(whose="unit", due_before=shell.act.now + looks.SOON)
    try:
        found = await queries.owed(asked, PageAsked(_URGENT), shell.act, kinds=standing.CASES + standing.CALLS)
    except Forbidden:
        return {"lines": []}
    held = await marks([row.customer_id for row in found.items], shell.act)
    return {"lines": await looks.lines(found.items, held, shell), "more": found.next is not None}
