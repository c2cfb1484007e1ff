"""After a company was erased: each of its addresses says so with 410 in the reader's language, and nobody else's does."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from addresses import addresses

from guibin.activities import links as activity_links
from guibin.app.provider_pages import GOING
from guibin.operation import erasure
from guibin.sign_ins import links as password_links
from guibin.surveys import links as survey_links
from guibin.web import signed_links
from guibin_tenants import registry
from guibin_tenants.tables import new_id
from support import PASSWORD

PARAMETER = re.compile(r"\{[^}]+\}")
KIND = "/problems/company-erased"
SAID = {"zh-CN": "已全部删除", "en": "was erased"}


@pytest.fixture
def erase(world, owner):
    async def run(company):
        now = world.clock()
        await registry.suspend(owner, company.slug, because="合同终止", now=now)
        await erasure.erase(owner, company.slug, by="operator", now=now + timedelta(minutes=1))
        world.litestar.state.scope_middleware.remembered.forget_all()  # Remembered for two seconds otherwise.

    return run


async def test_every_address_says_so_to_its_keys_and_sessions(world, tenant, other_tenant, erase):
    key, person = await tenant.client(), await tenant.staff("admin", "tenant_admin")
    neighbour = await other_tenant.client()
    served = [(await one.get("/api/v1/me")).status_code for one in (key, person)]
    await erase(tenant)

    answers = {}
    for method, pattern in addresses(world, "/api/v1/", "/scim/"):
        path = PARAMETER.sub(lambda _: str(uuid4()), pattern)
        for client in (key, person) if path.startswith("/api/") else (person,):
            answer = await client.request(method, path, json=None if method == "GET" else {})
            answers[method, path, client is key] = answer
    directory = await key.get("/scim/v2/Users")

    api = [answer for (_, path, _), answer in answers.items() if path.startswith("/api/")]
    assert served == [200, 200]
    assert len(answers) > 1500
    assert {where: one.status_code for where, one in answers.items() if one.status_code != 410} == {}
    assert {one.json()["type"] for one in api} == {KIND}
    assert (directory.status_code, directory.json()["status"]) == (410, "410")
    assert (await neighbour.get("/api/v1/me")).status_code == 200


@pytest.mark.parametrize("language", list(SAID))
async def test_pages_of_people_and_guests_say_it_in_a_sentence(world, tenant, erase, language):
    person = await tenant.staff("admin", "tenant_admin")
    until = world.clock() + timedelta(days=1)
    async with tenant.scope():
        token = await signed_links.issue(new_id(), until, purpose="survey")
    browser, state = world.client(), f"{tenant.id.hex}rest"
    browser.cookies.set(GOING, f"{state}::", path="/console/sign-in/provider")
    guests = [path + token for path in (survey_links.PATH, password_links.PATH, *activity_links.PATHS.values())]
    before = [(await browser.get(path)).status_code for path in guests]
    await erase(tenant)

    said = {"accept-language": language}
    shown = [
        await person.get("/console/", headers=said),
        await browser.post(
            "/console/sign-in", data={"company": tenant.slug, "login": "a", "password": "b"}, headers=said
        ),
        await browser.post("/console/sign-in/forgotten", data={"company": tenant.slug, "login": "a"}, headers=said),
        await browser.get("/console/sign-in/provider/going", params={"company": tenant.slug}, headers=said),
        await browser.get("/console/sign-in/provider/back", params={"state": state, "code": "c"}, headers=said),
        *[await browser.get(path, headers=said) for path in guests],
        *[await browser.post(path, data={}, headers=said) for path in guests],
    ]

    assert 410 not in before
    assert [(str(one.url), one.status_code) for one in shown if one.status_code != 410] == []
    assert [str(one.url) for one in shown if SAID[language] not in one.text] == []


async def test_signing_in_by_its_code_says_so_and_an_unknown_code_as_before(world, tenant, erase):
    person = await tenant.staff("admin", "tenant_admin")
    browser, who = world.client(), {"login": "admin", "password": PASSWORD}
    await erase(tenant)

    async def asked(slug):
        return [
            await browser.post("/api/v1/sessions", json=who | {"company": slug}),
            await browser.post("/api/v1/sessions/passkey/challenges", json={"company": slug}),
            await browser.post("/api/v1/password-resets", json={"company": slug, "login": "admin"}),
        ]

    gone, unknown = await asked(tenant.slug), await asked("no-such-company")
    left = await person.delete("/api/v1/sessions")

    assert [(one.status_code, one.json()["type"]) for one in gone] == [(410, KIND)] * 3
    assert 410 not in [one.status_code for one in unknown]
    # Whoever leaves is let go: the browser forgets the session.
    assert left.status_code == 204
