"""`guibin pack enable|disable|preview` and `guibin tenant allow-packs`, as an operator types them."""

import json

import asyncpg
from msgspec import structs

from guibin.cli import environment
from guibin.operation.pack_upgrades import keep_all
from guibin.policy.texts import Text
from guibin_tenants import registry
from guibin_tenants.scope import fetch


async def packs(tenant):
    return {one["name"]: (one["enabled"], one["may_switch"]) for one in (await tenant_client(tenant))}


async def tenant_client(tenant):
    return (await (await tenant.client()).get("/api/v1/packs")).json()


async def test_an_operator_switches_a_pack_and_what_it_brings_is_said_before(guibin, tenant):
    slug = tenant.view.slug

    code, out, err = await guibin("pack", "preview", slug, "retail")
    unchanged = await packs(tenant)
    enabled = await guibin("pack", "enable", slug, "retail", "--note", "a shop opens")
    has = await packs(tenant)
    disabled = await guibin("pack", "disable", slug, "retail", "--json")

    assert (code, json.loads(out)["enabled"]) == (0, True), err
    assert json.loads(out)["changes"]
    assert unchanged == {"cable_tv": (True, False)}
    assert enabled == (0, f"{slug} has retail.\n", "")
    assert has == {"cable_tv": (True, False), "retail": (True, False)}
    assert (disabled[0], json.loads(disabled[1])["enabled"]) == (0, False)
    assert await packs(tenant) == unchanged
    async with tenant.scope():
        rows = await fetch("select action, actor_name, purpose from audit_entry where subject = 'pack' order by id")
    assert [(row["action"], row["purpose"]) for row in rows] == [("pack.enable", "a shop opens"), ("pack.end", "")]
    assert {row["actor_name"].split()[0] for row in rows} == {"operator"}


async def test_what_the_admin_may_switch_is_the_operators_word(guibin, tenant):
    slug = tenant.view.slug

    allowed = await guibin("tenant", "allow-packs", slug, "retail")
    may = await packs(tenant)
    unknown = await guibin("tenant", "allow-packs", slug, "nonsense")
    none = await guibin("tenant", "allow-packs", slug)

    assert allowed == (0, f"The admin of {slug} may switch retail.\n", "")
    assert may == {"cable_tv": (True, False), "retail": (False, True)}
    assert unknown[0] == 1
    assert none == (0, f"The admin of {slug} may switch no pack.\n", "")
    assert await packs(tenant) == {"cable_tv": (True, False)}


async def test_an_unknown_pack_or_company_is_refused_by_name(guibin, tenant):
    for words, said in (
        (("pack", "enable", tenant.view.slug, "nonsense"), "nonsense"),
        (("pack", "enable", "no-such-company", "retail"), "no-such-company"),
    ):
        code, _, err = await guibin(*words)
        assert (code, said in err) == (1, True), err


async def test_an_operator_sees_which_upgrades_wait_and_sets_the_last_date(guibin, tenant, monkeypatch):
    world, slug = tenant.world, tenant.view.slug
    old = world.packs.value("cable_tv")
    new = structs.replace(old, version="9.0", texts=old.texts | {min(old.texts): Text("新", "new")})
    await keep_all((world.owner_url, world.app_url), world.packs, world.clock)

    monkeypatch.setattr(environment, "packs", lambda: world.packs.with_value(new))
    undated = await guibin("pack", "upgrades", "--by", "2099-01-01")
    before = await guibin("pack", "upgrades", "cable_tv", "--json")
    dated = await guibin("pack", "upgrades", "cable_tv", "--by", "2099-01-01", "--json")

    waits, then = [next(one for one in json.loads(out) if one["slug"] == slug) for _, out, _ in (before, dated)]
    assert (undated[0], "say of which pack" in undated[2]) == (1, True)
    assert (waits["offered"], waits["changes"], waits["last_at"]) == ("9.0", 1, None)
    assert then["last_at"] == then["effective_from"] is not None


async def test_a_company_that_is_frozen_stays_as_it_is_and_holds_up_nobody(guibin, tenant, other_tenant, monkeypatch):
    world = tenant.world
    urls = (world.owner_url, world.app_url)
    old = world.packs.value("cable_tv")
    new = structs.replace(old, version="9.0", texts=old.texts | {min(old.texts): Text("新", "new")})
    await keep_all(urls, world.packs, world.clock)
    owner = await asyncpg.connect(world.owner_url)
    await registry.freeze(owner, other_tenant.slug, because="移交", now=world.clock())
    monkeypatch.setattr(environment, "packs", lambda: world.packs.with_value(new))

    code, out, err = await guibin("pack", "upgrades", "cable_tv", "--by", "2099-01-01", "--json")
    kept = await keep_all(urls, world.packs.with_value(new), world.clock)

    await registry.thaw(owner, other_tenant.slug)
    await owner.close()
    said = {one["slug"]: (one["last_at"] is not None, "frozen" in one["problem"]) for one in json.loads(out)}
    assert (code, said[tenant.slug], said[other_tenant.slug]) == (1, (True, False), (False, True)), err
    assert other_tenant.slug not in kept
