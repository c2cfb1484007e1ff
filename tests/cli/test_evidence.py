"""`guibin audit evidence` and `guibin audit verify` as an operator types them, and the file that is taken home."""

import subprocess
import sys

import pytest
from looking import CUSTOMER
from running import come_round

from guibin.evidence.jobs import PublishCheckpoint, SequenceEvidence
from guibin.evidence.verify import COSIGNATURE, Key
from guibin.outbound.targets import Rules, use_rules
from guibin_tenants.scope import fetch_value

WHY = ("--because", "年度审计")


@pytest.fixture
async def customer(tenant, client):
    found = (await client.post("/api/v1/customers", json=CUSTOMER)).json()["id"]
    await client.get("/api/v1/evidence")
    await come_round(tenant, SequenceEvidence())
    return found


def verified(folder, name):
    words = [sys.executable, "guibin-verify.py", name, "--language", "en"]
    return subprocess.run(words, capture_output=True, text=True, cwd=folder, check=False)


async def test_a_pack_is_written_with_the_program_that_verifies_it(tenant, customer, guibin, tmp_path):
    whole = await guibin("audit", "evidence", tenant.slug, "whole.jsonl", *WHY)
    some = await guibin("audit", "evidence", tenant.slug, "some.jsonl", *WHY, "--customer", customer)
    none = await guibin("audit", "evidence", tenant.slug, "none.jsonl", *WHY, "--since", "2030-01-01")

    said = {name: verified(tmp_path, name) for name in ("whole.jsonl", "some.jsonl")}

    assert (whole[0], some[0], none[0]) == (0, 0, 1), (whole, some, none)
    assert [each.returncode for each in said.values()] == [0, 0], said
    assert "Entries 0 to 1 are all here, 2 of them" in said["whole.jsonl"].stdout
    assert "1 entries stand in the log, unchanged" in said["some.jsonl"].stdout
    assert "Nothing of it is in the log yet" in none[2]


async def test_verify_agrees_with_a_checkpoint_that_was_kept_and_names_what_does_not(
    tenant, customer, guibin, tmp_path
):
    async with tenant.scope():
        (tmp_path / "kept.note").write_text(await fetch_value("select note from evidence_checkpoint"), encoding="utf-8")
    (tmp_path / "other.note").write_text(
        (tmp_path / "kept.note").read_text(encoding="utf-8").replace("\n2\n", "\n3\n"), encoding="utf-8"
    )

    good = await guibin("audit", "verify", tenant.slug, "--checkpoint", "kept.note")
    bad = await guibin("audit", "verify", tenant.slug, "--checkpoint", "other.note")

    assert good[:2] == (0, "The record is append-only for the application and agrees with its log of 2 entries.\n"), (
        good
    )
    assert (bad[0], "that you hold is signed by another key" in bad[1]) == (1, True), bad


async def test_keepers_says_where_checkpoints_go_and_why_none_arrives(tenant, client, customer, guibin):
    none = await guibin("audit", "keepers", tenant.slug)
    key = Key("witness.example", COSIGNATURE, b"\x01" * 32)
    use_rules(Rules(["127.0.0.1:9"]))
    try:
        named = {"witnesses": [{"url": "http://127.0.0.1:9", "key": str(key)}]}
        assert (await client.put("/api/v1/evidence/targets", json=named)).status_code == 200
        before = await guibin("audit", "keepers", tenant.slug)
        await come_round(tenant, PublishCheckpoint())
    finally:
        use_rules(Rules())

    after = await guibin("audit", "keepers", tenant.slug)

    assert none[:2] == (0, "Checkpoints go nowhere\n")
    assert before[0] == 0
    assert after[0] == 1
    assert "witness  witness.example" in after[1]
    assert "nothing answers: check the address and the network (since 2026-" in after[1]
