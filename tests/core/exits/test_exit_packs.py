"""A company's exit pack: everything it has, nothing of anybody else's, and nothing that could be changed unseen."""

import asyncio
import base64
import contextvars
import csv
import json
import shutil
import sys
from datetime import datetime
from uuid import UUID

import asyncpg
import pytest
from looking import CUSTOMER
from papers import PDF, added, picture

from guibin.evidence import verify as verifying
from guibin.evidence.verify import MANIFEST, Wrong, verify_exit
from guibin.exits import actions
from guibin.exits.refusals import NoPlace
from guibin.exits.writing import UNFINISHED, short
from guibin.policies.queries import act_of
from guibin.profiles.refusals import NoBasis
from guibin.watch import failpoints
from guibin.watch.failpoints import FailedOnPurpose, armed_by
from guibin_tenants import keyring
from guibin_tenants.principals import PERMISSIONS, Principal
from guibin_tenants.scope import fetch, fetch_value
from guibin_tenants.tables import new_id

from .filling import ITS_OWN, PICTURES


def lines(place, table):
    return [json.loads(line) for line in (place / f"tables/{table}.jsonl").read_text(encoding="utf-8").splitlines()]


def listed(place):
    return list(csv.DictReader((place / "files.csv").read_text(encoding="utf-8-sig").splitlines()))


def everything(place):
    """All bytes of all files."""
    return b"".join(file.read_bytes() for file in sorted(place.rglob("*")) if file.is_file())


async def test_every_row_of_every_table_is_in_the_pack_and_nothing_of_another_company(filled, leave, database):
    (a, rows, said), (b, others, _) = await filled(), await filled()

    place, done = await leave(a, clear=True)

    owner = await asyncpg.connect(database.owner)
    try:
        tables = [
            row[0]
            for row in await owner.fetch(
                "select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'"
                " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')"
            )
        ]
    finally:
        await owner.close()
    assert {file.stem for file in (place / "tables").iterdir()} == set(tables)
    async with a.scope():
        # What was written when the pack was is not in it: that its files were opened, and whose.
        late = {"disclosure", "audit_entry", "stream_event"}
        for table in tables:
            held = {str(row["id"]) for row in await fetch(f'select id from "{table}"')}
            shown = {row["id"] for row in lines(place, table)}
            assert shown <= held if table in late else shown == held, table
            assert table in ITS_OWN or str(rows[table]) in shown, table
    sealed = {key: next(r for r in lines(place, key[0]) if r["id"] == str(rows[key[0]]))[key[1]] for key in said}
    assert {key: value for key, value in sealed.items() if value != said[key]} == _withheld(sealed)
    pictures = {table: next((place / "attachments" / table).iterdir()).read_text() for table in PICTURES}
    assert pictures == {table: said[table, "sealed"] for table in PICTURES}
    content = everything(place)
    assert [name for name, row in others.items() if str(row).encode() in content] == []
    assert (str(b.id).encode() in content, b.slug.encode() in content) == (False, False)
    assert done.rows == sum(len(lines(place, table)) for table in tables)


def _withheld(sealed):
    """Secrets, and bytes that are files of the pack."""
    secret = [("evidence_key", "sealed"), ("identity_provider", "sealed"), ("mailbox", "sealed"),
              ("message_channel", "sealed"), ("provider_attempt", "sealed"), ("webhook_secret", "sealed")]  # fmt: skip
    found = {each: {"withheld": "secret"} for each in secret if each in sealed}
    return found | {(table, "sealed"): {"withheld": "file"} for table in ("file_content", *PICTURES)}


async def test_values_stand_as_they_are_in_the_database(filled, leave):
    company, rows, _ = await filled()

    place, _ = await leave(company)

    async with company.scope():
        for table in ("customer", "complaint", "staff", "entitlement", "transfer", "policy_version"):
            if table not in rows:
                continue
            held = json.loads(await fetch_value(f"select to_jsonb(t) from {table} t where id = $1", rows[table]))
            shown = next(row for row in lines(place, table) if row["id"] == str(rows[table]))
            plain = {
                name: value for name, value in shown.items() if not isinstance(value, dict) or "withheld" not in value
            }
            assert [name for name in plain if not _same(plain[name], held[name])] == [], table
            assert set(shown) == set(held) - {"tenant_id"}


