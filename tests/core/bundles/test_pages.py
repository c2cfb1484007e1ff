"""By page: the file is taken home, put beside what the company has, and taken in once the difference was read."""

from guibin.bundles.values import Bundle, written
from guibin.policy.packs import Overrides
from guibin.policy.texts import Text
from guibin_tenants.scope import fetch_value

PAGE = "/console/bundle"
ZH = {"Accept-Language": "zh-CN"}


async def test_the_difference_stands_before_anything_is_taken_in(tenant):
    admin = await tenant.staff("bundler", "tenant_admin")
    text = written(Bundle(policy=Overrides(texts={"tier.key": Text("大客户", "Key client")})))

    compared = await admin.post(PAGE, data={"toml": text}, headers=ZH)
    async with tenant.scope():
        before = await fetch_value("select count(*) from policy_version")
    unsaid = await admin.post(f"{PAGE}/import", data={"toml": text, "note": ""}, headers=ZH)
    taken = await admin.post(f"{PAGE}/import", data={"toml": text, "note": "照搬"}, headers=ZH)
    home = await admin.get(f"{PAGE}/file")

    assert (compared.status_code, "大客户" in compared.text, "data-take" in compared.text) == (200, True, True)
    assert (before, unsaid.status_code, taken.status_code) == (0, 422, 200)
    assert (home.text, "attachment" in home.headers["content-disposition"]) == (text, True)


async def test_a_difference_that_is_not_so_any_more_is_read_again_first(tenant):
    admin = await tenant.staff("bundler", "tenant_admin")
    text = written(Bundle(policy=Overrides(texts={"tier.key": Text("大客户", "Key client")})))
    compared = await admin.post(PAGE, data={"toml": text}, headers=ZH)
    await admin.post("/api/v1/policy/versions", json={"note": "x", "overrides": {"switched_off": ["care"]}})

    late = await admin.post(f"{PAGE}/import", data={"toml": text, "note": "照搬", "made_from": "0"}, headers=ZH)
    read = await admin.post(f"{PAGE}/import", data={"toml": text, "note": "照搬", "made_from": "1"}, headers=ZH)

    assert 'name="made_from" value="0"' in compared.text
    assert 'name="made_from" value="1"' in late.text
    assert (late.status_code, read.status_code) == (412, 200)


async def test_what_is_wrong_is_said_and_what_was_pasted_stays(tenant):
    admin = await tenant.staff("bundler", "tenant_admin")

    answer = await admin.post(PAGE, data={"toml": "colour = 1"}, headers=ZH)

    assert answer.status_code == 422
    assert "colour = 1</textarea>" in answer.text
    assert "toml.colour: " in answer.text
    assert not any(english in answer.text for english in ("Object contains", "there is no such field", "unknown field"))


async def test_whoever_writes_no_scripts_has_no_bundle(tenant):
    agent = await tenant.staff("desk-1", "agent")

    assert (await agent.get(PAGE)).status_code == 403
    assert (await agent.get("/api/v1/bundle")).status_code == 403
