"""T33: the root key is exchanged while companies are served: whatever ends on the way, nothing is unreadable at any moment."""

import base64

import asyncpg
import pytest
from looking import CUSTOMER, PURPOSE

from guibin.operation import root_keys as over_all
from guibin.watch import failpoints
from guibin.watch.failpoints import FailedOnPurpose
from guibin_tenants import keyring, root_keys
from guibin_tenants.keyring import KeyringError
from guibin_tenants.scope import execute

OLD = b"\x07" * 32


def text(key):
    return base64.b64encode(key).decode()


@pytest.fixture
async def of_these_alone(tenant, other_tenant, monkeypatch):
    """The database of this process has other tests' companies too, which know no other key."""

    async def two(pool):
        return [tenant.view, other_tenant.view]

    monkeypatch.setattr(over_all, "_companies", two)
    yield
    owner = await asyncpg.connect(tenant.world.owner_url)
    await owner.execute(
        "update tenant set suspended_at = now(), erased_at = now() where id = any ($1)", [tenant.id, other_tenant.id]
    )
    await owner.close()


@pytest.fixture
def file(tmp_path, world):
    """The root key of the installation, in a file of the operator's."""
    kept = tmp_path / "the.key"
    kept.write_text(text(OLD))
    load(kept)
    yield kept
    keyring.use_root_key(OLD)


def load(file):
    """As a process that begins."""
    root_keys.load(root_keys.source_of({root_keys.FILE: str(file)}, None))
    keyring.forget_loaded()


@pytest.mark.parametrize("kept", [b"", b"x", b"x" * 12, b"x" * 60], ids=len)
def test_what_is_no_wrapped_key_is_said_to_be_none(file, kept):
    with pytest.raises(KeyringError):
        root_keys.unwrap(kept, b"of a company")


async def seen(client, customer):
    keyring.forget_loaded()
    answer = await client.post(f"/api/v1/customers/{customer}/disclosures", json=PURPOSE)
    return answer.json()["values"]["mobile"][0]


async def rotate(pool, file):
    return await over_all.rotate(pool, root_keys.source_of({root_keys.FILE: str(file)}, None), lambda done, of: None)


async def test_it_is_exchanged_and_goes_on_wherever_it_was_cut_short(
    client, tenant, other_tenant, pool, file, of_these_alone
):
    customer = (await client.post("/api/v1/customers", json=CUSTOMER)).json()["id"]

    for step in ("root.made", "root.wrapped", "root.committed"):
        failpoints.arm(failpoints.armed_by(f"{step}:raise"))
        try:
            with pytest.raises(FailedOnPurpose):
                await rotate(pool, file)
        finally:
            failpoints.arm(None)
        assert await seen(client, customer) == "13800138000", step
        load(file)
        assert await seen(client, customer) == "13800138000", step
    again = await rotate(pool, file)
    aside = await over_all.retire(pool, root_keys.source_of({root_keys.FILE: str(file)}, None))

    new, *others = file.read_text().split()
    assert (again, others, new != text(OLD)) == (1, [], True), "one company was wrapped before it was cut short"
    assert aside == f"{file}.former"
    assert file.with_name("the.key.former").read_text().split() == [text(OLD)]
    assert await seen(client, customer) == "13800138000"
    keyring.use_root_key(OLD)
    async with tenant.scope():
        with pytest.raises(KeyringError):
            await keyring.tenant_key()


async def test_a_process_that_runs_finds_the_new_key_in_the_file_and_wraps_by_it(
    client, tenant, pool, file, of_these_alone
):
    customer = (await client.post("/api/v1/customers", json=CUSTOMER)).json()["id"]
    stale = root_keys._held.keys

    await rotate(pool, file)
    root_keys._held.keys = stale

    assert await seen(client, customer) == "13800138000"
    root_keys._held.keys = stale
    async with tenant.scope():
        await execute("delete from subject_key; delete from tenant_key")
        keyring.forget_loaded()
        await keyring.tenant_key()
        assert await keyring.wrapped_by_former() == 0


async def test_the_former_key_stays_until_nothing_needs_it(tenant, other_tenant, pool, file, of_these_alone):
    source = root_keys.source_of({root_keys.FILE: str(file)}, None)
    root_keys.put_first(file)

    with pytest.raises(over_all.FormerStillNeeded):
        await over_all.retire(pool, source)

    assert len(file.read_text().split()) == 2


async def test_a_key_behind_a_command_or_in_the_environment_is_put_first_by_the_operator(
    tenant, other_tenant, pool, tmp_path, of_these_alone
):
    kept = tmp_path / "vault"
    kept.write_text(text(OLD))
    source = root_keys.source_of({root_keys.COMMAND: f"cat {kept}"}, None)
    root_keys.load(source)
    try:
        with pytest.raises(over_all.OneKeyOnly):
            await over_all.rotate(pool, source, lambda done, of: None)
        kept.write_text(f"{text(bytes(range(32)))}\n{text(OLD)}")

        assert await over_all.rotate(pool, source, lambda done, of: None) == 2

        async with tenant.scope():
            assert await keyring.wrapped_by_former() == 0
    finally:
        keyring.use_root_key(OLD)


async def test_a_wrong_and_a_lost_root_key_are_told_apart_and_no_new_one_is_made(
    tenant, other_tenant, pool, tmp_path, of_these_alone
):
    try:
        root_keys.use(b"\x01" * 32)
        keyring.forget_loaded()
        with pytest.raises(
            KeyringError, match=r"another installation, or was exchanged.*2 of 2 companies cannot be opened"
        ):
            await over_all.refuse_wrong(pool)
        root_keys.load(root_keys.source_of({}, tmp_path))
        with pytest.raises(KeyringError, match=r"the root key is lost: there is no .*root\.key"):
            await over_all.refuse_wrong(pool)
        assert list(tmp_path.iterdir()) == []
    finally:
        keyring.use_root_key(OLD)


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({root_keys.KEY: "no base64!"}, "is not base64"),
        ({root_keys.KEY: text(b"short")}, "has 5 bytes, not 32"),
        ({root_keys.KEY: " "}, "there is no root key in GUIBIN_ROOT_KEY"),
        ({root_keys.COMMAND: "false"}, "gave no root key: CalledProcessError"),
        ({root_keys.COMMAND: "/no/such/program"}, "gave no root key: FileNotFoundError"),
        ({}, "no root key: set GUIBIN_ROOT_KEY_FILE"),
    ],
)
def test_what_is_no_root_key_is_said_by_where_it_stands(environment, says):
    with pytest.raises(KeyringError, match=says):
        root_keys.source_of(environment, None).read()


def test_our_own_is_written_down_when_it_first_wraps_something(tmp_path):
    root_keys.load(root_keys.source_of({}, tmp_path))
    try:
        assert list(tmp_path.iterdir()) == []
        wrapped = root_keys.wrap(b"\x02" * 32, b"owner")
        (made,) = tmp_path.iterdir()
        root_keys.load(root_keys.source_of({}, tmp_path))

        assert (made.name, made.stat().st_mode & 0o777) == ("root.key", 0o600)
        assert root_keys.unwrap(wrapped, b"owner") == b"\x02" * 32
    finally:
        keyring.use_root_key(OLD)
