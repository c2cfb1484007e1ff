"""`/api/v1/timers`: the company's deadlines."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.params import Parameter

from guibin.paging import Cursor, CursorText, Limit, Page, decode, page_of
from guibin_tenants.principals import may

from . import queries
from .queries import TimerState, TimerView

State = Annotated[TimerState | None, Parameter(query="state", default=None, description="What the clock does.")]


class TimerController(Controller):
    path = "/api/v1/timers"
    tags = ("timers",)

    @get("/", needs=may("timers:read"), summary="Deadlines, the next to fall due first")
    async def list_timers(
        self,
        subject_id: UUID | None = None,
        in_state: State = None,
        due_before: datetime | None = None,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[TimerView]:
        found = await queries.listed(
            subject_id=subject_id, state=in_state, due_before=due_before, after=decode(cursor), limit=limit + 1
        )
        return page_of(found, limit, lambda timer: Cursor(timer.due_at, timer.id))
