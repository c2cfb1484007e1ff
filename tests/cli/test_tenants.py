"""`guibin tenant` as an operator types it."""

import asyncio
import json

import asyncpg


async def test_an_operator_gives_a_share_and_erases_a_company(tenant, other_tenant, database, guibin):
    slug, served = tenant.slug, other_tenant.slug
    owner = await asyncpg.connect(database.owner)
    try:
        await owner.execute("update tenant set suspended_at = now() - interval '1 hour' where id = $1", tenant.id)
        shared, mistyped, refused = await asyncio.gather(
            guibin("tenant", "share", served, "30"),
            guibin("tenant", "erase", slug, "--yes", served),
            guibin("tenant", "erase", served, "--yes", served),
        )
        shown = await owner.fetchval("select job_share from tenant where id = $1", other_tenant.id)
        there = await owner.fetchval("select erased_at is null from tenant where id = $1", tenant.id)
    finally:
        await owner.close()
    assert (shared[0], shown, mistyped[0], refused[0], there) == (0, 30, 1, 1, True)
    assert "the slug again" in mistyped[2]
    assert f"guibin tenant suspend {served}" in refused[2]

    code, out, err = await guibin("tenant", "erase", slug, "--yes", slug, "--json")
    assert code == 0, err
    assert json.loads(out)["rows"]["org_unit"] == 1
    code, out, err = await guibin("tenant", "list", "--json")
    listed = {one["slug"]: one["erased_at"] for one in json.loads(out)}
    assert (listed[slug] is None, listed[served]) == (False, None)
