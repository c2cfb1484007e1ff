"""`/api/v1/desks`: dedicated desks in main business halls."""

from litestar import Controller
from litestar.status_codes import HTTP_200_OK

from guibin.web.routing import deletes, gets, posts
from guibin_tenants.principals import anyone, may

from . import actions, queries

WRITE = may("staff:write")


class DeskController(Controller):
    path = "/api/v1/desks"
    tags = ("administration",)

    list_desks = gets("/", queries.desks, needs=anyone, summary="Halls with a desk, by code")
    open_desk = posts("/", actions.open_desk, needs=WRITE, summary="Say that a hall has a dedicated desk")
    show = gets("/{desk_id:uuid}", queries.by_id, needs=anyone, summary="One desk and who sits there")

    close_desk = posts(
        "/{desk_id:uuid}/closing", actions.close_desk, needs=WRITE, summary="The hall has no desk any more"
    )
    seat = posts("/{desk_id:uuid}/seats", actions.seat, needs=WRITE, summary="Somebody works at the desk from now on")
    unseat = deletes(
        "/{desk_id:uuid}/seats/{staff_id:uuid}",
        actions.unseat,
        needs=WRITE,
        status_code=HTTP_200_OK,
        summary="They do not work there any more",
    )
