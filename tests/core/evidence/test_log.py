"""What was committed enters the company's log once, in an order that stays, as commitments; erasing leaves it verifiable."""

import asyncio
import json

import asyncpg
import pytest
import rfc6962
from running import come_round

from guibin.evidence import actions, findings
from guibin.evidence.jobs import SequenceEvidence
from guibin.evidence.verify import Key, Note, canonical, decoded, leaf_hash, verify
from guibin.watch import failpoints
from guibin.watch.failpoints import FailedOnPurpose
from guibin_tenants.scope import fetch, fetch_column, fetch_value

POLICY = {"overrides": {"unusual_looks": [{"name": "same_surname", "at_least": 2}]}, "note": "从严"}
WHY = {"purpose": "年度审计"}


async def wrong(tenant, *held):
    async with tenant.scope():
        return [each async for each in findings.findings(tenant.world.clock(), held)]


async def as_owner(tenant, *statements):
    """What an operator does who has the database."""
    connection = await asyncpg.connect(tenant.world.owner_url)
    try:
        await connection.execute(f"set guibin.tenant = '{tenant.id}'; set guibin.units = '*'")
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_every_entry_of_the_record_is_a_leaf_once_and_none_holds_a_value(client, tenant, opened, sequenced):
    await client.get(f"/api/v1/customers/{opened}")
    first = await sequenced()
    await client.get(f"/api/v1/customers/{opened}")

    second = await sequenced()

    async with tenant.scope():
        ids = set(await fetch_column("select id from audit_entry"))
        names = set(await fetch_column("select actor_name from audit_entry"))
    of_record = [row["source_id"] for row in second if row["source"] == "audit_entry"]
    assert set(of_record) == ids
    assert len(of_record) == len(ids)
    assert len(second) > len(first) > 1
    assert [dict(row) for row in second[: len(first)]] == [dict(row) for row in first]
    assert [row["position"] for row in second] == list(range(len(second)))
    for row in second:
        assert canonical(json.loads(row["leaf"])).decode() == row["leaf"]
        assert leaf_hash(row["leaf"].encode()) == row["leaf_hash"]
    text = "".join(row["leaf"] for row in second)
    assert opened in text
    assert not [name for name in ("王建国", *names) if name in text]


async def test_decisions_enter_it_beside_the_record(client, tenant, opened, sequenced):
    admin, agent = await tenant.staff("admin", "tenant_admin"), await tenant.staff("agent", "agent")
    assert (await admin.post("/api/v1/policy/versions", json=POLICY)).status_code == 201
    new = {"customer_id": opened, "channel": "phone", "text": "没有信号", "level": "2"}
    case = (await agent.post("/api/v1/complaints", json=new)).json()
    change = {"level": "3", "reason": "多次报修", "cause": "signal", "analysis": "主干线路老化"}
    assert (await agent.post(f"/api/v1/complaints/{case['id']}/level", json=change)).status_code in (200, 201)

    found = await sequenced()

    sources = {row["source"] for row in found}
    assert {"audit_entry", "policy_version", "complaint_level_change", "deadline_moved"} <= sources
    assert await wrong(tenant) == []
    text = "".join(row["leaf"] for row in found)
    assert not [said for said in ("多次报修", "从严", "same_surname") if said in text]


async def test_checkpoints_are_signed_and_every_entry_is_proved_against_them(client, tenant, opened, sequenced):
    before = (await sequenced())[-1]["position"] + 1
    await client.get(f"/api/v1/customers/{opened}")
    found = await sequenced()
    leaves = [row["leaf"].encode() for row in found]
    auditor = await tenant.staff("auditor", "auditor")

    log = (await auditor.get("/api/v1/evidence")).json()
    key = Key.of(log["key"])
    first = (await auditor.get("/api/v1/evidence/checkpoints", params={"limit": 1})).json()
    other = (await auditor.get("/api/v1/evidence/checkpoints", params={"cursor": first["next"]})).json()
    notes = [Note.of(each["note"]) for each in first["items"] + other["items"]]
    proof = (await auditor.get("/api/v1/evidence/consistency", params={"first": before, "second": len(found)})).json()

    assert all(note.signed_by(key) for note in notes)
    assert [(note.size, note.root) for note in notes] == [(n, rfc6962.mth(leaves[:n])) for n in (len(found), before)]
    assert [decoded(each) for each in proof["path"]] == rfc6962.proof(before, leaves)
    for row in found:
        (shown,) = (await auditor.get(f"/api/v1/evidence/rows/{row['source_id']}/proofs")).json()
        path = [decoded(each) for each in shown["path"]]
        assert rfc6962.included(shown["leaf"].encode(), shown["position"], shown["size"], path) == notes[0].root


