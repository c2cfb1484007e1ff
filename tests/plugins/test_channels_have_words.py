"""Whatever way a pack lets complaints come in by has its word on the pages."""

from guibin.console.texts import SHARED, Words, folder_of
from guibin.packs import Packs, installed


def test_every_channel_of_every_pack_has_a_word():
    packs, words = Packs(installed()), Words({SHARED: folder_of(SHARED)})
    channels = {
        channel
        for name in packs.names
        if (complaints := packs.value(name).complaints)
        for channel in complaints.channels
    }

    assert "fax" in channels
    assert [channel for channel in sorted(channels) if not words.has(f"channel.{channel}")] == []
