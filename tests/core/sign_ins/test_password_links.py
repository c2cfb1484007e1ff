"""A password is chosen by a link that came by mail: once, in time, by nobody else, and nobody learns who has an account."""

import re
from datetime import timedelta

import asyncpg
import httpx
import pyotp
import pytest
from running import work_off

from guibin.app import password_links
from guibin.web import signed_links
from guibin_tenants import registry
from guibin_tenants.keys import hands_of
from guibin_tenants.principals import Principal
from guibin_tenants.scope import fetch, fetch_value, tenant_scope
from guibin_tenants.tables import new_id
from support import PASSWORD

NEW, OTHER = "another horse battery", "yellow tram under snow"
FORGOTTEN, INVITATIONS = "/api/v1/password-resets", "/api/v1/staff/invitations"
SOMEBODY = {"login": "li.wei", "name": "李伟", "roles": ["agent"], "email": "li.wei@company.example"}


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(password_links, "ANSWERED_AFTER_S", 0)


@pytest.fixture
async def admin(tenant):
    return await tenant.staff("admin", "tenant_admin")


@pytest.fixture
async def owner(database):
    connection = await asyncpg.connect(database.owner)
    yield connection
    await connection.close()


def links_in(mailbox):
    return [re.search(r"http://vip\.example\.com(/p/\S+)", each.get_content())[1] for each in mailbox.mails]


async def link_by_mail(tenant, mailbox):
    await work_off(tenant)
    return links_in(mailbox)[-1]


async def choose(world, path, password=NEW, again=None):
    sent = {"password": password, "again": again or password}
    return (await world.client().post(path, data=sent)).status_code


async def sign_in(world, tenant, password, login="li.wei"):
    body = {"company": tenant.slug, "login": login, "password": password}
    return await world.client().post("/api/v1/sessions", json=body)


async def with_address(tenant, login="li.wei", *roles):
    person = await tenant.staff(login, *(roles or ("agent",)))
    path = f"/api/v1/staff-addresses/{person.staff_id}"
    assert (await person.put(path, json={"email": f"{login}@company.example"})).status_code == 200
    return person


async def actions_on_record(tenant, *wanted):
    entries = (await (await tenant.client()).get("/api/v1/audit-entries", params={"limit": 200})).json()["items"]
    return [entry["action"] for entry in reversed(entries) if entry["action"] in wanted]


async def test_an_invitation_is_mailed_and_opens_once(world, tenant, admin, mail):
    invited = await admin.post(INVITATIONS, json=SOMEBODY)
    path = await link_by_mail(tenant, mail)
    page = await world.client().get(path, headers={"Accept-Language": "zh-CN"})
    before = await sign_in(world, tenant, NEW)
    chosen, again = await choose(world, path), await choose(world, path, OTHER)
    signed_in = await sign_in(world, tenant, NEW)

    assert (invited.status_code, invited.json()["email"]) == (202, "l***@company.example")
    (sent,) = mail.mails
    assert (sent["To"], tenant.slug in sent.get_content(), "li.wei" in sent.get_content()) == (
        "li.wei@company.example",
        True,
        True,
    )
    assert (page.status_code, "至少 12 个字符" in page.text, page.headers["cache-control"]) == (
        200,
        True,
        "private, no-store",
    )
    assert "script-src" not in page.headers["content-security-policy"]
    assert (before.status_code, chosen, again) == (401, 200, 410)
    assert (signed_in.status_code, signed_in.json()["owes"]) == (201, "")
    assert (await sign_in(world, tenant, OTHER)).status_code == 401
    noted = await actions_on_record(tenant, "staff.add", "staff.password_link", "staff.password_by_link")
    assert noted == ["staff.add", "staff.password_link", "staff.password_by_link"]


