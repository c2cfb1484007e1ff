"""One's own sessions: seen and ended by their holder, locked when nobody uses them, gone on with by the same person's password."""

from datetime import timedelta

import pytest
from msgspec import structs

from guibin.administration.agents import named
from support import PASSWORD

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36"
PART = {"HX-Request-Type": "partial"}


@pytest.fixture
def idle(world, monkeypatch):
    """Sessions are locked after ten minutes."""
    middleware = world.litestar.state.scope_middleware
    monkeypatch.setattr(middleware, "bounds", structs.replace(middleware.bounds, idle_minutes=10))


@pytest.fixture
async def desk(tenant):
    return await tenant.staff("desk", "agent")


async def signed_in(world, tenant, login="desk", agent=CHROME):
    client = world.client(**{"User-Agent": agent})
    answer = await client.post("/api/v1/sessions", json={"company": tenant.slug, "login": login, "password": PASSWORD})
    client.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return client


def later(world, minutes):
    world.clock.set(world.clock() + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (CHROME, "Chrome · Windows"),
        (CHROME + " Edg/141.0", "Edge · Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Safari/604", "Safari · iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/130 Mobile MicroMessenger/8.0 wxwork/4.1", "WeCom · Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15) Gecko/20100101 Firefox/144.0", "Firefox · Mac"),
        ("", ""),
        ("somebody <script>", ""),
    ],
)
def test_a_browser_is_called_what_its_holder_calls_it(agent, words):
    assert named(agent) == words


async def test_one_sees_where_one_is_signed_in_and_nobody_else_does(world, tenant, desk):
    other = await signed_in(world, tenant)
    await tenant.staff("somebody", "agent")
    later(world, 5)

    mine = (await other.get("/api/v1/sessions")).json()

    assert [(one["device"], one["is_this"]) for one in mine] == [("Chrome · Windows", True), ("Python", False)]
    assert set(mine[0]) == {"id", "device", "address", "created_at", "used_at", "expires_at", "is_this"}
    page = (await other.get("/console/sessions", headers={"Accept-Language": "zh-CN"})).text
    assert "Chrome · Windows" in page
    assert "退出其他登录" in page
    assert (await (await tenant.client()).get("/api/v1/sessions")).status_code == 403


async def test_one_ends_one_or_all_others_and_nobody_elses(world, tenant, desk):
    second, third = await signed_in(world, tenant), await signed_in(world, tenant)
    somebody = await tenant.staff("somebody", "agent")
    theirs = (await somebody.get("/api/v1/sessions")).json()[0]["id"]
    mine = {one["is_this"]: one["id"] for one in (await second.get("/api/v1/sessions")).json()}

    refused = await desk.delete(f"/api/v1/sessions/{theirs}")
    gone = await desk.delete(f"/api/v1/sessions/{mine[True]}")
    others = await desk.delete("/api/v1/sessions/others")

    assert (refused.status_code, gone.status_code, others.json()) == (404, 204, {"ended": 1})
    assert [(await one.get("/api/v1/me")).status_code for one in (desk, second, third, somebody)] == [
        200,
        401,
        401,
        200,
    ]
    admin = await tenant.client()
    entries = (await admin.get("/api/v1/audit-entries", params={"action": "session.end"})).json()["items"]
    assert [entry["actor_name"] for entry in entries] == ["desk", "desk"]


async def test_a_page_ends_a_session_too(world, tenant, desk):
    other = await signed_in(world, tenant)
    session_id = next(one["id"] for one in (await desk.get("/api/v1/sessions")).json() if not one["is_this"])

    answer = await desk.post(f"/console/sessions/{session_id}/end")

    assert answer.status_code == 200
    assert (await other.get("/api/v1/me")).status_code == 401


async def test_a_session_nobody_uses_opens_nothing_until_the_password_is_told(world, tenant, desk, idle):
    later(world, 11)

    api = await desk.get("/api/v1/me")
    page = await desk.get("/console/complaints?running=true")
    part = await desk.post("/console/complaints/new", data={"text": "x", "channel": "phone"}, headers=PART)
    asked = await desk.get(page.headers["location"], headers={"Accept-Language": "zh-CN"})
    wrong = await desk.post("/console/unlock", data={"password": "another horse"}, headers=PART)
    still = await desk.get("/api/v1/me")
    right = await desk.post("/console/unlock?next=/console/complaints", data={"password": PASSWORD}, headers=PART)

    assert (api.status_code, api.json()["type"]) == (401, "/problems/session-locked")
    assert (page.status_code, page.headers["location"]) == (
        303,
        "/console/unlock?next=/console/complaints%3Frunning%3Dtrue",
    )
    assert (part.status_code, part.headers["x-guibin-session"]) == (401, "locked")
    assert "屏幕已锁" in asked.text
    assert (wrong.status_code, still.status_code) == (422, 401)
    assert (right.status_code, right.headers["hx-redirect"]) == (200, "/console/complaints")
    assert (await desk.get("/api/v1/me")).status_code == 200


async def test_whoever_does_something_is_not_locked_out_and_what_a_page_asks_by_itself_does_not_count(
    world, tenant, desk, idle
):
    other = await signed_in(world, tenant)
    for _ in range(2):
        later(world, 6)
        await desk.post("/console/awake")
        await other.get("/api/v1/me", headers={"X-Guibin-Passive": "1"})

    assert [(await one.get("/api/v1/me")).status_code for one in (desk, other)] == [200, 401]


async def test_the_company_says_how_long_and_only_an_admin_of_all_of_it(world, tenant, desk, idle):
    await tenant.unit("east")
    admin, local = await tenant.staff("admin", "tenant_admin"), await tenant.staff("local", "tenant_admin", unit="east")
    refused = [await one.put("/api/v1/sign-in-rules", json={"idle_minutes": 60}) for one in (desk, local)]
    senseless = await admin.put("/api/v1/sign-in-rules", json={"idle_minutes": 1})
    said = await admin.put("/api/v1/sign-in-rules", json={"idle_minutes": 60})
    later(world, 30)
    after_half_an_hour = await desk.get("/api/v1/me")
    later(world, 61)

    assert [one.status_code for one in refused] == [403, 403]
    assert (senseless.status_code, said.json()["idle_minutes"]) == (400, 60)
    assert (after_half_an_hour.status_code, (await desk.get("/api/v1/me")).status_code) == (200, 401)


async def test_somebody_locks_their_screen_and_no_other(world, tenant, desk):
    other = await signed_in(world, tenant)

    await desk.post("/console/lock")

    assert [(await one.get("/api/v1/me")).status_code for one in (desk, other)] == [401, 200]
    assert (await desk.delete("/api/v1/sessions")).status_code == 204


async def test_who_only_has_the_cookie_neither_locks_nor_unlocks(desk):
    del desk.headers["X-CSRF-Token"]

    assert (await desk.post("/console/lock")).status_code == 403
    assert (await desk.get("/api/v1/me")).status_code == 200


async def test_a_guessed_password_shuts_the_screen_for_a_while(desk):
    await desk.post("/console/lock")

    answers = [await desk.post("/console/unlock", data={"password": f"guess number {n}"}) for n in range(12)]
    right = await desk.post("/console/unlock", data={"password": PASSWORD})

    assert answers[0].status_code == 422
    assert (answers[-1].status_code, right.status_code) == (429, 429)
