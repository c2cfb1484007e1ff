"""Putting something up for approval, and deciding it over HTTP."""

from acting import acting

from guibin.approvals import actions
from guibin.cases import Case
from guibin_tenants.authentication import recognise
from guibin_tenants.credentials import parse
from guibin_tenants.tables import new_id


async def principal_of(tenant, client):
    """Who the API takes the caller for."""
    token = client.headers.get("Authorization", "").removeprefix("Bearer ") or client.cookies["guibin_session"]
    async with tenant.scope():
        return (await recognise(parse(token), now=tenant.world.clock())).principal


async def asked(tenant, by, flow):
    """The id of what this principal puts up under the flow."""
    async with tenant.scope():
        return await actions.ask(Case("test", new_id()), acting(by=by, now=tenant.world.clock()), flow=flow)


async def in_force(tenant, client, **amended):
    """The policy changed, and approved by the president where a part of it waits for that."""
    answer = await client.patch("/api/v1/policy/overrides", json={"note": "as decided"} | amended)
    assert answer.status_code == 200, answer.text
    if proposal := answer.json()["proposal"]:
        president = await tenant.staff(f"president-{proposal['id'][-6:]}", "president")
        assert await decide(president, proposal["approval_id"]) == (200, "")


async def decide(client, approval):
    """Say yes: the status, and the kind of problem when it is one."""
    answer = await client.post(f"/api/v1/approvals/{approval}/decision", json={"approved": True})
    return answer.status_code, answer.json()["type"].rsplit("/", 1)[-1] if answer.status_code >= 400 else ""
