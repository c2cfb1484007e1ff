"""`guibin keys` as an operator types it, and what `doctor` says of a root key that is another."""

import asyncio
import base64
from datetime import UTC, datetime, timedelta

import asyncpg
from looking import CUSTOMER, PURPOSE
from running import work_off

from guibin.operation import root_keys
from guibin_tenants import keyring
from guibin_tenants.scope import fetch_value


async def test_a_companys_key_is_exchanged_with_its_progress_told(tenant, client, process, database, clock):
    customer = (await client.post("/api/v1/customers", json=CUSTOMER)).json()["id"]
    command = asyncio.create_task(process("keys", "rotate", "tenant", tenant.slug))
    owner = await asyncpg.connect(database.owner)

    # The command goes by the real clock, and so must who does its job.
    clock.set(datetime.now(UTC) + timedelta(hours=1))
    for _ in range(150):
        if command.done():
            break
        await asyncio.sleep(0.2)
        # The minute passes in which every process learns of it.
        async with owner.transaction():
            await owner.execute("select set_config('guibin.tenant', $1, true)", str(tenant.id))
            await owner.execute("update tenant_key set made_at = now() - interval '2 minutes' where version = 2")
        keyring.forget_loaded()
        await work_off(tenant, kind="seal_again")
    await owner.close()

    code, said, told = await command
    assert (code, "Version 2 seals for" in said) == (0, True), (said, told)
    assert "Version 2 opens now and seals in 60 s" in told
    assert "version 2: done" in told
    async with tenant.scope():
        wrapped = await fetch_value("select wrapped from subject_key")
        key = await keyring.tenant_key()
        assert keyring.rewrap(key, await fetch_value("select subject_id from subject_key"), bytes(wrapped)) is None
    answer = await client.post(f"/api/v1/customers/{customer}/disclosures", json=PURPOSE)
    assert answer.json()["values"]["mobile"] == ["13800138000"]


async def test_a_logs_key_is_exchanged_and_shown(tenant, guibin):
    code, said, err = await guibin("keys", "rotate", "signing", tenant.slug)
    shown = await guibin("keys", "show", tenant.slug)
    verified = await guibin("audit", "verify", tenant.slug)

    assert code == 0, err
    key = said.splitlines()[0]
    assert key.startswith(f"guibin/{tenant.id}+")
    assert shown[1].count(f"guibin/{tenant.id}+") == 2
    assert key in shown[1]
    assert verified[0] == 0, verified


async def test_one_root_key_in_the_environment_is_for_the_operator_to_exchange(tenant, guibin, monkeypatch):
    async def this_one(pool):
        return [tenant.view]

    monkeypatch.setattr(root_keys, "_companies", this_one)
    code, _, err = await guibin("keys", "rotate", "root")
    nothing = await guibin("keys", "retire", "root")

    assert (code, "put the new one first and leave the old behind it" in err) == (1, True), err
    assert (nothing[0], "except backups of before" in nothing[1]) == (0, True), nothing


async def test_doctor_and_every_start_say_that_the_root_key_is_another(tenant, guibin, monkeypatch, process, addresses):
    addresses["GUIBIN_ROOT_KEY"] = base64.b64encode(b"\x01" * 32).decode()
    monkeypatch.setenv("GUIBIN_ROOT_KEY", addresses["GUIBIN_ROOT_KEY"])

    doctor, worker, another = await asyncio.gather(
        guibin("doctor"), process("worker"), process("tenant", "create", "one-more-company")
    )

    says = "a company's key does not open with the root key of GUIBIN_ROOT_KEY: it is the key of another installation"
    assert (doctor[0], says in doctor[1]) == (1, True), doctor
    for code, _, err in (worker, another):
        assert (code, says in err) == (1, True), err
