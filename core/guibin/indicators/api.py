"""`/api/v1/indicators`: what outlets ask for beside the standard."""

from uuid import UUID

from litestar import Controller, get, post
from litestar.status_codes import HTTP_200_OK

from guibin.context import Act
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin.web.routing import posts
from guibin_tenants.principals import Principal, may, sees_all

from . import actions
from .actions import IndicatorEnding, IndicatorView


class IndicatorController(Controller):
    path = "/api/v1/indicators"
    tags = ("policy",)

    @get("/", needs=may("policy:read"), summary="Indicators of outlets, newest first")
    async def list_indicators(self, by: Principal, limit: Limit = 50, cursor: CursorText = None) -> Page[IndicatorView]:
        found = await actions.listed(by=by, after=decode(cursor), limit=limit + 1)
        return page_of(found, limit, lambda row: Cursor(row.proposed_at, row.id))

    propose = posts(
        "/", actions.propose, needs=may("tiers:apply"), summary="Ask for an indicator more for one's own outlet"
    )

    @get("/{indicator_id:uuid}", needs=may("policy:read"), summary="One indicator")
    async def show(self, indicator_id: UUID, by: Principal) -> IndicatorView:
        return await actions.by_id(indicator_id, by=by)

    @post(
        "/{indicator_id:uuid}/ending",
        needs=may("policy:write") & sees_all,
        status_code=HTTP_200_OK,
        summary="Give an indicator up from now on",
    )
    async def end(self, indicator_id: UUID, data: IndicatorEnding, act: Act) -> IndicatorView:
        return await actions.end(indicator_id, act, reason=data.reason)