def _same(shown, held):
    """Also a moment of which one spelling leaves out the zeros at its end."""
    if shown == held:
        return True
    try:
        return datetime.fromisoformat(shown) == datetime.fromisoformat(held)
    except (TypeError, ValueError):
        return False


async def test_confidential_values_and_files_are_in_it_only_when_asked_for_and_on_record_then(tenant, client, leave):
    who = (await client.post("/api/v1/customers", json=CUSTOMER)).json()["id"]
    open_file = await added(client, f"/api/v1/customers/{who}/files", PDF, "合同.pdf")
    shut_file = await added(
        client, f"/api/v1/customers/{who}/files", picture(), "身份证.jpg", kind="identity", confidential="true"
    )
    gone = await added(client, f"/api/v1/customers/{who}/files", picture(colour="red"), "误传.jpg")
    await client.post(f"/api/v1/files/{gone['id']}/removal", json={"reason": "误传"})

    place, _ = await leave(tenant, "closed")
    named, _ = await leave(
        tenant, "open", clear=True, leaves_to="outside", recipient="新系统公司", legal_basis="合同第9条"
    )

    assert CUSTOMER["confidential"]["mobile"].encode() not in everything(place)
    assert CUSTOMER["confidential"]["mobile"].encode() in everything(named)
    assert {row["sealed"]["withheld"] for row in lines(place, "sealed_value")} == {"not_asked"}
    assert {row["field"]: row["sealed"] for row in lines(named, "sealed_value")} == CUSTOMER["confidential"]
    because = {each: {row["id"]: row["because"] for row in listed(each)} for each in (place, named)}
    assert because[place] == {open_file["id"]: "", shut_file["id"]: "not_asked", gone["id"]: "removed"}
    assert because[named] == {open_file["id"]: "", shut_file["id"]: "", gone["id"]: "removed"}
    assert (place / f"files/{open_file['id']}/合同.pdf").read_bytes() == PDF
    assert not (place / f"files/{shut_file['id']}").exists()
    assert (named / f"files/{shut_file['id']}/身份证.jpg").is_file()
    disclosed = (await client.get(f"/api/v1/customers/{who}/disclosures")).json()["items"]
    assert [(one["recipient"], one["legal_basis"], one["fields"]) for one in disclosed] == [
        ("新系统公司", "合同第9条", ["mobile"])
    ]
    entries = (await client.get("/api/v1/audit-entries", params={"action": "exit.write"})).json()["items"]
    assert [(one["purpose"], one["fields"]) for one in entries] == [
        ("合同到期，移交数据 → 新系统公司 (合同第9条)", ["clear"]),
        ("合同到期，移交数据", []),
    ]


async def test_it_leaves_to_nobody_outside_without_a_basis_and_to_no_place_that_is_taken(tenant, leave, tmp_path):
    with pytest.raises(NoBasis):
        await leave(tenant, leaves_to="outside", recipient="某公司")
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken/mine.txt").write_text("我的")
    with pytest.raises(NoPlace):
        await leave(tenant, "taken")

    assert [file.name for file in tmp_path.iterdir()] == ["taken"]
    assert (tmp_path / "taken/mine.txt").read_text() == "我的"


async def test_an_erased_customer_is_in_it_without_what_was_sealed(tenant, client, leave):
    who = (await client.post("/api/v1/customers", json=CUSTOMER)).json()["id"]
    await client.patch(f"/api/v1/customers/{who}", json={"employer": "成都市文化局"})
    answer = await client.delete(f"/api/v1/customers/{who}")
    assert answer.status_code < 300, answer.text

    place, _ = await leave(tenant, clear=True)

    assert lines(place, "sealed_value") == []
    assert {row["sealed_before"]["withheld"] for row in lines(place, "correction")} == {"erased"}
    assert "成都市".encode() not in everything(place)


async def test_the_log_and_every_version_of_the_policy_are_in_it(tenant, client, leave):
    amended = {"note": "放宽", "overrides": {"settings": {}}}
    await client.post("/api/v1/policy/versions", json=amended)

    place, done = await leave(tenant)

    found = verify_exit(place)
    assert found.root == done.root
    assert found.head["company"] == tenant.slug
    async with tenant.scope():
        entries = await fetch_value("select count(*) from evidence_entry where leaf like '%exit.write%'")
        versions = [row["version"] for row in await fetch("select version from policy_version order by version")]
        last = await fetch_value("select note from evidence_checkpoint order by size desc limit 1")
    assert entries == 1
    assert sorted(file.name for file in (place / "policy").glob("*.toml")) == sorted(
        f"{n}.toml" for n in [0, *versions]
    )
    assert "## " in (place / "policy/0.zh.md").read_text(encoding="utf-8")
    assert "VIP" in (place / "policy/0.en.md").read_text(encoding="utf-8")
    notes = sorted((place / "evidence/checkpoints").iterdir())
    assert notes[-1].read_text(encoding="utf-8") == last
    assert "auditor" in json.loads((place / "roles.json").read_text())


