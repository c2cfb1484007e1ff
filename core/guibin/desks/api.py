"""`/api/v1/desks`: dedicated desks in main business halls."""

from uuid import UUID

from litestar import Controller, get, post
from litestar.status_codes import HTTP_200_OK

from guibin.context import Act
from guibin.web.routing import deletes, gets, posts
from guibin_tenants.principals import anyone, may

from . import actions, queries
from .queries import DeskView
from .requests import NewDeskClosing

WRITE = may("staff:write")


class DeskController(Controller):
    path = "/api/v1/desks"
    tags = ("administration",)

    @get("/", needs=anyone, summary="Halls with a desk, by code")
    async def list_desks(self, closed: bool = False) -> list[DeskView]:
        return await queries.desks(closed=closed)

    open_desk = posts("/", actions.open_desk, needs=WRITE, summary="Say that a hall has a dedicated desk")
    show = gets("/{desk_id:uuid}", queries.by_id, needs=anyone, summary="One desk and who sits there")

    @post("/{desk_id:uuid}/closing", needs=WRITE, summary="The hall has no desk any more")
    async def close_desk(self, desk_id: UUID, data: NewDeskClosing, act: Act) -> DeskView:
        return await actions.close_desk(desk_id, data.reason, act)

    seat = posts("/{desk_id:uuid}/seats", actions.seat, needs=WRITE, summary="Somebody works at the desk from now on")
    unseat = deletes(
        "/{desk_id:uuid}/seats/{staff_id:uuid}",
        actions.unseat,
        needs=WRITE,
        status_code=HTTP_200_OK,
        summary="They do not work there any more",
    )
