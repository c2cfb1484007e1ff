"""`/api/v1/indicators`: what outlets ask for beside the standard."""

from litestar import Controller
from litestar.status_codes import HTTP_200_OK

from guibin.web.routing import gets, posts
from guibin_tenants.principals import may, sees_all

from . import actions


class IndicatorController(Controller):
    path = "/api/v1/indicators"
    tags = ("policy",)
    list_indicators = gets("/", actions.listed, needs=may("policy:read"), summary="Indicators of outlets, newest first")
    propose = posts(
        "/", actions.propose, needs=may("tiers:apply"), summary="Ask for an indicator more for one's own outlet"
    )
    show = gets("/{indicator_id:uuid}", actions.by_id, needs=may("policy:read"), summary="One indicator")
    end = posts(
        "/{indicator_id:uuid}/ending",
        actions.end,
        needs=may("policy:write") & sees_all,
        status_code=HTTP_200_OK,
        summary="Give an indicator up from now on",
    )
