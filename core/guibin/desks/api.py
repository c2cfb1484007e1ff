"""`/api/v1/desks`: dedicated desks in main business halls."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.status_codes import HTTP_200_OK

from guibin_tenants.principals import Principal, anyone, may

from . import actions, queries
from .queries import DeskView
from .requests import NewDesk, NewDeskClosing, NewSeat

WRITE = may("staff:write")


class DeskController(Controller):
    path = "/api/v1/desks"
    tags = ("administration",)

    @get("/", needs=anyone, summary="Halls with a desk, by code")
    async def list_desks(self, closed: bool = False) -> list[DeskView]:
        return await queries.desks(closed=closed)

    @post("/", needs=WRITE, summary="Say that a hall has a dedicated desk")
    async def open_desk(self, data: NewDesk, by: Principal, now: datetime) -> DeskView:
        return await actions.open_desk(data, by=by, now=now)

    @get("/{desk_id:uuid}", needs=anyone, summary="One desk and who sits there")
    async def show(self, desk_id: UUID) -> DeskView:
        return await queries.by_id(desk_id)

    @post("/{desk_id:uuid}/closing", needs=WRITE, summary="The hall has no desk any more")
    async def close_desk(self, desk_id: UUID, data: NewDeskClosing, by: Principal, now: datetime) -> DeskView:
        return await actions.close_desk(desk_id, data.reason, by=by, now=now)

    @post("/{desk_id:uuid}/seats", needs=WRITE, summary="Somebody works at the desk from now on")
    async def seat(self, desk_id: UUID, data: NewSeat, by: Principal, now: datetime) -> DeskView:
        return await actions.seat(desk_id, data, by=by, now=now)

    @delete(
        "/{desk_id:uuid}/seats/{staff_id:uuid}",
        needs=WRITE,
        status_code=HTTP_200_OK,
        summary="They do not work there any more",
    )
    async def unseat(self, desk_id: UUID, staff_id: UUID, by: Principal, now: datetime) -> DeskView:
        return await actions.unseat(desk_id, staff_id, by=by, now=now)
