"""What scenarios are played on."""

import pytest

from guibin.conformance.companies import Theatre


@pytest.fixture
def theatre(world, pool):
    """The application of this run, to be played on."""
    return Theatre(
        app=world.app, packs=world.packs, clock=world.clock, owner_url=world.owner_url, app_url=world.app_url
    )