async def test_a_reset_ends_every_session_and_leaves_the_second_factor(world, tenant, admin, mail):
    person = await with_address(tenant)
    app = pyotp.TOTP((await person.post("/api/v1/me/second-factor")).json()["secret"])
    code = app.at(int(world.clock().timestamp()))
    await person.post("/api/v1/me/second-factor/confirmation", json={"code": code})

    sent = await admin.post(f"/api/v1/staff/{person.staff_id}/password-links")
    still = (await person.get("/api/v1/me")).status_code
    path = await link_by_mail(tenant, mail)
    chosen = await choose(world, path)
    answer = await sign_in(world, tenant, NEW)

    assert (sent.status_code, still, chosen) == (202, 200, 200)
    assert (await person.get("/api/v1/me")).status_code == 401
    assert (answer.json()["owes"], (await sign_in(world, tenant, PASSWORD)).status_code) == ("second_factor", 401)


async def test_whoever_forgot_it_and_whoever_is_nobody_are_answered_the_same(world, tenant, mail):
    await with_address(tenant)
    await tenant.staff("no.address", "agent")
    asked = [(tenant.slug, "li.wei"), (tenant.slug, "nobody"), (tenant.slug, "no.address"), ("no-company", "li.wei")]
    answers = [await world.client().post(FORGOTTEN, json={"company": c, "login": login}) for c, login in asked]
    pages = [
        await world.client().post("/console/sign-in/forgotten", data={"company": c, "login": login})
        for c, login in asked
    ]
    path = await link_by_mail(tenant, mail)
    form = await world.client().get("/console/sign-in/forgotten")

    assert (form.status_code, 'name="login"' in form.text) == (200, True)
    assert {(each.status_code, each.text) for each in answers} == {(204, "")}
    assert {each.status_code for each in pages} == {200}
    assert len({each.text.replace(c, "") for each, (c, _) in zip(pages, asked, strict=True)}) == 1
    assert [each["To"] for each in mail.mails] == ["li.wei@company.example"] * 2
    assert (await choose(world, path), (await sign_in(world, tenant, NEW)).status_code) == (200, 201)
    # Three logins of this company, twice each; what a stranger typed stands nowhere.
    assert await actions_on_record(tenant, "session.forgotten") == ["session.forgotten"] * 6
    async with tenant_scope(tenant.id):
        jobs = await fetch("select payload::text as said from job where kind = 'mail_link'")
    assert not any("nobody" in row["said"] for row in jobs)


async def test_the_work_for_an_account_and_for_nobody_is_the_same(world, tenant, mail):
    await with_address(tenant)
    async with tenant_scope(tenant.id):
        before = await fetch_value("select count(*) from job where kind = 'mail_link'")
    for login in ("li.wei", "nobody"):
        await world.client().post(FORGOTTEN, json={"company": tenant.slug, "login": login})

    async with tenant_scope(tenant.id):
        assert await fetch_value("select count(*) from job where kind = 'mail_link'") == before + 2


