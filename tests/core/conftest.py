"""A mail server on loopback that the operator allows, and an address under which people outside reach the service; without TLS, as the tests speak."""

import pytest
from mailbox_server import mail_server

from guibin.outbound.targets import Rules, use_rules
from guibin.web.public_address import use_public_address

PUBLIC = "http://vip.example.com"


@pytest.fixture
def public():
    use_public_address(PUBLIC)
    yield PUBLIC
    use_public_address("")


@pytest.fixture
async def mailbox(anyio_backend):
    async with mail_server() as mailbox:
        use_rules(Rules([f"127.0.0.1:{mailbox.port}"]))
        yield mailbox
        use_rules(Rules())


@pytest.fixture
async def mail(client, mailbox, public):
    """The company's mail channel."""
    new = {"name": "mail", "means": "email", "provider": "smtp", "settings": mailbox.settings}
    answer = await client.post("/api/v1/channels", json=new)
    assert answer.status_code == 201, answer.text
    return mailbox
