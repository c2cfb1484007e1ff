"""The tables of a pack while its company is frozen."""

import pytest
from desk import open_desk

from guibin_tenants import registry
from guibin_tenants.scope import execute
from guibin_tenants.violations import FrozenInDatabase

COMMANDS = {
    "insert": "insert into airline_lounge_stay select (jsonb_populate_record(s, jsonb_build_object('id', gen_random_uuid(), 'left_at', now()))).* from airline_lounge_stay s",
    "update": "update airline_lounge_stay set id = id",
    "delete": "delete from airline_lounge_stay",
}
STAYS = "/api/v1/packs/airline_lounge/stays"


@pytest.mark.parametrize("command", list(COMMANDS))
async def test_a_packs_own_sql_writes_no_row_of_a_frozen_company(world, owner, command):
    desk = await open_desk(world, "airline_lounge")
    guest = await desk.customer("1", "flyer")
    entered = await desk.client.post(STAYS, json={"customer_id": guest, "lounge": "north"})
    assert entered.status_code == 201, entered.text
    await registry.freeze(owner, desk.tenant.slug, because="移交", now=world.clock())

    with pytest.raises(FrozenInDatabase):
        async with desk.tenant.scope():
            await execute(COMMANDS[command])
    await registry.thaw(owner, desk.tenant.slug)
    async with desk.tenant.scope():
        assert await execute(COMMANDS[command]) == 1
