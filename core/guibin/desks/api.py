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
    list_desks = gets("/", queries.desks, "Halls with a desk, by code", needs=anyone)
    open_desk = posts("/", actions.open_desk, "Say that a hall has a dedicated desk")
    show = gets("/{desk_id:uuid}", queries.by_id, "One desk and who sits there", needs=anyone)
    close_desk = posts("/{desk_id:uuid}/closing", actions.close_desk, "The hall has no desk any more")
    seat = posts("/{desk_id:uuid}/seats", actions.seat, "Somebody works at the desk from now on")
    unseat = deletes(
        "/{desk_id:uuid}/seats/{staff_id:uuid}",
        actions.unseat,
        "They do not work there any more",
        status_code=HTTP_200_OK,
    )
