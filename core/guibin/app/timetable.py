"""`/api/v1/timetable`: the company's recurring jobs, switched, moved and started by its admins."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post, put
from litestar.status_codes import HTTP_202_ACCEPTED
from msgspec import Struct

from guibin import timetable
from guibin.audit.actions import noted
from guibin.context import Act, Root
from guibin.jobs import ticks
from guibin.jobs.ticks import RhythmChange, RhythmView
from guibin.periods.rhythms import Rhythm
from guibin_tenants.principals import may, sees_all


class Started(Struct, frozen=True):
    """The job that does it now; None when one of this minute is on its way already."""

    job_id: UUID | None


class TimetableController(Controller):
    path = "/api/v1/timetable"
    tags = ("jobs",)

    @get("/", needs=may("jobs:read") & sees_all, summary="Recurring jobs, and when each runs next")
    async def show(self, request: Request[Any, Any, Any], act: Act) -> list[RhythmView]:
        return await ticks.shown(_rhythms(request), act.company, now=act.now)

    @put("/{name:str}", needs=may("jobs:write") & sees_all, summary="Switch a recurring job off or on, or move it")
    async def change(
        self, name: str, data: RhythmChange, request: Request[Any, Any, Any], act: Act
    ) -> list[RhythmView]:
        rhythms = _rhythms(request)
        await ticks.change(name, data, rhythms, act)
        await noted("timetable.change", act, subject="timetable", purpose=name, shown=0)
        return await ticks.shown(rhythms, act.company, now=act.now)

    @post(
        "/{name:str}/runs",
        needs=may("jobs:write") & sees_all,
        status_code=HTTP_202_ACCEPTED,
        summary="Do a recurring job once now",
    )
    async def run(self, name: str, request: Request[Any, Any, Any], act: Act) -> Started:
        return Started(await ticks.run_now(name, _rhythms(request), act.company, now=act.now))


def _rhythms(request: Request[Any, Any, Any]) -> tuple[Rhythm, ...]:
    root: Root = request.app.state.root
    return timetable.everything(root.packs)
