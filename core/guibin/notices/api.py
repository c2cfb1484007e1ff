"""`/api/v1/notices`: what the one who asks has been told."""

from uuid import UUID

from litestar import Controller, get, post
from litestar.status_codes import HTTP_200_OK
from msgspec import Struct

from guibin.context import Act
from guibin.web.routing import gets
from guibin_tenants.principals import Principal, staff_only

from . import actions, queries


class Unread(Struct, frozen=True):
    """How many notices wait."""

    unread: int


class NoticeController(Controller):
    path = "/api/v1/notices"
    tags = ("notices",)
    inbox = gets("/", queries.inbox, "Your notices, the newest first", needs=staff_only)

    @get("/unread", needs=staff_only, summary="How many you have not read")
    async def unread(self, by: Principal) -> Unread:
        return Unread(await queries.unread_count(by.id))

    @post("/{notice_id:uuid}/reading", needs=staff_only, status_code=HTTP_200_OK, summary="You have read it")
    async def read(self, notice_id: UUID, act: Act) -> Unread:
        await actions.mark_read(notice_id, act)
        return Unread(await queries.unread_count(act.by.id))

    @post("/readings", needs=staff_only, status_code=HTTP_200_OK, summary="You have read them all")
    async def read_all(self, act: Act) -> Unread:
        await actions.mark_all_read(act)
        return Unread(0)
