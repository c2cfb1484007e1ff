"""What the command line says of an import or export, and where it puts it."""

import json

import pytest

from guibin.complaints.importing import COLUMNS as COMPLAINT
from guibin.profiles.exporting import ORDER_COLUMNS
from guibin.profiles.sheet_rows import COLUMNS as CUSTOMER
from guibin.records.importing import COLUMNS as CONTACT
from guibin.tiers.exporting import FACT_COLUMNS
from guibin.transfers.particulars import LINK_COLUMNS, OCCASION_COLUMNS, RELATIVE_COLUMNS

# What the importer of each kind reads.
READ = {
    "customers": CUSTOMER,
    "relatives": RELATIVE_COLUMNS,
    "occasions": OCCASION_COLUMNS,
    "links": LINK_COLUMNS,
    "orders": ORDER_COLUMNS,
    "complaints": COMPLAINT,
    "interactions": CONTACT,
    "facts": FACT_COLUMNS,
}


async def test_the_problems_stand_beside_the_file(guibin, tenant, tmp_path):
    folder = tmp_path / "sent"
    folder.mkdir()
    (folder / "a.csv").write_text("number,name,kind\nC1,李四,emperor\n", encoding="utf-8")

    code, _, said = await guibin("import", tenant.slug, "customers", str(folder / "a.csv"))

    assert code == 1, said
    assert sorted(one.name for one in folder.iterdir()) == ["a.csv", "a.csv.errors.xlsx"]
    assert not list(tmp_path.glob("*.errors.xlsx"))


async def test_a_sheet_and_an_encoding_are_named_on_the_command_line(guibin, tenant, tmp_path):
    (tmp_path / "a.csv").write_bytes("number,name,kind\nC1,Zoë,leader\n".encode("latin-1"))

    refused, _, said = await guibin("import", tenant.slug, "customers", "a.csv")
    code, out, _ = await guibin("import", tenant.slug, "customers", "a.csv", "--encoding", "latin-1", "--json")

    assert (refused, "--encoding" in said, code, json.loads(out)["created"]) == (1, True, 0, 1)


async def test_what_was_not_taken_is_said(guibin, tenant, tmp_path):
    heading = "source,source_number,channel,received_at,text\n"
    for text in ("没有信号", "画面也没有了"):
        (tmp_path / "a.csv").write_text(f"{heading}crm,7,phone,2026-02-01T10:00:00+08:00,{text}\n", encoding="utf-8")
        code, out, said = await guibin("import", tenant.slug, "complaints", "a.csv")
        assert code == 0, said

    assert "0 unchanged" in out
    assert ("1 rows say something else" in said, "row 2, text" in said) == (True, True)


async def test_commands_that_change_something_say_so_in_json(guibin, tenant):
    wrote = await guibin("export", tenant.slug, "customers", "out.csv", "--json")
    made = await guibin("key", "create", tenant.slug, "--scope", "customers:read", "--json")
    key = json.loads(made[1])["id"]
    revoked = await guibin("key", "revoke", tenant.slug, key, "--json")
    suspended = await guibin("tenant", "suspend", tenant.slug, "--because", "unpaid", "--json")
    resumed = await guibin("tenant", "resume", tenant.slug, "--json")

    assert json.loads(wrote[1]) == {"kind": "customers", "file": "out.csv", "rows": 0}
    assert (json.loads(revoked[1])["id"], json.loads(revoked[1])["revoked_at"] is not None) == (key, True)
    assert (json.loads(suspended[1])["suspended"], json.loads(resumed[1])["suspended"]) == ("unpaid", None)


async def test_facts_are_counted_as_facts_beside_the_rows_that_hold_them(guibin, world, tmp_path):
    """A row of several metrics holds a fact for each."""
    bank = await world.tenant(packs=("banking",))
    (tmp_path / "c.csv").write_text("number,name,kind\nM1,李四,personal\n", encoding="utf-8")
    (tmp_path / "f.csv").write_text(
        "customer_number,occurred_on,deposit,demand_deposit\nM1,2026-01-02,10.00,1\nM1,2026-01-03,20.00,1\n",
        encoding="utf-8",
    )
    await guibin("import", bank.slug, "customers", "c.csv")

    would = await guibin("import", bank.slug, "facts", "f.csv", "--dry-run")
    done = await guibin("import", bank.slug, "facts", "f.csv")

    assert would[1].strip() == "2 rows read: 4 facts would be created, 0 would be updated, 0 unchanged."
    assert done[1].strip() == "2 rows read: 4 facts created, 0 updated, 0 unchanged."


@pytest.mark.parametrize(("kind", "read"), READ.items())
async def test_the_columns_of_a_file_are_told_with_the_fields_of_the_pack(guibin, tenant, kind, read):
    code, out, said = await guibin("columns", tenant.slug, kind, "--json")
    _, words, _ = await guibin("columns", tenant.slug, kind)

    told = json.loads(out)
    assert code == 0, said
    assert told[: len(read)] == list(read)
    assert words.strip() == ", ".join(told)
    assert ("mobile" in told) == (kind == "customers")
