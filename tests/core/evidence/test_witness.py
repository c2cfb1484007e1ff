"""A witness cosigns what is consistent with what it saw and nothing else, and a company shows its checkpoints to it and to a store."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import asyncpg
import httpx
import pytest
import rfc6962
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from evidence_targets import running
from running import come_round, run_job

from guibin.evidence import packs, targets
from guibin.evidence.jobs import PublishCheckpoint
from guibin.evidence.verify import ED25519, Key, Note, encoded, verify
from guibin.evidence.witness import Refused, Witness, application
from guibin_tenants.scope import execute, fetch_one

LOG = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
KEY = Key("guibin/one", ED25519, LOG.public_key().public_bytes_raw())
AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
LEAVES = [bytes([n]) for n in range(9)]


def note(leaves, private=LOG, name=KEY.name, key=KEY):
    text = f"{name}\n{len(leaves)}\n{encoded(rfc6962.mth(leaves))}\n"
    return f"{text}\n— {name} {encoded(key.id + private.sign(text.encode()))}\n"


def asked(old, leaves, proof=None, text=None):
    proof = rfc6962.proof(old, leaves) if proof is None and 0 < old <= len(leaves) else proof or []
    return "\n".join([f"old {old}", *map(encoded, proof), "", text or note(leaves)])


@pytest.fixture
def witness(tmp_path):
    return Witness(tmp_path, "witness.example", [KEY], lambda: AT)


def refused(witness, body):
    with pytest.raises(Refused) as caught:
        witness.add(body)
    return caught.value.status, caught.value.says


def test_what_only_grew_is_cosigned_every_time_and_by_the_same_key_after_a_restart(witness, tmp_path):
    for old, new in ((0, 3), (3, 3), (3, 8), (8, 9)):
        line = witness.add(asked(old, LEAVES[:new]))
        assert Note.of(f"{note(LEAVES[:new])}{line}\n").cosigned_by(witness.key) == int(AT.timestamp())

    again = Witness(tmp_path, "witness.example", [KEY], lambda: AT)

    assert again.key == witness.key
    assert again.seen(KEY.name).size == 9
    assert stat.S_IMODE((tmp_path / "witness.key").stat().st_mode) == 0o600


def test_a_fork_is_never_cosigned_and_what_was_seen_stays(witness):
    witness.add(asked(0, LEAVES[:5]))
    forked = [b"x", *LEAVES[1:]]

    assert refused(witness, asked(0, forked)) == (409, "5\n")
    assert refused(witness, asked(5, forked))[0] == 422
    assert refused(witness, asked(5, forked[:5], [])) == (409, "5\n")
    assert refused(witness, asked(5, LEAVES[:4], []))[0] == 400
    assert refused(witness, asked(4, LEAVES)) == (409, "5\n")
    assert refused(witness, asked(5, LEAVES, [b"\0" * 32]))[0] == 422
    assert witness.seen(KEY.name).size == 5
    assert witness.add(asked(5, LEAVES))


def test_whom_it_does_not_watch_and_whoever_is_not_the_log_it_refuses(witness):
    other = Ed25519PrivateKey.generate()

    assert refused(witness, asked(0, LEAVES, text=note(LEAVES, name="guibin/two")))[0] == 404
    assert refused(witness, asked(0, LEAVES, text=note(LEAVES, other)))[0] == 403
    for body in ("", "old 0\n\n", "old x\n\n" + note(LEAVES), "old 0\n!!\n\n" + note(LEAVES), note(LEAVES)):
        assert refused(witness, body)[0] == 400


@pytest.fixture
def store(tmp_path):
    targets.use_store({targets.ADDRESS: f"file://{tmp_path / 'kept'}"})
    yield tmp_path / "kept"
    targets.use_store({})


async def watched(client, tmp_path):
    log = Key.of((await client.get("/api/v1/evidence")).json()["key"])
    return Witness(tmp_path / "witness", "witness.example", [log])


async def name(client, watching, url):
    new = {"witnesses": [{"url": url, "key": str(watching.key)}]}
    answer = await client.put("/api/v1/evidence/targets", json=new)
    assert answer.status_code == 200, answer.text


async def test_checkpoints_go_to_the_store_and_the_witness_and_the_pack_says_so(
    client, tenant, opened, sequenced, store, tmp_path
):
    await sequenced()
    watching = await watched(client, tmp_path)
    async with running(application(watching)) as url:
        await name(client, watching, url)
        for _ in range(2):
            await client.get(f"/api/v1/customers/{opened}")
            found = await sequenced()
            await come_round(tenant, PublishCheckpoint())
            await come_round(tenant, PublishCheckpoint())
        async with httpx.AsyncClient() as anybody:
            told = await anybody.get(url)
            odd = await anybody.post(f"{url}/add-checkpoint", content=b"\xff")

    pack = await client.post("/api/v1/evidence/packs", json={"purpose": "年度审计"})
    proved = verify(pack.content.splitlines(keepends=True), witnesses=[watching.key])

    assert [size for _, size, _ in proved.cosigned] == [note.size for note in proved.notes][1:]
    assert proved.cosigned[-1][1] == len(found)
    kept = sorted(file for file in store.rglob("*") if file.is_file())
    assert [Note.of(file.read_text(encoding="utf-8")).size for file in kept][-1] == len(found)
    assert (told.text, odd.status_code) == (f"{watching.key}\n", 400)
    latest = (await client.get("/api/v1/evidence/checkpoints")).json()["items"][0]
    assert (latest["kept"], latest["cosigned"]) == (2, 1)


async def test_the_last_cosigned_checkpoint_is_told_and_stands_in_packs_however_many_came_since(
    client, tenant, opened, sequenced, tmp_path, monkeypatch
):
    first = len(await sequenced())
    watching = await watched(client, tmp_path)
    async with running(application(watching)) as url:
        await name(client, watching, url)
        await come_round(tenant, PublishCheckpoint())
    last = len(await sequenced())
    monkeypatch.setattr(packs, "CHECKPOINTS_MAX", 1)

    pack = await client.post("/api/v1/evidence/packs", json={"purpose": "年度审计"})
    proved = verify(pack.content.splitlines(keepends=True), witnesses=[watching.key])
    async with tenant.scope():
        await execute(
            "insert into evidence_checkpoint (id, size, root, note, signed_at)"
            " select gen_random_uuid(), $1 + n, '', '', now() from generate_series(1, 250) n",
            last,
        )
    log = (await client.get("/api/v1/evidence")).json()

    assert (log["latest"]["size"], (log["cosigned"] or {}).get("size")) == (last + 250, first)
    assert [note.size for note in proved.notes] == [first, last]
    assert [size for _, size, _ in proved.cosigned] == [first]


async def test_a_rewritten_log_gets_no_cosignature_and_a_witness_who_forgot_is_asked_again(
    client, tenant, opened, sequenced, tmp_path
):
    await client.get(f"/api/v1/customers/{opened}")
    await sequenced()
    watching = await watched(client, tmp_path)
    async with running(application(watching)) as url:
        await name(client, watching, url)
        await come_round(tenant, PublishCheckpoint())
        seen = watching.seen(f"guibin/{tenant.id}")
        connection = await asyncpg.connect(tenant.world.owner_url)
        await connection.execute(
            f"set guibin.tenant = '{tenant.id}'; set guibin.units = '*'; update audit_entry set purpose = 'x';"
            " delete from evidence_receipt; delete from evidence_checkpoint; delete from evidence_entry"
        )
        await connection.close()
        await sequenced()
        await come_round(tenant, PublishCheckpoint())
        async with tenant.scope():
            again = await fetch_one("select payload from job where kind = 'publish_checkpoint'")
        await run_job(tenant, PublishCheckpoint({f"witness.example+{watching.key.id.hex()}": seen.size}))

    latest = (await client.get("/api/v1/evidence/checkpoints")).json()["items"][0]
    assert f'"witness.example+{watching.key.id.hex()}": {seen.size}' in again["payload"]
    assert latest["cosigned"] == 0
    assert watching.seen(f"guibin/{tenant.id}") == seen


async def test_a_witness_is_named_by_a_key_and_an_address_outside(client):
    wrong = {"witnesses": [{"url": "http://10.0.0.1/", "key": str(KEY)}]}

    answer = await client.put("/api/v1/evidence/targets", json=wrong)

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == ["witnesses[0].url", "witnesses[0].key"]


def test_a_log_that_exchanged_its_key_is_watched_under_both(tmp_path):
    fresh = Ed25519PrivateKey.from_private_bytes(b"\x09" * 32)
    key = Key(KEY.name, ED25519, fresh.public_key().public_bytes_raw())
    body = asked(0, LEAVES[:3], text=note(LEAVES[:3], fresh, key=key))

    assert refused(Witness(tmp_path, "witness.example", [KEY]), body) == (403, "not signed by the log")
    assert Witness(tmp_path, "witness.example", [KEY, key]).add(body).startswith("— witness.example ")


def test_a_witness_whose_first_start_was_cut_off_has_a_whole_key_the_next_time(tmp_path, monkeypatch):
    def cut_off(*_):
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdopen", cut_off)
        with pytest.raises(OSError, match="no space"):
            Witness(tmp_path, "w.example", [])
    key = Witness(tmp_path, "w.example", []).key

    assert Witness(tmp_path, "w.example", []).key == key
    assert (tmp_path / "witness.key").stat().st_mode & 0o777 == 0o600


def test_two_witnesses_that_begin_in_one_folder_at_once_have_one_key(tmp_path):
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(lambda _: str(Witness(tmp_path, "w.example", []).key), range(32)))

    assert len(keys) == 1
