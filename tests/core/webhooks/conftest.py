"""A receiver on loopback that the operator allows, and a webhook that sends there."""

import pytest
from receiver import receiving

from guibin.outbound.targets import Rules, use_rules


@pytest.fixture
async def receiver(anyio_backend):
    async with receiving() as receiver:
        use_rules(Rules([receiver.host]))
        yield receiver
        use_rules(Rules())


@pytest.fixture
async def webhook(client, receiver):
    """One that asks for complaints received."""
    answer = await client.post("/api/v1/webhooks", json={"url": receiver.url(), "event_types": ["complaint_received"]})
    assert answer.status_code == 201, answer.text
    return answer.json()
