"""The company's own provider by page: set up, its rules one by one, tried out; and what the API's try-outs say."""

from datetime import UTC, datetime

import pytest
from openid_provider import CLIENT, LIE, SECRET

from guibin_tenants.scope import fetch, tenant_scope

PAGE, API = "/console/identity-provider", "/api/v1/identity-provider"
FIRST = {
    "issuer": LIE,
    "client_id": CLIENT,
    "client_secret": SECRET,
    "login_claim": "preferred_username",
    "claim": "groups",
    "value": "vip-agents",
    "roles": "agent",
}
LEADS = {"claim": "groups", "value": "vip-leads", "roles": "manager"}


@pytest.fixture(autouse=True)
def today(world, public):
    world.clock.set(datetime.now(UTC))


@pytest.fixture
async def admin(tenant):
    return await tenant.staff("admin", "tenant_admin")


def at(admin, name):
    return f"{PAGE}/settings/{admin.staff_id}/do/{name}"


async def rules_of(admin):
    return [(rule["value"], rule["roles"]) for rule in (await admin.get(API)).json()["rules"]]


async def rule_pages(admin):
    """The address of each rule's own commands, in the order of the rules."""
    text = (await admin.get(PAGE)).text
    return [part.split("/do/")[0] for part in text.split(f'hx-get="{PAGE}/rules/')[1:] if "/do/change_rule" in part]


async def test_set_up_with_a_secret_that_is_written_and_never_shown(tenant, admin):
    before = (await admin.get(PAGE)).text
    without = await admin.post(at(admin, "connect"), data={**FIRST, "client_secret": ""})
    answer = await admin.post(at(admin, "connect"), data=FIRST)
    page, form = (await admin.get(PAGE)).text, (await admin.get(at(admin, "change"))).text
    changed = await admin.post(at(admin, "change"), data={**FIRST, "client_secret": "", "takes_over": "true"})

    assert ("尚未设置" in before, "http://vip.example.com/console/sign-in/provider/back" in before) == (True, True)
    assert (without.status_code, "f-client_secret-error" in without.text) == (422, True)
    assert (answer.status_code, changed.status_code) == (200, 200), answer.text
    assert (SECRET in page, SECRET in form, f'value="{LIE}"' in form) == (False, False, True)
    assert 'name="client_secret" type="password" autocomplete="new-password"' in form
    assert (await admin.get(API)).json()["takes_over"] is True
    assert f"going?company={tenant.slug}" in page


async def test_rules_are_added_changed_and_removed_one_by_one_but_for_the_last(admin):
    await admin.post(at(admin, "connect"), data=FIRST)
    added = await admin.post(at(admin, "add_rule"), data=LEADS)
    first, second = await rule_pages(admin)
    filled = (await admin.get(f"{PAGE}/rules/{second}/do/change_rule")).text
    changed = await admin.post(f"{PAGE}/rules/{second}/do/change_rule", data={**LEADS, "value": "vip-heads"})
    stale = await admin.post(f"{PAGE}/rules/{second}/do/change_rule", data=LEADS)
    between = await rules_of(admin)
    removed = await admin.post(f"{PAGE}/rules/{first}/do/remove_rule")
    (last,) = await rule_pages(admin)
    kept = await admin.post(f"{PAGE}/rules/{last}/do/remove_rule")

    assert [each.status_code for each in (added, changed, stale, removed, kept)] == [200, 200, 404, 200, 409]
    assert 'value="vip-leads"' in filled
    assert between == [("vip-agents", ["agent"]), ("vip-heads", ["manager"])]
    assert await rules_of(admin) == [("vip-heads", ["manager"])]
    assert "最后一条规则" in kept.text


async def test_nobody_gives_by_a_rule_on_the_page_what_they_may_not_give(admin):
    await admin.post(at(admin, "connect"), data=FIRST)
    refused = await admin.post(at(admin, "add_rule"), data={**LEADS, "roles": "auditor"})

    assert refused.status_code == 403
    assert await rules_of(admin) == [("vip-agents", ["agent"])]


async def test_no_more_rules_than_are_read_again(admin):
    many = [{"claim": "groups", "value": f"g{number}", "roles": ["agent"]} for number in range(100)]
    written = await admin.put(API, json={"issuer": LIE, "client_id": CLIENT, "client_secret": SECRET, "rules": many})
    refused = await admin.post(at(admin, "add_rule"), data=LEADS)

    assert (written.status_code, refused.status_code, "f-claim-error" in refused.text) == (200, 422, True)
    assert len(await rules_of(admin)) == 100


