"""`/api/v1/views` and `/api/v1/list-settings`: how people want their lists."""

from litestar import Controller
from litestar.status_codes import HTTP_200_OK

from guibin.web.routing import deletes, gets, patches, posts, puts
from guibin_tenants.principals import anyone

from . import actions, queries
from .tables import ListView


class ViewController(Controller):
    path = "/api/v1/views"
    tags = ("views",)
    list_views = gets("/", queries.views, "Views of lists: one's own and shared ones", needs=anyone)
    save_view = posts("/", actions.save, "Save what is asked of a list under a name", needs=anyone)
    show_view = gets("/{view_id:uuid}", queries.view, "One view", shows=ListView, needs=anyone)
    change_view = patches("/{view_id:uuid}", actions.alter, "Rename a view, or change what it asks for", needs=anyone)
    remove_view = deletes("/{view_id:uuid}", actions.remove, "Remove a view", needs=anyone)
    share_view = puts(
        "/{view_id:uuid}/sharing", actions.share, "Share a view with an org unit, a role or all", needs=actions.SHARE
    )
    unshare_view = deletes(
        "/{view_id:uuid}/sharing",
        actions.unshare,
        "Let a view be its maker's alone",
        status_code=HTTP_200_OK,
        needs=anyone,
    )


class ListSettingController(Controller):
    path = "/api/v1/list-settings"
    tags = ("views",)
    show_list_setting = gets("/{list:str}", queries.setting, "How the caller wants a list", needs=anyone)
    set_list = puts(
        "/{list:str}", actions.set_list, "Columns of a list in their order, and the view it begins with", needs=anyone
    )
