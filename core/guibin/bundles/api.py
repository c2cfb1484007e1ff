"""`/api/v1/bundle`, `/bundle-comparisons` and `/bundle-imports`."""

from litestar import Controller
from litestar.status_codes import HTTP_200_OK

from guibin.policy_changes.api import AMEND, BODY_BYTES_MAX, CHANGED_MEANWHILE
from guibin.web.routing import gets, posts
from guibin_tenants.principals import may

from . import actions

# Who amends the policy sees the whole company: that is asked once.
NEEDS = AMEND & may("scripts:write")


class BundleController(Controller):
    path = "/api/v1/bundle"
    tags = ("bundles",)
    export = gets("/", actions.export, "The company's own policy and scripts as one TOML file", needs=NEEDS)


class BundleComparisonController(Controller):
    path = "/api/v1/bundle-comparisons"
    tags = ("bundles",)
    compare = posts(
        "/",
        actions.compare,
        "What a bundle would change; nothing is written",
        needs=NEEDS,
        request_max_body_size=BODY_BYTES_MAX,
        status_code=HTTP_200_OK,
    )


class BundleImportController(Controller):
    path = "/api/v1/bundle-imports"
    tags = ("bundles",)
    take_in = posts(
        "/",
        actions.take_in,
        "Take a bundle in, all of it or nothing; nothing is switched on",
        needs=NEEDS,
        request_max_body_size=BODY_BYTES_MAX,
        opt=CHANGED_MEANWHILE,
        confirmed=True,
    )
