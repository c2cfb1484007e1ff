"""`guibin tenant exit` as an operator types it, and the pack checked by a machine that has it alone."""

import json

from looking import CUSTOMER

WHY = ("--purpose", "合同到期，移交数据")


async def test_a_pack_is_written_and_checked_and_a_changed_one_is_named(tenant, client, guibin, tmp_path):
    await client.post("/api/v1/customers", json=CUSTOMER)

    made = await guibin("tenant", "exit", tenant.slug, "--to", "pack", *WHY, "--json")
    whole = await guibin("tenant", "exit", "--check", "pack", "--json")
    again = await guibin("tenant", "exit", tenant.slug, "--to", "pack", *WHY)
    (tmp_path / "pack/tables/customer.jsonl").write_text("")
    changed = await guibin("tenant", "exit", "--check", "pack")

    assert (made[0], whole[0], again[0], changed[0]) == (0, 0, 1, 1), (made, whole, again)
    assert json.loads(made[1])["root"] == json.loads(whole[1])["root"]
    assert "tables," in made[2]
    assert "is there already" in again[2]
    assert "tables/customer.jsonl of the exit pack was changed" in changed[2]


async def test_what_is_missing_or_wrong_is_said_and_nothing_is_written(tenant, guibin, tmp_path):
    unsaid = await guibin("tenant", "exit", tenant.slug, "--to", "pack")
    nowhere = await guibin("tenant", "exit", tenant.slug, "--to", "gone/pack", *WHY)
    nothing = await guibin("tenant", "exit", tenant.slug)
    nobody = await guibin("tenant", "exit", "nobody", "--to", "pack", *WHY)
    outside = await guibin("tenant", "exit", tenant.slug, "--to", "pack", *WHY, "--leaves-to", "outside")
    unread = await guibin("tenant", "exit", "--check", "pack")

    assert [each[0] for each in (unsaid, nowhere, nothing, nobody, outside, unread)] == [1] * 6
    assert "purpose" in unsaid[2]
    assert "is no folder that may be written" in nowhere[2]
    assert "--check FOLDER" in nothing[2]
    assert "There is no tenant" in nobody[2]
    assert "recipient: required" in outside[2]
    assert "cannot be read" in unread[2]
    assert list(tmp_path.iterdir()) == []


async def test_a_frozen_company_is_read_by_the_operator_and_not_changed(tenant, client, guibin, tmp_path):
    (tmp_path / "a.csv").write_text("number,name,kind\n1,王,leader\n", encoding="utf-8")

    frozen = await guibin("tenant", "freeze", tenant.slug, "--because", "移交", "--json")
    refused = await guibin("import", tenant.slug, "customers", "a.csv")
    read = await guibin("export", tenant.slug, "customers", "out.csv")
    packed = await guibin("tenant", "exit", tenant.slug, "--to", "pack", *WHY)
    thawed = await guibin("tenant", "thaw", tenant.slug)
    taken = await guibin("import", tenant.slug, "customers", "a.csv")

    assert [each[0] for each in (frozen, refused, read, packed, thawed, taken)] == [0, 1, 0, 0, 0, 0], (read, taken)
    assert json.loads(frozen[1])["frozen_at"]
    assert f"guibin tenant thaw {tenant.slug}" in refused[2]
