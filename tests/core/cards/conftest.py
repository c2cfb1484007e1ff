"""A company with head office, branch and outlet that gives cards, and its people."""

import card_pack
import pytest
from cards import CardDesk, open_card_desk
from pack_values import plugins

from guibin.packs import Packs
from support import knowing


@pytest.fixture(scope="session")
def packs() -> Packs:
    """The installed packs and the small one with cards."""
    return Packs({**plugins(), "lounge": card_pack.plugin})


@pytest.fixture
def application(shared_application, packs):
    """The application that other tests share, meanwhile with the pack."""
    app, clock = shared_application
    with knowing(app, packs):
        yield app, clock


@pytest.fixture
async def desk(world) -> CardDesk:
    """The company, its units, and a caller for each of them."""
    return await open_card_desk(world)
