"""`/api/v1/indicators`: what outlets ask for beside the standard."""

from litestar import Controller
from litestar.status_codes import HTTP_200_OK

from guibin.web.routing import gets, posts
from guibin_tenants.principals import may, sees_all

from . import actions


class IndicatorController(Controller):
    path = "/api/v1/indicators"
    tags = ("policy",)
    list_indicators = gets("/", actions.listed, "Indicators of outlets, newest first", needs=may("policy:read"))
    propose = posts("/", actions.propose, "Ask for an indicator more for one's own outlet", needs=may("tiers:apply"))
    show = gets("/{indicator_id:uuid}", actions.by_id, "One indicator", needs=may("policy:read"))
    end = posts(
        "/{indicator_id:uuid}/ending",
        actions.end,
        "Give an indicator up from now on",
        needs=may("policy:write") & sees_all,
        status_code=HTTP_200_OK,
    )
