"""Which company somebody is of who is not signed in: by a mail address, by the company's own host, and never another's by either."""

import pytest
from litestar.routes import HTTPRoute

from guibin.app import companies
from guibin_tenants import registry
from guibin_tenants.refusals import Conflict, Invalid, NotFound
from guibin_tenants.tables import new_id
from support import PASSWORD


@pytest.fixture(autouse=True)
def read_at_once(monkeypatch):
    """No domain is written down seconds before."""
    monkeypatch.setattr(companies, "REMEMBERED_FOR_S", 0.0)


@pytest.fixture
async def hetian(owner, tenant):
    """A company with a domain for its mail and a host of its own."""
    domain = f"hetian-{new_id().hex[-8:]}.example"
    for each in (domain, f"vip.{domain}"):
        await registry.add_domain(owner, tenant.slug, each)
    tenant.domain, tenant.host = domain, {"Host": f"vip.{domain}"}
    return tenant


@pytest.fixture
async def other(world):
    return await world.tenant()


async def sign_in(client, login, password=PASSWORD, company=None, headers=None):
    body = {"login": login, "password": password} | ({} if company is None else {"company": company})
    return await client.post("/api/v1/sessions", json=body, headers=headers)


async def test_a_domain_is_one_companys_and_goes_again(owner, hetian, other):
    with pytest.raises(Conflict):
        await registry.add_domain(owner, other.slug, hetian.domain.upper() + ".")
    for wrong in ("", "localhost", "10.0.0.1", "a b.example", "-a.example", "*.example", "a." * 127 + "example"):
        with pytest.raises(Invalid):
            await registry.add_domain(owner, other.slug, wrong)
    again = await registry.add_domain(owner, hetian.slug, hetian.domain)
    gone = await registry.remove_domain(owner, hetian.slug, f"VIP.{hetian.domain}")
    with pytest.raises(NotFound):
        await registry.remove_domain(owner, other.slug, hetian.domain)
    await registry.remove_domain(owner, hetian.slug, hetian.domain)
    taken = await registry.add_domain(owner, other.slug, hetian.domain)

    assert again.domains == tuple(sorted((hetian.domain, f"vip.{hetian.domain}")))
    assert (gone.domains, taken.domains) == ((hetian.domain,), (hetian.domain,))


async def test_a_mail_address_tells_the_company(world, hetian, other):
    await hetian.staff("wang", "agent")
    await hetian.staff(f"li@{hetian.domain}", "agent")
    await other.staff("wang", "agent")
    short, whole = [await sign_in(world.client(), f"{name}@{hetian.domain}") for name in ("wang", "li")]
    loud = await sign_in(world.client(), f"wang@{hetian.domain.upper()}")
    named = await sign_in(world.client(), f"wang@{hetian.domain}", company=hetian.slug)
    elsewhere = await sign_in(world.client(), f"wang@{hetian.domain}", company=other.slug)

    assert [each.status_code for each in (short, whole, loud, named, elsewhere)] == [201, 201, 201, 201, 401]
    assert [each.json()["staff"]["login"] for each in (short, whole, loud)] == ["wang", f"li@{hetian.domain}", "wang"]


async def test_a_stranger_learns_nothing_of_companies_or_people(world, hetian):
    await hetian.staff("wang", "agent")
    logins = (f"wang@{hetian.domain}", f"nobody@{hetian.domain}", "wang@nowhere.example", "wang", "@", "wang@")
    answers = [await sign_in(world.client(), login, "not the password") for login in logins]
    pages = [
        await world.client().post("/console/sign-in", data={"company": "", "login": login, "password": "not it"})
        for login in logins
    ]

    assert {(each.status_code, each.text) for each in answers} == {(401, answers[0].text)}
    shown = {(page.status_code, page.text.replace(login, "")) for page, login in zip(pages, logins, strict=True)}
    assert {status for status, _ in shown} == {401}
    assert all(hetian.slug not in text for _, text in shown)


@pytest.mark.parametrize("domain", ["qq.com", "163.com", "GMAIL.com.", "vip.qq.com", "mail.126.com"])
async def test_a_domain_where_anybody_gets_a_mail_address_is_no_companys(owner, other, domain):
    with pytest.raises(Invalid) as refused:
        await registry.add_domain(owner, other.slug, domain)

    assert [each.rule for each in refused.value.fields] == ["a domain that is the company's own"]
    assert (await registry.by_slug(owner, other.slug)).domains == ()


