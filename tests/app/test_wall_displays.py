"""A wall's screen: opened once by a code, shows the board of one unit, and goes dark when its right ends in whatever way."""

from datetime import timedelta

import asyncpg
import pytest
from msgspec import structs

from guibin_tenants import registry
from guibin_tenants.scope import fetch
from support import on_a_wall

ZH = {"Accept-Language": "zh-CN"}
CODE = "/console/wall/code"


@pytest.fixture
async def lead(tenant):
    await tenant.unit("outlet")
    await tenant.unit("other")
    return await tenant.staff("lead", "manager")


@pytest.fixture
async def admin(tenant):
    return await tenant.staff("admin", "tenant_admin")


async def shows(screen):
    answer = await screen.get("/console/wall", headers=ZH)
    return answer.status_code == 200 and "g-wall" in answer.text


async def test_the_screen_shows_counts_and_whose_name_it_has_and_no_customer(tenant, lead, client):
    customer = await client.post("/api/v1/customers", json={"number": "1", "kind": "leader", "name": "欧阳明珠"})
    assert customer.status_code == 201, customer.text
    body = {"customer_id": customer.json()["id"], "channel": "phone", "text": "没有信号", "level": "1"}
    complaint = await client.post("/api/v1/complaints", json=body)
    assert complaint.status_code == 201, complaint.text
    screen = await on_a_wall(tenant, lead)

    page = (await screen.get("/console/wall", headers=ZH)).text
    board = (await lead.get("/console/board", headers=ZH)).text

    assert "欧阳明珠" not in page
    assert ">1</b>" in page
    assert ">1</b>" in board
    assert "大厅东墙" in page
    assert "/console/customers" not in page


async def test_a_code_opens_once_within_the_hour_and_at_its_own_company_alone(world, tenant, lead):
    body = {"name": "东墙", "ends_on": "2026-04-01"}
    first, second = [(await lead.post("/api/v1/wall-displays", json=body)).json()["code"] for _ in range(2)]
    other = await world.tenant()

    async def told(code, company=tenant):
        return (await world.client().post(CODE, data={"company": company.slug, "code": code})).status_code

    assert await told(first, other) == 422
    assert await told(first.lower().replace("-", " ")) == 303
    assert await told(first) == 422
    world.clock.set(world.clock() + timedelta(minutes=61))
    assert await told(second) == 422
    assert await told("nonsense") == 422


async def test_it_does_not_idle_out_and_ends_on_its_day(world, tenant, lead, monkeypatch):
    middleware = world.litestar.state.scope_middleware
    monkeypatch.setattr(middleware, "bounds", structs.replace(middleware.bounds, idle_minutes=10))
    screen = await on_a_wall(tenant, lead, ends_on="2026-03-05")

    world.clock.set(world.clock() + timedelta(days=3, hours=13))
    middleware.remembered.forget_all()
    last_evening = await shows(screen)
    world.clock.set(world.clock() + timedelta(hours=2))
    middleware.remembered.forget_all()

    assert last_evening
    gone = await screen.get("/console/wall")
    assert (gone.status_code, gone.headers["location"]) == (303, CODE)


@pytest.mark.parametrize(
    "how", ["by hand", "by an admin", "left", "lost the right", "moved away", "dissolved", "suspended"]
)
async def test_it_goes_dark_when_its_right_ends(world, tenant, lead, admin, how):
    outlet = str(tenant.units["outlet"])
    screen = await on_a_wall(tenant, lead, org_unit_id=outlet)
    before = await shows(screen)

    person = f"/api/v1/staff/{lead.staff_id}"
    if how in ("by hand", "by an admin"):
        ender = lead if how == "by hand" else admin
        answer = await ender.delete(f"/api/v1/wall-displays/{screen.display_id}")
    elif how == "left":
        answer = await admin.post(f"{person}/leaving", json={})
    elif how == "lost the right":
        answer = await admin.patch(person, json={"roles": ["agent"]})
    elif how == "moved away":
        answer = await admin.patch(person, json={"org_unit_id": str(tenant.units["other"])})
    elif how == "dissolved":
        body = {"successor_id": str(tenant.units["other"]), "reason": "merged"}
        answer = await admin.post(f"/api/v1/org-units/{outlet}/dissolution", json=body)
    else:
        owner = await asyncpg.connect(world.owner_url)
        await registry.suspend(owner, tenant.slug, because="unpaid", now=world.clock())
        await owner.close()
        world.litestar.state.scope_middleware.remembered.forget_all()
        answer = None

    assert answer is None or answer.status_code < 300, answer.text
    assert (before, await shows(screen)) == (True, False)