async def test_the_dictionary_says_of_every_column_what_it_is_and_how_confidential(tenant, leave):
    place, _ = await leave(tenant)

    words = json.loads((place / "dictionary.json").read_text(encoding="utf-8"))
    tables = {table["table"]: table for table in words["tables"]}
    assert [name for name, table in tables.items() if not table["meaning"]] == []
    columns = [(name, each) for name, table in tables.items() for each in table["columns"]]
    assert [(name, each["column"]) for name, each in columns if not each["meaning"]] == []
    told = {(name, each["column"]): (each["confidentiality"], each["unit"]) for name, each in columns}
    assert told["staff", "password_hash"] == ("secret", "")
    assert told["sealed_value", "sealed"] == ("confidential", "")
    assert told["customer", "name"] == ("personal", "")
    assert told["complaint", "received_at"][1] == "RFC 3339 with offset"
    assert {each["name"] for each in words["fields"]} >= {field.name for field in (await _policy(tenant)).fields}
    sheet = list(csv.reader((place / "dictionary.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert len(sheet) > len(columns)


async def _policy(tenant):
    async with tenant.scope():
        by = Principal(kind="operator", id=new_id(), name="", permissions=PERMISSIONS)
        return (await act_of(tenant.world.packs, tenant.context(), by=by, now=tenant.world.clock())).policy


async def test_no_secret_of_the_company_is_in_it(tenant, client, leave):
    await tenant.staff("li", "manager")
    async with tenant.scope():
        secrets = [row[0] for row in await fetch("select password_hash from staff where password_hash is not null")]
        secrets += [row[0] for row in await fetch("select digest from api_key union select digest from staff_session")]

    place, _ = await leave(tenant, clear=True)

    assert secrets != []
    content = everything(place)
    assert [secret for secret in secrets if secret.encode() in content] == []
    async with tenant.scope():
        keys = await keyring.known_subject_keys([UUID(row["id"]) for row in lines(place, "customer")])
        for key in (await keyring.tenant_key(), *keys.values()):
            assert base64.b64encode(bytes(key)) not in content


async def test_whatever_is_altered_left_out_added_or_signed_by_another_is_found(tenant, client, leave, tmp_path):
    who = (await client.post("/api/v1/customers", json=CUSTOMER)).json()["id"]
    await added(client, f"/api/v1/customers/{who}/files", PDF, "合同.pdf")
    place, done = await leave(tenant)
    files = [file for file in sorted(place.rglob("*")) if file.is_file()]
    found = verify_exit(place)
    assert (found.root, found.files + 1) == (done.root, len(files))

    for file in files:
        content = file.read_bytes()
        every = 1 if file.name == MANIFEST else max(len(content) // 3, 1)
        # Every line of the manifest, and of the others the first byte, some in the middle, and the last.
        for spot in sorted({*range(0, len(content), 997 if every == 1 else every), len(content) - 1} - {-1}):
            file.write_bytes(content[:spot] + bytes([content[spot] ^ 1]) + content[spot + 1 :])
            assert _wrong(place), (file, spot)
        file.write_bytes(content + b" ")
        assert _wrong(place), file
        file.rename(tmp_path / "away")
        assert _wrong(place), file
        (tmp_path / "away").unlink()
        file.write_bytes(content)
    (place / "tables/more.jsonl").write_text("{}\n")
    assert _wrong(place) == "exit_added"
    (place / "tables/more.jsonl").unlink()
    rows = (place / MANIFEST).read_bytes().splitlines(keepends=True)
    for changed in (
        rows[:-1],
        [*rows[:1], *rows[2:]],
        [rows[0], rows[2], rows[1], *rows[3:]],
        [*rows, rows[-1]],
        rows[1:],
    ):
        (place / MANIFEST).write_bytes(b"".join(changed))
        assert _wrong(place), len(changed)
    (place / MANIFEST).write_bytes(b"".join(rows))
    assert verify_exit(place).root == done.root


async def test_the_log_of_another_company_does_not_fit(tenant, other_tenant, leave):
    place, _ = await leave(tenant)
    other, _ = await leave(other_tenant, "other")

    with pytest.raises(Wrong, match="key"):
        verify_exit(place, key=verify_exit(other).log.key)
    shutil.copy(other / MANIFEST, place / MANIFEST)
    assert _wrong(place)


def _wrong(place):
    """What it is found by, said in both languages; empty where nothing is."""
    try:
        verify_exit(place)
    except Wrong as wrong:
        return wrong.says if all(said.format(**wrong.values) for said in verifying.SAYS[wrong.says]) else ""
    except OSError:
        return "unread"
    return ""


@pytest.mark.parametrize("point", ["exit.rows", "exit.listed", "exit.files", "exit.signed"])
async def test_broken_off_anywhere_there_is_no_pack_and_the_next_try_is_whole(tenant, client, leave, tmp_path, point):
    await client.post("/api/v1/customers", json=CUSTOMER)
    failpoints.arm(armed_by(f"{point}:raise"))
    try:
        with pytest.raises(FailedOnPurpose):
            await leave(tenant)
    finally:
        failpoints.arm(None)
    assert list(tmp_path.iterdir()) == []
    # As a process that was killed leaves it.
    (tmp_path / f"pack{UNFINISHED}").mkdir()
    (tmp_path / f"pack{UNFINISHED}/half.jsonl").write_text("{")

    place, done = await leave(tenant)

    assert [file.name for file in tmp_path.iterdir()] == ["pack"]
    assert verify_exit(place).root == done.root


async def test_what_was_asked_for_in_clear_is_on_record_though_it_was_broken_off(tenant, client, leave):
    who = (await client.post("/api/v1/customers", json=CUSTOMER)).json()["id"]
    failpoints.arm(armed_by("exit.rows:raise"))
    try:
        with pytest.raises(FailedOnPurpose):
            await leave(tenant, clear=True, leaves_to="outside", recipient="新系统公司", legal_basis="合同第9条")
    finally:
        failpoints.arm(None)

    disclosed = (await client.get(f"/api/v1/customers/{who}/disclosures")).json()["items"]
    entries = (await client.get("/api/v1/audit-entries", params={"action": "exit.write"})).json()["items"]

    assert [one["recipient"] for one in disclosed] == ["新系统公司"]
    assert [one["fields"] for one in entries] == [["clear"]]


async def test_it_is_verified_with_nothing_of_ours(tenant, client, leave):
    place, done = await leave(tenant)

    words = ["guibin-verify.py", ".", "--language", "zh"]
    code = "import sys, runpy; sys.modules['guibin'] = sys.modules['guibin_tenants'] = None;"
    code += f" sys.argv = {words!r}; runpy.run_path('guibin-verify.py', run_name='__main__')"
    found = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=-1, stderr=-1, cwd=place)
    out, err = await found.communicate()

    assert found.returncode == 0, err.decode()
    assert f"清单的 SHA-256：{done.root}" in out.decode()
    assert "离场包完整" in out.decode()


async def test_rows_written_meanwhile_are_all_in_it_or_none(tenant, client, leave, monkeypatch):
    await client.post("/api/v1/customers", json=CUSTOMER)
    read, answers = actions.queries.tables, []

    async def then_somebody_comes():
        found = await read()
        # Somebody else's request: nothing of the scope that is open here is open there.
        other = CUSTOMER | {"number": "DK00002", "confidential": {"mobile": "13900139000"}}
        asked = client.post("/api/v1/customers", json=other)
        answers.append((await asyncio.create_task(asked, context=contextvars.Context())).status_code)
        return found

    monkeypatch.setattr(actions.queries, "tables", then_somebody_comes)

    place, _ = await leave(tenant, clear=True)

    assert answers == [201]
    assert [row["number"] for row in lines(place, "customer")] == ["DK00001"]
    assert [row["sealed"] for row in lines(place, "sealed_value")] == ["13800138000"]


def test_names_of_files_are_short_enough_for_any_system():
    assert short("合同.pdf") == "合同.pdf"
    long = short(f"{'很' * 119}.pdf")
    assert (len(long.encode()) <= 200, long.endswith("很.pdf"), short("a" * 300)) == (True, True, "a" * 200)
