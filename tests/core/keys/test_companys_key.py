"""T33: a company's key is exchanged while it is served: read and written meanwhile, cut short anywhere, nothing is unreadable."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from looking import CUSTOMER, PURPOSE
from running import run_job, work_off

from guibin.cli import environment
from guibin.jobs.actions import enqueue
from guibin.resealing import actions, jobs
from guibin.resealing.jobs import NotSealingYet, SealAgain
from guibin.watch import failpoints
from guibin.watch.failpoints import FailedOnPurpose
from guibin_tenants import keyring
from guibin_tenants.principals import Signature
from guibin_tenants.scope import fetch, fetch_value

COLUMNS = """select c.relname::text as table, a.attname::text as column from pg_class c
join pg_attribute a on a.attrelid = c.oid and a.atttypid = 'bytea'::regtype and not a.attisdropped
join pg_attribute t on t.attrelid = c.oid and t.attname = 'tenant_id'
where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace"""
# Nothing of the application changes these: what signed the log, and files of nobody.
STAYS = {("evidence_key", "sealed"), ("file_content", "sealed")}


@pytest.fixture
def signature(tenant):
    """An operator's, at the company's clock."""
    return Signature(by=environment.operator(), now=tenant.world.clock())


@pytest.fixture
def at_once(monkeypatch):
    """A new key seals as soon as it is made."""
    monkeypatch.setattr(keyring, "SEALS_AFTER", timedelta(0))


async def customer(client, n):
    new = CUSTOMER | {"number": f"R{n:05d}", "confidential": {"mobile": f"1390013{n:04d}"}}
    return (await client.post("/api/v1/customers", json=new)).json()["id"]


async def seen(client, each):
    return (await client.post(f"/api/v1/customers/{each}/disclosures", json=PURPOSE)).json()["values"]["mobile"][0]


async def begun(tenant, act):
    async with tenant.scope():
        return await actions.begin(act)


async def opened_by(tenant, key):
    """What in the database this key opens, by column, its own table apart."""
    connection = await asyncpg.connect(tenant.world.owner_url)
    found = set()
    async with connection.transaction():
        await connection.execute(
            "select set_config('guibin.tenant', $1, true), set_config('guibin.units', '*', true)", str(tenant.id)
        )
        for table, column in await connection.fetch(COLUMNS):
            owner = "subject_id" if table == "subject_key" else "id"
            if table == "tenant_key":
                continue
            for row, content in await connection.fetch(
                f'select {owner}, "{column}" from "{table}" where "{column}" is not null'
            ):
                bound = row.bytes if table == "subject_key" else f"{tenant.id}|{table}|{column}|{row}|1".encode()
                try:
                    AESGCM(key).decrypt(content[:12], content[12:], bound)
                except (InvalidTag, ValueError):
                    continue
                found.add((table, column))
    await connection.close()
    return found


async def test_all_is_sealed_again_while_people_read_and_write_and_the_job_dies(
    client, tenant, signature, at_once, monkeypatch
):
    monkeypatch.setattr(actions, "ROWS_AT_ONCE", 3)
    monkeypatch.setattr(jobs, "STEPS_AT_ONCE", 2)
    there = [await customer(client, n) for n in range(8)]
    await client.post(
        "/api/v1/webhooks", json={"url": "https://hooks.example.com/x", "event_types": ["complaint_received"]}
    )
    async with tenant.scope():
        first = bytes(await keyring.tenant_key())
    before = await opened_by(tenant, first)
    assert before >= {("subject_key", "wrapped"), ("webhook_secret", "sealed")}, "there is nothing to seal again"

    rotation = await begun(tenant, signature)
    for step in ("reseal.sealed", "reseal.written"):
        failpoints.arm(failpoints.armed_by(f"{step}:raise:2"))
        with pytest.raises(FailedOnPurpose):
            await run_job(tenant, SealAgain())
        failpoints.arm(None)
        assert [await seen(client, each) for each in there] == [f"1390013{n:04d}" for n in range(len(there))]
    async with tenant.scope():
        await enqueue(SealAgain(), now=tenant.world.clock())
    _, *made = await asyncio.gather(work_off(tenant, kind="seal_again"), *(customer(client, n) for n in range(8, 12)))
    there += made

    async with tenant.scope():
        ended = await actions.standing()
        key = await keyring.tenant_key()
    assert (rotation.version, ended.version, ended.ended) == (2, 2, True)
    assert ended.sealed >= len(before) + 7
    assert bytes(key) != first
    assert await opened_by(tenant, first) <= STAYS
    assert [await seen(client, each) for each in there] == [f"1390013{n:04d}" for n in range(len(there))]
    hits = (await client.post("/api/v1/customers/searches", json={"q": "13900130003"})).json()
    assert [each["id"] for each in hits["items"]] == [there[3]]


async def test_until_every_process_knows_it_a_new_key_opens_and_does_not_seal(client, tenant, signature):
    one = await customer(client, 1)
    async with tenant.scope():
        first = await keyring.tenant_key()
    as_others_know_it = dict(keyring._tenant_keys)

    await begun(tenant, signature)
    two = await customer(client, 2)
    async with tenant.scope():
        key = await keyring.tenant_key()
        assert (bytes(key), len(key.merged), key.version) == (bytes(first), 1, 2)
    with pytest.raises(NotSealingYet):
        await run_job(tenant, SealAgain())
    keyring._tenant_keys.update(as_others_know_it)

    assert [await seen(client, each) for each in (one, two)] == ["13900130001", "13900130002"]


async def test_a_process_that_sealed_by_the_former_key_meanwhile_is_still_read(client, tenant, signature, at_once):
    async with tenant.scope():
        await keyring.tenant_key()
    stale = dict(keyring._tenant_keys)
    await begun(tenant, signature)
    await run_job(tenant, SealAgain())

    keyring._tenant_keys.update(stale)
    late = await customer(client, 5)
    keyring.forget_loaded()

    assert await seen(client, late) == "13900130005"


async def test_keys_that_were_read_are_read_again(tenant, signature, at_once, monkeypatch):
    async with tenant.scope():
        first = await keyring.tenant_key()
    monkeypatch.setattr(keyring, "LOADED_FOR_S", -1.0)
    stale = dict(keyring._tenant_keys)
    await begun(tenant, signature)
    keyring._tenant_keys.update(stale)
    async with tenant.scope():
        assert await keyring.tenant_key() == first, "it goes on with what it read"
        keyring._tenant_keys[tenant.id] = keyring._Loaded(first, 0.0)
        assert await keyring.tenant_key() != first


async def test_a_rotation_cut_short_goes_on_and_the_next_makes_another_key(client, tenant, signature, at_once):
    assert [(await begun(tenant, signature)).version for _ in range(2)] == [2, 2]
    while not (await done(tenant)).ended:
        await run_job(tenant, SealAgain())

    assert (await begun(tenant, signature)).version == 3
    async with tenant.scope():
        assert await fetch_value("select count(*) from tenant_key") == 3
        told = await fetch(
            "select purpose from audit_entry where action = 'company_key.rotate' order by happened_at, id"
        )
    assert [each["purpose"] for each in told] == ["2", "3"]


async def done(tenant):
    async with tenant.scope():
        return await actions.standing()


async def test_addresses_of_staff_and_signatures_hold_over_it(client, tenant, signature, at_once):
    async with tenant.scope():
        message = keyring.signature(await keyring.tenant_key(), "survey", b"x")
        index = keyring.blind_index(await keyring.tenant_key(), "mobile", "13900130001")
    await begun(tenant, signature)
    await run_job(tenant, SealAgain())
    async with tenant.scope():
        assert keyring.signature(await keyring.tenant_key(), "survey", b"x") == message
        assert keyring.blind_index(await keyring.tenant_key(), "mobile", "13900130001") == index
