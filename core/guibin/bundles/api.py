"""`/api/v1/bundle`, `/bundle-comparisons` and `/bundle-imports`."""

from litestar import Controller
from litestar.status_codes import HTTP_200_OK

from guibin.policy_changes.api import AMEND, BODY_BYTES_MAX, CHANGED_MEANWHILE
from guibin.scripts.api import WRITE
from guibin.web.routing import gets, posts

from . import actions

NEEDS = AMEND & WRITE


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
