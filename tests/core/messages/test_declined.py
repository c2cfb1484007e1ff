"""What is said for which purpose, and of what a customer may decline each by itself, where no pack says otherwise (S02-2, S02-3)."""

import pytest
from desk import Desk
from running import work_off

from guibin.messages.posting import NewMessage, post
from guibin_tenants.scope import fetch_one
from guibin_tenants.tables import new_id

# S02-2: a message, and the purpose to which a no keeps it away; a reminder that an order ends is part of the order.
MESSAGES = {
    "birthday": "care",
    "anniversary": "care",
    "festival": "care",
    "new_service": "news",
    "survey": "survey",
    "invitation": "activities",
    "order_ends": "contact",
}


@pytest.fixture(scope="module")
async def desk(lasting):
    """A company without a pack."""
    lasting.clock.set(lasting.clock.START)
    tenant = await lasting.tenant(packs=())
    return Desk(tenant, await tenant.client())


async def refused(desk, person, kind):
    """Whether a message of the kind did not go out because the customer wants none."""
    tenant = desk.tenant
    new = NewMessage(occasion=new_id().hex, kind=kind, means="sms", subject="", subject_id=new_id(), customer_id=person)
    async with tenant.scope():
        message = await post(new, now=tenant.world.clock())
    await work_off(tenant)
    async with tenant.scope():
        row = await fetch_one("select because from message where id = $1", message)
    return row["because"] == "no_contact"


@pytest.mark.rule("S02-2")
@pytest.mark.parametrize(("kind", "purpose"), MESSAGES.items())
async def test_whoever_refuses_the_purpose_of_a_message_does_not_get_it(world, desk, kind, purpose):
    willing, refusing = [await desk.customer(new_id().hex, "customer") for _ in range(2)]
    await desk.consent(refusing, purpose, "refused")

    assert [await refused(desk, person, kind) for person in (willing, refusing)] == [False, True]


@pytest.mark.rule("S02-3")
@pytest.mark.parametrize("kind", MESSAGES)
async def test_each_message_is_declined_by_itself(world, desk, kind):
    person = await desk.customer(new_id().hex, "customer")
    await desk.consent(person, f"message:{kind}", "refused")

    assert [name for name in MESSAGES if await refused(desk, person, name)] == [kind]