async def test_erasing_a_customer_leaves_the_log_verifiable_and_its_values_unopened(client, tenant, opened, sequenced):
    agent = await tenant.staff("agent", "agent")
    new = {"customer_id": opened, "channel": "phone", "text": "没有信号", "level": "2"}
    case = (await agent.post("/api/v1/complaints", json=new)).json()
    change = {"level": "3", "reason": "多次报修", "cause": "signal", "analysis": "主干线路老化"}
    await agent.post(f"/api/v1/complaints/{case['id']}/level", json=change)
    before = await sequenced()
    asked = WHY | {"decision_id": case["id"]}
    opened_before = await packed(client, asked)

    assert (await client.delete(f"/api/v1/customers/{opened}")).status_code in (200, 204)
    after = await sequenced()
    opened_after = await packed(client, asked)

    assert [row["leaf"] for row in after[: len(before)]] == [row["leaf"] for row in before]
    assert await wrong(tenant) == []
    assert opened_before.opened > opened_after.opened
    assert "customer.erase" in "".join(row["leaf"] for row in after)


async def packed(client, asked):
    answer = await client.post("/api/v1/evidence/packs", json=asked)
    assert answer.status_code == 200, answer.text
    return verify(answer.content.splitlines(keepends=True))


async def test_a_pack_of_a_span_and_of_a_customer_verify_and_are_on_record(client, tenant, opened, sequenced):
    auditor = await tenant.staff("auditor", "auditor")
    await auditor.get("/api/v1/evidence")
    found = await sequenced()

    whole = await packed(auditor, WHY)
    some = await packed(auditor, WHY | {"customer_id": opened})

    assert (whole.entries, whole.head["scope"]) == (len(found), {"kind": "span", "first": 0, "last": len(found) - 1})
    assert 0 < some.entries < len(found)
    assert whole.opened == sum(len(json.loads(row["leaf"])["sealed"]) for row in found)
    entries = (await auditor.get("/api/v1/audit-entries", params={"action": "evidence.export"})).json()["items"]
    assert [(each["purpose"], each["customer_ids"], each["shown"]) for each in entries] == [
        ("年度审计", [opened], some.entries),
        ("年度审计", [], whole.entries),
    ]


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("update audit_entry set purpose = 'x' where action = 'customer.open'", "purpose"),
        ("update audit_entry set action = 'x' where action = 'customer.open'", "action"),
        ("update audit_entry set customer_ids = '{}' where action = 'customer.open'", "customer_ids"),
        ("delete from audit_entry where action = 'customer.open'", "is gone"),
        ("update evidence_entry set leaf = replace(leaf, 'customer.open', 'customer.read')", "was changed"),
        ("delete from evidence_entry where position = 0", "entry 0 is missing"),
        ("delete from evidence_entry where position = (select max(position) from evidence_entry)", "the end was cut off"),
        ("update evidence_entry set position = case position when 0 then 901 when 1 then 0 else position end;"
         " update evidence_entry set position = 1 where position = 901", "does not agree"),
        ("update evidence_checkpoint set note = replace(note, E'\\n3\\n', E'\\n2\\n')", "not as it was signed"),
        ("delete from subject_key", "tells of no erasure"),
    ],
)  # fmt: skip
async def test_whatever_an_operator_changes_is_named(client, tenant, opened, sequenced, statement, says):
    await client.get(f"/api/v1/customers/{opened}")
    await client.get(f"/api/v1/customers/{opened}")
    rows = await sequenced()
    async with tenant.scope():
        action = await fetch_value("select action from audit_entry where id = $1", rows[0]["source_id"])
    assert await wrong(tenant) == []

    await as_owner(tenant, statement.replace("customer.open", action))

    assert says in "\n".join(await wrong(tenant))


