"""A company with head office, branch and outlet that gives cards, and its people."""

import card_pack
import pytest
from cards import CardDesk, open_card_desk
from pack_values import plugins

from guibin.packs import Packs
from support import TestClock, make_app


@pytest.fixture(scope="session")
def packs() -> Packs:
    """The installed packs and the small one with cards."""
    return Packs({**plugins(), "lounge": card_pack.plugin})


@pytest.fixture(scope="session")
def application(database, packs):
    """An application of its own: the one other tests share does not know the pack."""
    clock = TestClock()
    return make_app(database.app, packs, clock), clock


@pytest.fixture
async def desk(world) -> CardDesk:
    """The company, its units, and a caller for each of them."""
    return await open_card_desk(world)
