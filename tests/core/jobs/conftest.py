"""A workshop on the test's clock, and a relay on this worker's database."""

import pytest

from guibin.context import Root
from guibin.dispatch.execution import Workshop
from guibin.dispatch.leases import Leases
from guibin.jobs.relay import relaying
from guibin_tenants.tables import new_id


@pytest.fixture
def shop(world) -> Workshop:
    return Workshop(root=Root(packs=world.packs, clock=world.clock), worker=new_id(), leases=Leases())


@pytest.fixture
async def relay(world, database, shop):
    async with relaying(database.relay, shop.worker) as relay:
        yield relay
