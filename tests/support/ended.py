"""What tests of archives that have ended begin with."""

from uuid import UUID

from guibin_tenants.scope import execute


async def opened_archives(client):
    """Four customers; what is to become of them tells them apart."""
    ids = {}
    for number, state in enumerate(("open", "closed", "erased", "other")):
        body = {"number": state, "name": "张三", "kind": "leader", "confidential": {"mobile": f"1380013800{number}"}}
        answer = await client.post("/api/v1/customers", json=body)
        assert answer.status_code == 201, answer.text
        ids[state] = answer.json()["id"]
    return ids


async def end(client, tenant, archives):
    """Close the one, erase the other."""
    async with tenant.scope():
        await execute(
            "update customer set closed_at = $2 where id = $1", UUID(archives["closed"]), tenant.world.clock()
        )
    assert (await client.delete(f"/api/v1/customers/{archives['erased']}")).status_code == 204