@pytest.mark.parametrize("page", ["forgotten", "passkey"])
async def test_at_its_own_host_no_page_asks_which_company(world, hetian, page):
    there = (await world.client(**hetian.host).get(f"/console/sign-in/{page}")).text
    elsewhere = (await world.client().get(f"/console/sign-in/{page}")).text

    assert ('id="own"' in there, 'id="company"' in there) == (True, False)
    assert ('id="own"' in elsewhere, 'id="company"' in elsewhere) == (False, True)


async def test_at_its_own_host_a_company_need_not_be_named(world, hetian):
    await hetian.staff("wang", "agent")
    stranger = world.client()
    page = await stranger.get("/console/sign-in", headers=hetian.host)
    answer = await sign_in(stranger, "wang", headers=hetian.host)
    inside = await stranger.get("/api/v1/me", headers=hetian.host)
    by_page = await world.client().post(
        "/console/sign-in", data={"login": "wang", "password": PASSWORD}, headers=hetian.host
    )

    assert ('id="own"' in page.text, hetian.slug in page.text, 'id="company"' in page.text) == (True, True, False)
    assert [each.status_code for each in (answer, inside, by_page)] == [201, 200, 303]


async def test_at_the_host_of_one_company_nobody_signs_in_to_another(world, hetian, other):
    await other.staff("wang", "agent")
    right = await sign_in(world.client(), "wang", company=other.slug)
    refused = await sign_in(world.client(), "wang", company=other.slug, headers=hetian.host)
    nowhere = await sign_in(world.client(), "wang", company="no-company", headers=hetian.host)
    page = await world.client().post(
        "/console/sign-in", data={"company": other.slug, "login": "wang", "password": PASSWORD}, headers=hetian.host
    )
    going = await world.client().get(
        "/console/sign-in/provider/going", params={"company": other.slug}, headers=hetian.host
    )

    assert (right.status_code, refused.status_code, page.status_code, going.status_code) == (201, 401, 401, 404), (
        going.text
    )
    assert refused.text == nowhere.text


@pytest.mark.parametrize("port", ["", ":8443"])
async def test_whoever_is_of_another_company_is_nobody_at_any_address_of_a_companys_host(world, hetian, other, port):
    signed_in = await other.staff("wang", "tenant_admin")
    key = await other.client()
    forged = {"Host": f"{hetian.host['Host'].upper()}{port}"}
    paths = sorted(
        route.path
        for route in world.litestar.routes
        if isinstance(route, HTTPRoute) and "GET" in route.methods and "{" not in route.path
    )
    shown = []
    for path in paths:
        for client in (signed_in, key):
            answer = await client.get(path, headers=forged)
            if (answer.status_code == 200 and other.slug in answer.text) or 'name="wang"' in answer.text:
                shown.append(path)
    me = [(await client.get("/api/v1/me", headers=forged)).status_code for client in (signed_in, key)]
    console = await signed_in.get("/console/", headers=forged)
    unlock = await signed_in.get("/console/unlock", headers=forged)

    assert len(paths) > 100
    assert (shown, me) == ([], [401, 401])
    assert [each.headers["location"].split("?")[0] for each in (console, unlock)] == ["/console/sign-in"] * 2
    assert (await signed_in.get("/api/v1/me")).status_code == 200


async def test_a_host_that_is_nobodys_gives_and_takes_nothing(world, hetian):
    wang = await hetian.staff("wang", "agent")
    for host in (
        "guibin.test",
        "nobody.example",
        f"x.{hetian.domain}",
        f"{hetian.domain}.evil.example",
    ):
        assert (await wang.get("/api/v1/me", headers={"Host": host})).status_code == 200
        unnamed = await sign_in(world.client(), "wang", headers={"Host": host})
        assert unnamed.status_code == 401, (host, unnamed.text)
    forwarded = {"X-Forwarded-Host": hetian.host["Host"]}
    assert (await sign_in(world.client(), "wang", headers=forwarded)).status_code == 401


async def test_the_admin_sees_the_domains(hetian, other):
    mine = (await (await hetian.staff("admin", "tenant_admin")).get("/console/identity-provider")).text
    theirs = (await (await other.staff("admin", "tenant_admin")).get("/console/identity-provider")).text

    assert (f"vip.{hetian.domain}" in mine, hetian.domain in theirs) == (True, False)
