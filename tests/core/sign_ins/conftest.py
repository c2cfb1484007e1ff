"""A provider that says what a test has it say."""

import pytest
from openid_provider import LIE, Liar

from guibin.outbound import carrier


@pytest.fixture
async def liar():
    """It answers in place of the network."""
    provider, before = Liar(LIE), carrier.carrier()
    provider.rules = before.rules
    carrier.use_carrier(provider)
    yield provider
    carrier.use_carrier(before)