async def test_what_the_provider_answers_is_said(tenant, admin, liar):
    await admin.post(at(admin, "connect"), data=FIRST)
    page = await admin.post(f"{PAGE}/discoveries")
    said = (await admin.post(f"{API}/discoveries")).json()
    liar.calls_itself = "https://evil.example"
    other = await admin.post(f"{PAGE}/discoveries")
    api = await admin.post(f"{API}/discoveries")

    assert said == {
        "issuer": LIE,
        "authorization_endpoint": f"{LIE}/authorization_endpoint",
        "token_endpoint": f"{LIE}/token_endpoint",
        "jwks_uri": f"{LIE}/keys",
        "keys": 1,
        "algorithms": ["RS256", "PS256"],
        "proves_codes": False,
    }
    assert (f"{LIE}/token_endpoint" in page.text, "RS256" in page.text) == (True, True)
    assert (other.status_code, api.status_code, api.json()["type"]) == (409, 409, "/problems/provider-fails")
    assert ('id="wrong"' in other.text, 'id="discovered"' in other.text) == (True, False)
    async with tenant_scope(tenant.id):
        asked = await fetch("select 1 from audit_entry where action = 'identity_provider.discover'")
    assert len(asked) == 4


@pytest.mark.parametrize(
    ("claims", "outcome", "roles"),
    [
        ({"sub": "1", "preferred_username": "li.wei", "groups": ["vip-agents"]}, "new", ["agent"]),
        ({"sub": "1", "preferred_username": "li.wei", "groups": "vip-agents"}, "new", ["agent"]),
        ({"sub": "1", "preferred_username": "li.wei", "groups": ["vip-agents", "vip-leads"]}, "new", ["agent", "manager"]),
        ({"sub": "1", "preferred_username": "li.wei", "groups": ["canteen"]}, "nothing", []),
        ({"sub": "1", "preferred_username": "li.wei"}, "nothing", []),
        ({"sub": "1", "preferred_username": "Li Wei", "groups": ["vip-agents"]}, "no_login", ["agent"]),
        ({"sub": "1", "preferred_username": "li\x00", "groups": ["vip-agents"]}, "no_login", ["agent"]),
        ({"sub": "1\x00", "preferred_username": "li.wei", "groups": ["vip-agents"]}, "new", ["agent"]),
        ({"sub": "1", "preferred_username": "there", "groups": ["vip-agents"]}, "elsewhere", ["agent"]),
    ],
)  # fmt: skip
async def test_what_claims_would_bring_is_said_and_nothing_is_changed(tenant, admin, claims, outcome, roles):
    await tenant.staff("there", "agent")
    await admin.post(at(admin, "connect"), data=FIRST)
    await admin.post(at(admin, "add_rule"), data=LEADS)
    async with tenant_scope(tenant.id):
        before = await fetch("select login, roles from staff order by login")
    said = (await admin.post(f"{API}/trials", json={"claims": claims})).json()

    assert (said["outcome"], said["roles"]) == (outcome, roles)
    async with tenant_scope(tenant.id):
        assert await fetch("select login, roles from staff order by login") == before


async def test_an_account_that_would_be_taken_over_or_is_theirs_is_named(world, tenant, admin, liar):
    await tenant.staff("li.wei", "agent")
    await tenant.staff("boss", "manager")
    await admin.post(at(admin, "connect"), data={**FIRST, "takes_over": "true"})

    async def outcome(**claims):
        said = {"sub": "7", "preferred_username": "li.wei", "groups": ["vip-agents"]} | claims
        return (await admin.post(f"{API}/trials", json={"claims": said})).json()["outcome"]

    assert (await outcome(), await outcome(preferred_username="boss")) == ("taken_over", "elsewhere")


async def test_claims_are_typed_on_the_page_and_what_is_no_object_is_said(admin):
    await admin.post(at(admin, "connect"), data=FIRST)
    right = await admin.post(
        f"{PAGE}/trials", data={"claims": '{"preferred_username": "li.wei", "groups": ["vip-agents"]}'}
    )
    wrong = [await admin.post(f"{PAGE}/trials", data={"claims": text}) for text in ("", "[]", "{", '"x"', "[" * 5000)]

    assert (right.status_code, "会新建账号 li.wei" in right.text) == (200, True)
    assert [(each.status_code, "JSON 对象" in each.text) for each in wrong] == [(422, True)] * 5


async def test_whoever_sees_an_outlet_alone_is_shown_nothing_of_it(tenant, admin):
    await tenant.unit("east")
    local = await tenant.staff("local", "tenant_admin", unit="east")

    assert ("/console/identity-provider" in (await admin.get("/console/")).text) is True
    assert ("/console/identity-provider" in (await local.get("/console/")).text) is False
    assert (await local.get(PAGE)).status_code == 403