async def test_it_shows_its_unit_alone_and_nobody_shows_more_than_they_see(tenant, client):
    outlet, other = await tenant.unit("outlet"), await tenant.unit("other")
    lead = await tenant.staff("lead", "manager", unit="outlet")

    def asked(unit):
        return {"name": "墙", "ends_on": "2026-04-01", "org_unit_id": unit and str(unit)}

    own, beyond, whole = [await lead.post("/api/v1/wall-displays", json=asked(unit)) for unit in (outlet, other, None)]
    key = await client.post("/api/v1/wall-displays", json=asked(outlet))

    assert [answer.status_code for answer in (own, beyond, whole, key)] == [201, 403, 201, 403]
    shown = (await lead.get("/api/v1/wall-displays")).json()
    assert [each["org_unit_id"] for each in shown] == [str(outlet)] * 2


@pytest.mark.parametrize("day", ["2026-03-01", "2027-03-10"])
async def test_a_day_past_or_too_far_is_refused_at_its_field(lead, day):
    answer = await lead.post("/api/v1/wall-displays", json={"name": "墙", "ends_on": day})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "ends_on")


async def test_admins_find_it_among_the_sessions_and_a_colleague_does_not(tenant, lead, admin):
    screen = await on_a_wall(tenant, lead)
    colleague = await tenant.staff("colleague", "manager")

    assert "大厅东墙" in (await admin.get(f"/console/sign-ins/{lead.staff_id}", headers=ZH)).text
    assert [each["id"] for each in (await admin.get("/api/v1/wall-displays")).json()] == [screen.display_id]
    assert (await colleague.get("/api/v1/wall-displays")).json() == []
    assert (await colleague.delete(f"/api/v1/wall-displays/{screen.display_id}")).status_code == 404


async def test_what_was_made_opened_and_ended_is_on_record_among_the_sign_ins(tenant, lead):
    screen = await on_a_wall(tenant, lead)
    await lead.delete(f"/api/v1/wall-displays/{screen.display_id}")
    auditor = await tenant.staff("auditor", "auditor")

    found = (await auditor.get("/api/v1/rights-changes?kind=sign_in")).json()["items"]

    opened = next(each for each in found if each["action"] == "display.open")
    pages = [await auditor.get(path, headers=ZH) for path in ("/console/rights", f"/console/looks/{opened['id']}")]

    wall = [
        (each["action"], each["actor_kind"], each["whom"]) for each in found if each["action"].startswith("display.")
    ]
    assert wall == [
        ("display.end", "staff", "大厅东墙"),
        ("display.open", "display", "大厅东墙"),
        ("display.create", "staff", "大厅东墙"),
    ]
    assert [page.status_code for page in pages] == [200, 200]
    assert "<dd>大屏</dd>" in pages[1].text


async def test_it_writes_nothing_not_even_with_the_word_of_its_page(tenant, lead):
    screen = await on_a_wall(tenant, lead)

    answer = await screen.post("/console/look", headers={"X-CSRF-Token": ""}, data={"guibin_theme": "dark"})
    refused = await screen.post("/api/v1/complaints", json={})

    assert answer.status_code < 400
    assert (refused.status_code, "shows the board" in refused.text) == (403, True)
    async with tenant.scope():
        (row,) = await fetch("select used_at, opened_at from wall_display")
    assert row["used_at"] == row["opened_at"]
