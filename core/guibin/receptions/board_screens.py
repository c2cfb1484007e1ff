"""The reception board: the coming receptions by department and task, on the desk and on the phone, live."""

from datetime import datetime

from litestar import Controller, Response, get

from guibin.console.moments import Deadline, Due
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin_tenants.principals import may

from . import orders
from .board import BoardLine, board

READ, WRITE = may("receptions:read"), may("receptions:write")
PATH = f"{PREFIX}/reception-board"
ENTRIES = (
    Entry(
        title="receptions.board.title",
        path=PATH,
        icon="calendar-due",
        needs=READ,
        order=28,
        has=lambda policy: policy.reception is not None,
    ),
)
_FIGURES = ("receptions", "unacknowledged", "open_tasks", "late", "changed")


class ReceptionBoardScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=READ)
    async def now(self, shell: Shell, only: str = "") -> Response[str]:
        found = await board(shell.act)
        units = {each.org_unit_id for line in found for each in line.departments}
        return shell.page(
            "receptions/board.html",
            lines=[line for line in found if only not in _FIGURES or _counts(line)[only]],
            figures={name: sum(_counts(line)[name] for line in found) for name in _FIGURES},
            only=only,
            own={unit for unit in units if WRITE(shell.act.by) and await orders.answers_for(unit, shell.act.by)},
            due_of=lambda due_at, warn_at=None: _due(due_at, warn_at, shell),
        )


def _counts(line: BoardLine) -> dict[str, int]:
    return {
        "receptions": 1,
        "unacknowledged": line.unacknowledged,
        "open_tasks": line.open_tasks,
        "late": line.late,
        "changed": int(line.changed is not None),
    }


def _due(due_at: datetime | None, warn_at: datetime | None, shell: Shell) -> Due | None:
    return shell.clock.due(Deadline(due_at=due_at, warn_at=warn_at)) if due_at else None