async def asks(world, tenant, login, address, times=1):
    """Somebody at that address forgot the password of a login; what each time was answered."""
    transport = httpx.ASGITransport(app=world.app, client=(address, 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://guibin.test") as stranger:
        body = {"company": tenant.slug, "login": login}
        return [(await stranger.post(FORGOTTEN, json=body)).status_code for _ in range(times)]


@pytest.mark.parametrize(("login", "mails"), [("li.wei", 3), ("nobody", 0)])
async def test_asking_is_bounded_for_a_login_whether_or_not_it_has_somebody(world, tenant, mail, login, mails):
    await with_address(tenant)
    said = await asks(world, tenant, login, "198.51.100.7", times=4)
    await work_off(tenant)

    assert said == [204] * 3 + [429]
    assert len(mail.mails) == mails


async def test_a_stranger_does_not_use_up_what_the_holder_may_ask(world, tenant, mail):
    await with_address(tenant)
    at_home = world.client()
    await at_home.post("/console/sign-in", data={"company": tenant.slug, "login": "li.wei", "password": PASSWORD})
    asked = {"company": tenant.slug, "login": "li.wei"}
    strangers = await asks(world, tenant, "li.wei", "198.51.100.7", times=6)
    elsewhere = await asks(world, tenant, "li.wei", "203.0.113.9")
    crowd = [await asks(world, tenant, "li.wei", f"192.0.2.{place}", times=3) for place in range(5)]
    known = [(await at_home.post("/console/sign-in/forgotten", data=asked)).status_code for _ in range(4)]
    await work_off(tenant)

    assert (strangers, elsewhere) == ([204] * 3 + [429] * 3, [204])
    assert [code for each in crowd for code in each] == [204] * 11 + [429] * 4
    assert known == [200] * 3 + [429]
    assert len(mail.mails) == 18


async def test_a_link_is_over_in_time_and_void_when_anything_changed_since(world, tenant, admin, mail):
    person = await with_address(tenant)
    ask = f"/api/v1/staff/{person.staff_id}/password-links"

    async def fresh():
        assert (await admin.post(ask)).status_code == 202
        path = await link_by_mail(tenant, mail)
        world.clock.set(world.clock() + timedelta(minutes=1))
        return path

    own = await fresh()
    await person.put("/api/v1/me/password", json={"present": PASSWORD, "new": OTHER})
    by_admin = await fresh()
    await admin.post(f"/api/v1/staff/{person.staff_id}/password", json={"password": "warm stone river bridge"})
    moved = await fresh()
    await admin.put(f"/api/v1/staff-addresses/{person.staff_id}", json={"email": "new@company.example"})
    no_address = await fresh()
    await admin.delete(f"/api/v1/staff-addresses/{person.staff_id}")
    await admin.put(f"/api/v1/staff-addresses/{person.staff_id}", json={"email": "new@company.example"})
    first, second = await fresh(), await fresh()
    twin = (await choose(world, second), await choose(world, first, OTHER))
    late = await fresh()
    world.clock.set(world.clock() + timedelta(hours=4))

    assert [await choose(world, path) for path in (own, by_admin, moved, no_address)] == [410] * 4
    assert (twin, await choose(world, late, OTHER)) == ((200, 410), 410)


async def test_whoever_left_chooses_nothing(world, tenant, admin, mail):
    person = await with_address(tenant)
    await admin.post(f"/api/v1/staff/{person.staff_id}/password-links")
    path = await link_by_mail(tenant, mail)
    await admin.post(f"/api/v1/staff/{person.staff_id}/leaving", json={})

    assert await choose(world, path) == 410


@pytest.mark.parametrize("weak", ["short", "password1234", "li.wei-li.wei-li.wei"])
async def test_a_weak_password_leaves_the_link_as_it_is(world, tenant, admin, mail, weak):
    await admin.post(INVITATIONS, json=SOMEBODY)
    path = await link_by_mail(tenant, mail)

    refused, differ = await choose(world, path, weak), await choose(world, path, NEW, OTHER)

    assert (refused, differ, (await sign_in(world, tenant, weak)).status_code) == (422, 422, 401)
    assert await choose(world, path) == 200


async def test_a_link_of_one_company_opens_nothing_of_another_and_none_is_made_up(world, tenant, admin, mail):
    other = await world.tenant()
    await admin.post(INVITATIONS, json=SOMEBODY)
    path = await link_by_mail(tenant, mail)
    link = signed_links.parse(path.removeprefix("/p/"))
    async with tenant_scope(other.id):
        there = await signed_links.issue(link.invitation_id, link.expires_at, purpose="password-link")
    async with tenant_scope(tenant.id):
        survey = await signed_links.issue(link.invitation_id, link.expires_at, purpose="survey-link")
        longer = await signed_links.issue(new_id(), link.expires_at, purpose="password-link")
    swapped = path[:25] + ("A" if path[25] != "A" else "B") + path[26:]

    forged = [f"/p/{there}", f"/p/{survey}", f"/p/{longer}", swapped]

    assert [await choose(world, each) for each in forged] == [404] * 4
    assert await choose(world, path) == 200


async def test_without_mail_it_is_said_and_a_password_is_set_as_ever(world, tenant, admin, public):
    person = await with_address(tenant)

    invited = await admin.post(INVITATIONS, json=SOMEBODY | {"login": "zhao"}, headers={"Accept-Language": "zh-CN"})
    page = await admin.post(
        "/console/sign-ins/invitations", data=SOMEBODY | {"login": "zhao"}, headers={"Accept-Language": "zh-CN"}
    )
    reset = await admin.post(f"/api/v1/staff/{person.staff_id}/password-links")
    by_hand = await admin.post(f"/api/v1/staff/{person.staff_id}/password", json={"password": NEW})

    assert [(each.status_code, each.json()["type"]) for each in (invited, reset)] == [(409, "/problems/no-mail")] * 2
    assert (page.status_code, "没有可用的邮件通道" in page.text) == (409, True)
    assert (by_hand.status_code, (await sign_in(world, tenant, NEW)).json()["owes"]) == (204, "password")
    assert [one["login"] for one in (await admin.get("/api/v1/staff")).json()] == ["admin", "li.wei"]


async def test_an_admin_takes_no_account_that_holds_more_by_its_address(tenant, admin, mail):
    auditor = await tenant.staff("auditor", "auditor")
    address = f"/api/v1/staff-addresses/{auditor.staff_id}"

    written = await admin.put(address, json={"email": "mine@evil.example"})
    sent = await admin.post(f"/api/v1/staff/{auditor.staff_id}/password-links")
    own = await admin.post(f"/api/v1/staff/{admin.staff_id}/password-links")

    assert (written.status_code, sent.status_code, own.status_code) == (403, 403, 403)
    assert (await auditor.put(address, json={"email": "a@company.example"})).status_code == 200
    assert (await admin.delete(address)).status_code == 403


async def test_whoever_wrote_the_address_is_one_party_with_the_account(world, tenant, admin, mail):
    person = await tenant.staff("li.wei", "agent")
    await admin.put(f"/api/v1/staff-addresses/{person.staff_id}", json={"email": "mine@evil.example"})
    await world.client().post(FORGOTTEN, json={"company": tenant.slug, "login": "li.wei"})
    path = await link_by_mail(tenant, mail)
    assert await choose(world, path) == 200

    async with tenant_scope(tenant.id):
        holder = Principal(kind="staff", id=person.staff_id, name="li.wei", permissions=frozenset())
        near = await hands_of(holder, now=world.clock())
        told = await fetch("select staff_id from staff_notice where kind = 'password_set'")

    assert admin.staff_id in near
    assert [row["staff_id"] for row in told] == [person.staff_id]
    assert (await sign_in(world, tenant, NEW)).json()["owes"] == ""


async def test_by_page_an_admin_invites_and_sends(tenant, admin, mail):
    admin.headers["Accept-Language"] = "zh-CN"
    person = await with_address(tenant)
    form = await admin.get("/console/sign-ins/invitations")
    sent = await admin.post("/console/sign-ins/invitations", data=SOMEBODY | {"login": "zhao"})
    wrong = await admin.post("/console/sign-ins/invitations", data=SOMEBODY | {"email": "nobody"})
    link = await admin.post(f"/console/sign-ins/{person.staff_id}/do/send_link")
    await work_off(tenant)

    assert ("邮箱" in form.text, sent.status_code, wrong.status_code, link.status_code) == (True, 200, 422, 200)
    assert len(links_in(mail)) == 2


async def test_the_page_of_ones_own_password_says_what_is_wrong_with_the_new_one(tenant):
    person = await tenant.staff("li.wei", "agent")
    person.headers["Accept-Language"] = "zh-CN"

    said = [
        (await person.post("/console/password", data={"present": present, "new": new})).text
        for present, new in ((PASSWORD, "short"), (PASSWORD, "password1234"), ("wrong horse battery", NEW))
    ]

    assert [text.count("g-error") for text in said] == [1, 1, 1]
    assert ["至少 12 个字" in said[0], "太容易猜到" in said[1], "与现在的密码不符" in said[2]] == [True] * 3


async def test_of_a_suspended_company_no_link_is_sent_and_none_opens(world, tenant, admin, mail, owner):
    await with_address(tenant)
    await admin.post(INVITATIONS, json=SOMEBODY | {"login": "zhao"})
    path = await link_by_mail(tenant, mail)
    await registry.suspend(owner, tenant.slug, because="unpaid", now=world.clock())

    asked = await world.client().post(FORGOTTEN, json={"company": tenant.slug, "login": "li.wei"})
    async with tenant_scope(tenant.id):
        jobs = await fetch_value("select count(*) from job where kind = 'mail_link'")

    assert (asked.status_code, jobs, await choose(world, path)) == (204, 0, 404)
