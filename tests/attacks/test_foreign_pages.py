"""A page of another site that makes a signed-in browser, or one that is to be signed in, send something."""

import re

import pytest
from litestar.handlers import HTTPRouteHandler

from guibin.web.public_address import use_public_address
from support import PASSWORD

KINDS = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/msgpack",
    "",
]
FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://guibin.test.evil.example", "Sec-Fetch-Site": "same-origin"},
]
OWN = [{"Sec-Fetch-Site": "same-origin", "Origin": "http://guibin.test"}, {"Sec-Fetch-Site": "none"}, {}]


def sign_in(tenant):
    return f'{{"company": "{tenant.slug}", "login": "li.wei", "password": "{PASSWORD}"}}'.encode()


@pytest.fixture
def public():
    """An address under which people outside reach the service."""
    use_public_address("https://vip.example.com")
    yield
    use_public_address("")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_form_of_another_site_signs_nobody_in(world, tenant, kind):
    await tenant.staff("li.wei")
    headers = {"Content-Type": kind} if kind else {}

    answer = await world.client().post("/api/v1/sessions", content=sign_in(tenant), headers=headers)

    assert (answer.status_code, answer.json()["type"], "set-cookie" in answer.headers) == (
        415,
        "/problems/unsupported-media-type",
        False,
    )


async def test_a_body_in_pieces_that_says_no_kind_signs_nobody_in(world, tenant):
    await tenant.staff("li.wei")

    async def pieces():
        yield sign_in(tenant)

    answer = await world.client().post("/api/v1/sessions", content=pieces())

    assert ("content-length" in answer.request.headers, answer.status_code) == (False, 415)


async def test_no_address_takes_a_body_that_is_not_json(world, tenant):
    client = await tenant.client()
    people = [await tenant.staff("zhou", "tenant_admin"), await tenant.staff("qin", "auditor")]
    taken, text = [], {"Content-Type": "text/plain", "X-Probe": "1"}
    for method, path in _routes_with_bodies(world):
        for who in (client, *people):
            answer = await who.request(method, path, content=b"{}", headers=text)
            if answer.status_code != 403:
                break
        if answer.status_code != 415:
            taken.append((method, path, answer.status_code))

    assert len(_routes_with_bodies(world)) > 100
    assert taken == []


@pytest.mark.parametrize("headers", FOREIGN)
async def test_another_sites_page_changes_nothing(world, tenant, headers):
    admin = await tenant.staff("admin", "tenant_admin")

    answers = [
        await admin.post(
            "/api/v1/org-units", json={"code": "x", "name": "x", "parent": "head-office"}, headers=headers
        ),
        await admin.put(
            "/api/v1/me/password", json={"present": PASSWORD, "new": "another horse battery"}, headers=headers
        ),
        await admin.post("/api/v1/sessions", json={"company": "a", "login": "b", "password": "c"}, headers=headers),
        await admin.delete("/api/v1/sessions", headers=headers),
    ]

    assert [(one.status_code, one.json()["type"]) for one in answers] == [(403, "/problems/foreign-site")] * 4
    assert (await admin.get("/api/v1/me")).status_code == 200


@pytest.mark.parametrize("headers", OWN)
async def test_a_page_of_ones_own_does(tenant, headers):
    admin = await tenant.staff("admin", "tenant_admin")
    unit = {"code": "x", "name": "x", "parent": "head-office"}

    assert (await admin.post("/api/v1/org-units", json=unit, headers=headers)).status_code == 201


async def test_the_address_people_know_is_ones_own(tenant, request):
    admin = await tenant.staff("admin", "tenant_admin")
    request.getfixturevalue("public")
    # The test's browser speaks without encryption.
    next(cookie for cookie in admin.cookies.jar if cookie.name == "guibin_session").secure = False
    unit = {"code": "x", "name": "x", "parent": "head-office"}

    answer = await admin.post("/api/v1/org-units", json=unit, headers={"Origin": "https://vip.example.com"})

    assert answer.status_code == 201


async def test_a_key_is_nothing_a_browser_adds(tenant):
    client = await tenant.client()
    unit = {"code": "x", "name": "x", "parent": "head-office"}

    answer = await client.post("/api/v1/org-units", json=unit, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 201


async def test_behind_tls_cookies_and_browsers_stay_with_it(world, tenant, public):
    await tenant.staff("li.wei")
    body = {"company": tenant.slug, "login": "li.wei", "password": PASSWORD}

    answer = await world.client().post("/api/v1/sessions", json=body)

    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
    assert [cookie.count("Secure") for cookie in answer.headers.get_list("set-cookie")] == [1, 1]


async def test_without_tls_nothing_is_promised(world, tenant):
    await tenant.staff("li.wei")
    body = {"company": tenant.slug, "login": "li.wei", "password": PASSWORD}

    answer = await world.client().post("/api/v1/sessions", json=body)

    assert "strict-transport-security" not in answer.headers
    assert [
        ("HttpOnly" in cookie, re.search("SameSite=([a-z]+)", cookie)[1], "Secure" in cookie)
        for cookie in answer.headers.get_list("set-cookie")
    ] == [(True, "lax", False), (True, "strict", False)]


@pytest.mark.parametrize("site", ["cross-site", "same-origin", "none"])
async def test_a_link_of_another_site_opens_a_page_and_nothing_of_the_api(tenant, site):
    """The session's cookie comes along with a link from a mail: to pages, which only show, and whose changes need their token."""
    desk = await tenant.staff("desk", "agent")
    foreign = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate"}

    page = await desk.get("/console/complaints?running=true", headers=foreign)
    api = await desk.get("/api/v1/complaints", headers=foreign)
    change = await desk.post("/console/complaints/new", data={"text": "x", "channel": "phone"}, headers=foreign)

    refused = site == "cross-site"
    assert page.status_code == 200
    assert api.status_code == (401 if refused else 200)
    assert change.status_code == (403 if refused else 200)


def _routes_with_bodies(world):
    """Every address of the API that takes a body."""
    nowhere = "00000000-0000-0000-0000-000000000001"
    found = set()
    for route in world.litestar.routes:
        for handler in getattr(route, "route_handlers", ()):
            if not isinstance(handler, HTTPRouteHandler) or handler.parsed_data_field is None:
                continue
            if route.path.startswith("/api/v1/"):
                path = "".join(
                    f"/{part if isinstance(part, str) else nowhere if part.type.__name__ == 'UUID' else '1'}"
                    for part in route.path_components
                )
                found |= {(method, path) for method in handler.http_methods if method != "OPTIONS"}
    return sorted(found)
