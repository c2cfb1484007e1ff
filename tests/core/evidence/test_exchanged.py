"""T33: the key that signs a log is exchanged: a checkpoint that both signed leads whoever trusts the former to the new one."""

import pytest

from guibin.cli import environment
from guibin.evidence import actions, findings, packs
from guibin.evidence import verify as verifying
from guibin.evidence.keys import public_keys
from guibin.evidence.verify import Note, verify
from guibin.watch import failpoints
from guibin.watch.failpoints import FailedOnPurpose
from guibin_tenants.principals import Signature
from guibin_tenants.scope import fetch_column

WHY = {"purpose": "年度审计"}


async def found_wrong(tenant):
    async with tenant.scope():
        return [each async for each in findings.findings(tenant.world.clock())]


async def exchange(tenant):
    async with tenant.scope():
        return await actions.exchange_key(Signature(by=environment.operator(), now=tenant.world.clock()))


async def test_a_checkpoint_of_both_keys_leads_from_one_to_the_other(client, tenant, opened, sequenced):
    await sequenced()
    async with tenant.scope():
        (first,) = await public_keys()
    second = await exchange(tenant)
    await client.get(f"/api/v1/customers/{opened}")
    await sequenced()
    async with tenant.scope():
        notes = [Note.of(each) for each in await fetch_column("select note from evidence_checkpoint order by size")]

    answer = await client.post("/api/v1/evidence/packs", json=WHY)
    log = (await client.get("/api/v1/evidence")).json()

    assert [(note.signed_by(first), note.signed_by(second)) for note in notes] == [
        (True, False),
        (True, True),
        (False, True),
    ]
    assert (log["key"], log["former_keys"]) == (str(second), [str(first)])
    assert await found_wrong(tenant) == []
    for known in (first, second):
        found = verify(answer.content.splitlines(keepends=True), key=known)
        said = dict(verifying.sentences(found, pinned=True))
        assert said["handed_over"] == {"size": notes[1].size, "old": first.id.hex(), "new": second.id.hex()}
        assert said["intact"]["key"] == second.id.hex()


async def test_one_who_dies_while_exchanging_leaves_the_former(client, tenant, opened, sequenced):
    await sequenced()
    failpoints.arm(failpoints.armed_by("evidence.exchanged:raise"))
    try:
        with pytest.raises(FailedOnPurpose):
            await exchange(tenant)
    finally:
        failpoints.arm(None)
    async with tenant.scope():
        assert len(await public_keys()) == 1
    await exchange(tenant)
    await exchange(tenant)

    answer = await client.post("/api/v1/evidence/packs", json=WHY)
    found = verify(answer.content.splitlines(keepends=True))

    assert len(found.handed_over) == 2
    assert await found_wrong(tenant) == []


async def test_the_change_stands_in_packs_however_many_checkpoints_came_since(
    client, tenant, opened, sequenced, monkeypatch
):
    monkeypatch.setattr(packs, "CHECKPOINTS_MAX", 1)
    await sequenced()
    async with tenant.scope():
        (first,) = await public_keys()
    await exchange(tenant)
    for _ in range(2):
        await client.get(f"/api/v1/customers/{opened}")
        await sequenced()

    answer = await client.post("/api/v1/evidence/packs", json=WHY)
    found = verify(answer.content.splitlines(keepends=True), key=first)

    assert (len(found.notes), len(found.handed_over)) == (2, 1)


async def test_checkpoints_of_the_former_alone_count_no_more(client, tenant, opened, sequenced):
    """What whoever stole it would sign."""
    await sequenced()
    await exchange(tenant)
    await client.get(f"/api/v1/customers/{opened}")
    async with tenant.scope():
        first, _ = await public_keys()

        async def of_before(now):
            return first, await actions.private_half(first)

        original, actions.signing_key = actions.signing_key, of_before
        try:
            await actions.sequence(Signature(by=environment.operator(), now=tenant.world.clock()), whole=True)
        finally:
            actions.signing_key = original

    assert any("is not as it was signed" in each for each in await found_wrong(tenant))
