"""T30: the headers of every kind of answer, as a snapshot."""

import pytest

from support import PASSWORD

ALWAYS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "permissions-policy": "interest-cohort=()",
    "cross-origin-resource-policy": "same-origin",
}
PROBLEM = {"content-type": "application/problem+json", "cache-control": "no-store"}
VARYING = ("content-length", "ratelimit", "ratelimit-policy", "etag", "date")


def headers(answer):
    found = {name: value for name, value in answer.headers.items() if name not in VARYING}
    if "allow" in found:
        found["allow"] = ", ".join(sorted(found["allow"].split(", ")))
    return found


@pytest.mark.parametrize(
    ("path", "status", "own"),
    [
        ("/health/live", 200, {"content-type": "application/json"}),
        ("/health/ready", 200, {"content-type": "application/json"}),
        (
            "/api/v1/openapi.json",
            200,
            {"content-type": "application/vnd.oai.openapi+json", "cache-control": "no-cache"},
        ),
        ("/api/docs", 200, {"content-type": "text/html; charset=utf-8"}),
        ("/api/docs/style.css", 200, {"content-type": "text/css; charset=utf-8"}),
        ("/api/v1/me", 401, PROBLEM | {"www-authenticate": 'Bearer realm="guibin"'}),
        ("/nowhere", 404, PROBLEM),
    ],
)
async def test_what_anybody_gets(world, path, status, own):
    answer = await world.client().get(path)

    assert (answer.status_code, headers(answer)) == (status, ALWAYS | own)


@pytest.mark.parametrize(
    ("method", "path", "status", "own"),
    [
        ("get", "/api/v1/me", 200, {"content-type": "application/json", "cache-control": "private, no-store"}),
        ("get", "/api/v1/nowhere", 404, PROBLEM),
        ("put", "/api/v1/me", 405, PROBLEM | {"allow": "GET, OPTIONS"}),
        ("post", "/api/v1/complaints", 400, PROBLEM),
    ],
)
async def test_what_a_caller_gets(client, method, path, status, own):
    answer = await client.request(method, path)

    assert (answer.status_code, headers(answer)) == (status, ALWAYS | own)


@pytest.mark.parametrize(("scheme", "secure"), [("http", ""), ("https", "; Secure")])
async def test_a_session_is_a_cookie_no_script_reads_and_only_a_link_of_another_site_sends(
    world, tenant, scheme, secure
):
    await tenant.staff("li.wei")
    who = {"company": tenant.slug, "login": "li.wei", "password": PASSWORD}

    answer = await world.client().post(f"{scheme}://guibin.test/api/v1/sessions", json=who)

    cookies = [one.partition("; ") for one in answer.headers.get_list("set-cookie")]
    said = {value.partition("=")[0]: sorted(attributes.split("; ")) for value, _, attributes in cookies}
    everywhere = ["HttpOnly", *(["Secure"] if secure else [])]
    assert said == {
        "guibin_session": sorted([*everywhere, "SameSite=lax", "Path=/", "Max-Age=43200"]),
        "guibin_device": sorted([*everywhere, "SameSite=strict", "Path=/api/v1/sessions", "Max-Age=15552000"]),
    }
    tls = {"strict-transport-security": "max-age=31536000; includeSubDomains"} if secure else {}
    assert headers(answer) == ALWAYS | tls | {
        "content-type": "application/json",
        "cache-control": "private, no-store",
        "set-cookie": answer.headers["set-cookie"],
    }


async def test_no_answer_says_what_it_runs_on(world):
    answer = await world.client().get("/health/live")

    assert {"server", "x-powered-by", "via"} & set(answer.headers) == set()