async def test_a_log_that_was_rewritten_with_its_key_is_found_by_a_checkpoint_kept_elsewhere(
    client, tenant, opened, sequenced
):
    await client.get(f"/api/v1/customers/{opened}")
    await sequenced()
    async with tenant.scope():
        held = await fetch_value("select note from evidence_checkpoint")
    await as_owner(
        tenant,
        "update audit_entry set purpose = 'rewritten'",
        "delete from evidence_receipt; delete from evidence_checkpoint; delete from evidence_tree; delete from evidence_entry",
    )
    await sequenced()

    assert await wrong(tenant) == []
    assert "the log was rewritten" in "\n".join(await wrong(tenant, held))
    assert "is damaged, it is no signed note" in "\n".join(await wrong(tenant, held[:-20]))


@pytest.mark.parametrize("step", ["evidence.entries", "evidence.appended", "evidence.signed"])
async def test_a_sequencer_that_dies_at_any_step_leaves_no_gap_and_no_double(client, tenant, opened, sequenced, step):
    await client.get(f"/api/v1/customers/{opened}")
    before = await sequenced()
    await client.get(f"/api/v1/customers/{opened}")
    failpoints.arm(failpoints.armed_by(f"{step}:raise"))
    try:
        with pytest.raises(FailedOnPurpose):
            await come_round(tenant, SequenceEvidence())
    finally:
        failpoints.arm(None)
    async with tenant.scope():
        left = await fetch("select * from evidence_entry order by position")

    found = await sequenced()

    assert left == before
    assert [row["position"] for row in found] == list(range(len(before) + 1))
    assert await wrong(tenant) == []


async def test_two_sequencers_at_once_are_one_after_the_other(client, tenant, opened, monkeypatch):
    monkeypatch.setattr(actions, "ENTRIES_AT_ONCE", 3)
    for _ in range(12):
        await client.get(f"/api/v1/customers/{opened}")

    for _ in range(6):
        await asyncio.gather(*(come_round(tenant, SequenceEvidence()) for _ in range(4)))

    async with tenant.scope():
        positions = await fetch_column("select position from evidence_entry order by position")
        rows = await fetch_value("select count(*) from audit_entry")
    assert positions == list(range(rows))
    assert await wrong(tenant) == []


async def test_trees_over_256_entries_are_kept_and_prove_as_well(client, tenant, opened, sequenced):
    for _ in range(300):
        await client.get(f"/api/v1/customers/{opened}")
    found = await sequenced()
    auditor = await tenant.staff("auditor", "auditor")

    (shown,) = (await auditor.get(f"/api/v1/evidence/rows/{found[270]['source_id']}/proofs")).json()

    async with tenant.scope():
        assert await fetch_value("select count(*) from evidence_tree") == 1
    leaves = [row["leaf"].encode() for row in found]
    assert [decoded(each) for each in shown["path"]] == rfc6962.path(270, leaves)
    assert await wrong(tenant) == []
    await as_owner(tenant, "update evidence_tree set hash = sha256('x')")
    assert "the tree of level 8" in "\n".join(await wrong(tenant))


async def test_a_companys_log_and_packs_hold_nothing_of_anothers(client, tenant, other_tenant, opened, sequenced):
    async with await other_tenant.client() as theirs:
        other = (
            await theirs.post("/api/v1/customers", json={"number": "X1", "name": "李四", "kind": "leader"})
        ).json()["id"]
        own, foreign = await sequenced(), await sequenced(other_tenant)
        answer = await theirs.post("/api/v1/evidence/packs", json=WHY)

        assert (await theirs.get(f"/api/v1/evidence/rows/{own[0]['source_id']}/proofs")).status_code == 404
        missing = await theirs.post("/api/v1/evidence/packs", json=WHY | {"customer_id": opened})
    assert missing.status_code == 404
    assert other in answer.text
    assert opened not in answer.text
    assert str(tenant.id) not in answer.text
    assert not {row["source_id"] for row in own} & {row["source_id"] for row in foreign}
