"""The operator's store keeps a checkpoint when this very note lies there: what lies under its name already may be another's."""

import pytest
from running import come_round

from guibin.evidence import targets
from guibin.evidence.jobs import PublishCheckpoint


@pytest.fixture
def store(tmp_path):
    targets.use_store({targets.ADDRESS: f"file://{tmp_path / 'kept'}"})
    yield tmp_path / "kept"
    targets.use_store({})


async def kept(client):
    log = (await client.get("/api/v1/evidence")).json()
    (keeper,) = log["keepers"]
    return log["latest"]["kept"], keeper["size"], log["latest"]["note"]


async def test_a_store_that_holds_another_note_under_the_name_keeps_nothing_of_ours(
    client, tenant, opened, sequenced, store, caplog
):
    size = len(await sequenced())
    file = store / "guibin" / str(tenant.id) / f"{size:012d}"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"guibin/another\n3\nAAAA\n\n")

    await come_round(tenant, PublishCheckpoint())

    assert (await kept(client))[:2] == (0, None)
    assert file.read_bytes() == b"guibin/another\n3\nAAAA\n\n"
    assert "store: holds_another" in caplog.text


async def test_a_store_that_holds_this_very_note_already_keeps_it(client, tenant, opened, sequenced, store, caplog):
    size = len(await sequenced())
    note = (await kept(client))[2]
    file = store / "guibin" / str(tenant.id) / f"{size:012d}"
    file.parent.mkdir(parents=True)
    file.write_text(note, encoding="utf-8")

    await come_round(tenant, PublishCheckpoint())

    assert await kept(client) == (1, size, note)
    assert [each for each in caplog.records if each.name == "guibin.evidence"] == []


async def test_a_store_that_cannot_be_written_to_is_said_and_gets_it_when_it_can(
    client, tenant, opened, sequenced, store, caplog
):
    size = len(await sequenced())
    (store / "guibin").write_bytes(b"a file where a folder should be")

    await come_round(tenant, PublishCheckpoint())
    before = (await kept(client))[:2]
    (store / "guibin").unlink()
    await come_round(tenant, PublishCheckpoint())

    assert before == (0, None)
    assert "store: no_answer" in caplog.text
    assert (await kept(client))[:2] == (1, size)
