"""`/scim/v2`: people and groups as a directory tells them; `/api/v1/provisioning`: what the company makes of it."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, patch, post, put
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT

from guibin.context import Act
from guibin.web.routing import deletes, gets, posts, puts
from guibin_tenants.principals import may, sees_all
from guibin_tenants.refusals import Invalid, NotFound

from . import actions, documents, queries
from .answers import MEDIA
from .queries import PAGE_MAX, PATH, Asked
from .requests import Changes, Told, ToldGroup

RULES = may("staff:write") & sees_all
PROVISION = may("staff:provision") & sees_all
Incoming = Request[Any, Any, Any]


class ProvisioningController(Controller):
    path = "/api/v1/provisioning"
    tags = ("administration",)
    show = gets("/", queries.settings, "What groups of the company's directory bring", needs=RULES)
    change = puts(
        "/", actions.set_provisioning, "Take people from a directory by these rules", needs=RULES, confirmed=True
    )
    check = posts(
        "/checks",
        actions.check_provisioning,
        "Who would gain and lose what at once by these rules; nothing is changed",
        needs=RULES,
        status_code=HTTP_200_OK,
    )
    remove = deletes(
        "/",
        actions.end_provisioning,
        "No directory tells anything any more; accounts stay",
        needs=RULES,
        confirmed=True,
    )


class ScimDocuments(Controller):
    path = PATH
    include_in_schema = False

    @get("/ServiceProviderConfig", needs=PROVISION)
    async def configuration(self) -> Response[Any]:
        return _answer(documents.configuration())

    @get("/ResourceTypes", needs=PROVISION)
    async def kinds(self) -> Response[Any]:
        return _answer(documents.listed(documents.kinds()))

    @get("/ResourceTypes/{name:str}", needs=PROVISION)
    async def kind(self, name: str) -> Response[Any]:
        return _answer(_one_of(documents.kinds(), name))

    @get("/Schemas", needs=PROVISION)
    async def schemas(self) -> Response[Any]:
        return _answer(documents.listed(documents.schemas()))

    @get("/Schemas/{name:str}", needs=PROVISION)
    async def schema(self, name: str) -> Response[Any]:
        return _answer(_one_of(documents.schemas(), name))


class ScimPeople(Controller):
    path = f"{PATH}/Users"
    include_in_schema = False

    @get("/", needs=PROVISION)
    async def people(self, request: Incoming) -> Response[Any]:
        return _answer(await queries.people(_asked(request)))

    @post("/", needs=PROVISION)
    async def add(self, data: Told, act: Act) -> Response[Any]:
        return _answer(await actions.add_person(data, act), HTTP_201_CREATED)

    @get("/{person_id:uuid}", needs=PROVISION)
    async def person(self, person_id: UUID) -> Response[Any]:
        return _answer(await queries.person(person_id))

    @put("/{person_id:uuid}", needs=PROVISION)
    async def replace(self, person_id: UUID, data: Told, act: Act) -> Response[Any]:
        return _answer(await actions.replace_person(person_id, data, act))

    @patch("/{person_id:uuid}", needs=PROVISION)
    async def change(self, person_id: UUID, data: Changes, act: Act) -> Response[Any]:
        return _answer(await actions.change_person(person_id, data, act))

    @delete("/{person_id:uuid}", needs=PROVISION, status_code=HTTP_204_NO_CONTENT)
    async def remove(self, person_id: UUID, act: Act) -> None:
        await actions.remove_person(person_id, act)


class ScimGroups(Controller):
    path = f"{PATH}/Groups"
    include_in_schema = False

    @get("/", needs=PROVISION)
    async def groups(self, request: Incoming) -> Response[Any]:
        return _answer(await queries.groups(_asked(request)))

    @post("/", needs=PROVISION)
    async def add(self, data: ToldGroup, act: Act) -> Response[Any]:
        return _answer(await actions.add_group(data, act), HTTP_201_CREATED)

    @get("/{group_id:uuid}", needs=PROVISION)
    async def group(self, group_id: UUID) -> Response[Any]:
        return _answer(await queries.group(group_id))

    @put("/{group_id:uuid}", needs=PROVISION)
    async def replace(self, group_id: UUID, data: ToldGroup, act: Act) -> Response[Any]:
        return _answer(await actions.replace_group(group_id, data, act))

    @patch("/{group_id:uuid}", needs=PROVISION)
    async def change(self, group_id: UUID, data: Changes, act: Act) -> Response[Any]:
        return _answer(await actions.change_group(group_id, data, act))

    @delete("/{group_id:uuid}", needs=PROVISION, status_code=HTTP_204_NO_CONTENT)
    async def remove(self, group_id: UUID, act: Act) -> None:
        await actions.remove_group(group_id, act)


def _answer(said: dict[str, Any], status: int = HTTP_200_OK) -> Response[Any]:
    location = said.get("meta", {}).get("location", "")
    return Response(
        said, status_code=status, media_type=MEDIA, headers={"Location": location} if status == HTTP_201_CREATED else {}
    )


def _asked(request: Incoming) -> Asked:
    """A start before the first is the first, and more than a page is a page (RFC 7644, 3.4.2.4)."""
    query = request.query_params
    start, count = (
        _number(query.get(name, str(other)), name) for name, other in (("startIndex", 1), ("count", PAGE_MAX))
    )
    return Asked(query.get("filter", ""), max(start, 1), min(max(count, 0), PAGE_MAX))


def _number(text: str, name: str) -> int:
    if not text.lstrip("-").isdecimal() or len(text) > 9:
        raise Invalid.at(name, "a whole number", value=text)
    return int(text)


def _one_of(found: list[dict[str, Any]], name: str) -> dict[str, Any]:
    for each in found:
        if each["id"] == name:
            return each
    raise NotFound(f"There is no {name}")
