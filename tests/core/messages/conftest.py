"""A mail server and an SMS gateway on loopback that the operator allows, and a company that uses both."""

import pytest
from mailbox_server import mail_server
from receiver import receiving
from vendors import SECRET

from guibin.outbound.targets import Rules, use_rules


@pytest.fixture
async def mailbox(anyio_backend):
    async with mail_server() as mailbox:
        yield mailbox


@pytest.fixture
async def gateway(anyio_backend):
    async with receiving() as gateway:
        yield gateway


@pytest.fixture
async def allowed(mailbox, gateway):
    use_rules(Rules([f"127.0.0.1:{mailbox.port}", gateway.host]))
    yield
    use_rules(Rules())


@pytest.fixture
async def mail(client, mailbox, allowed):
    """The company's mail channel."""
    return await channel(client, means="email", provider="smtp", settings=mailbox.settings)


@pytest.fixture
async def sms(client, gateway, allowed):
    """The company's SMS channel."""
    return await channel(client, means="sms", provider="http", settings=gateway_settings(gateway))


def gateway_settings(gateway, path="/sms"):
    return {"url": gateway.url(path), "secret": SECRET}


async def channel(client, *, means, provider, settings, **more):
    body = {"name": means, "means": means, "provider": provider, "settings": settings, **more}
    answer = await client.post("/api/v1/channels", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()
