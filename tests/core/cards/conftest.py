"""A company with head office, branch and outlet that gives cards, and its people."""

import card_pack
import pytest
from cards import CardDesk, open_card_desk

from guibin.packs import Packs, installed


@pytest.fixture(scope="session")
def packs() -> Packs:
    """The installed packs and the small one with cards."""
    return Packs({**installed(), "lounge": card_pack.plugin})


@pytest.fixture
async def desk(world) -> CardDesk:
    """The company, its units, and a caller for each of them."""
    return await open_card_desk(world)
