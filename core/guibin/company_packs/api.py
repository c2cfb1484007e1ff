"""`/api/v1/packs` and `/api/v1/enabled-packs`: the company's industry packs, switched by its admin where the operator allows it."""

from litestar import Controller
from litestar.status_codes import HTTP_200_OK

from guibin.web.routing import deletes, gets, posts, puts
from guibin_tenants.principals import may, sees_all

from . import actions, queries, upgrades

READ = may("policy:read") & sees_all
WRITE = may("policy:write") & sees_all


class PackController(Controller):
    path = "/api/v1/packs"
    tags = ("policy",)
    list_packs = gets("/", queries.listed, "The company's industry packs, and those its admin may switch on")


class EnabledPackController(Controller):
    # Beside the packs' own routes, which lie under their names.
    path = "/api/v1/enabled-packs"
    tags = ("policy",)
    preview = posts(
        "/{name:str}/previews",
        actions.preview,
        "What switching the pack on, or off where the company has it, would bring; writes nothing",
        status_code=HTTP_200_OK,
    )
    enable = puts("/{name:str}", actions.enable, "The company has the pack from now on", confirmed=True)
    end = posts(
        "/{name:str}/ending",
        actions.end,
        "The company does without the pack; its data stays",
        confirmed=True,
        status_code=HTTP_200_OK,
    )
    upgrade = gets("/{name:str}/upgrade", upgrades.upgrade, "What the upgrade of the pack that waits would change")
    decide = puts(
        "/{name:str}/upgrade",
        upgrades.decide,
        "The upgrade holds for the company, at once or from a day on",
        confirmed=True,
    )
    withdraw = deletes(
        "/{name:str}/upgrade",
        upgrades.withdraw,
        "What was decided of the upgrade for a day to come does not happen",
        confirmed=True,
        status_code=HTTP_200_OK,
    )
