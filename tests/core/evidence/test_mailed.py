"""Checkpoints go to the company's auditors by mail, through a real SMTP server, and prove what was rewritten since."""

import asyncio
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from running import come_round

from guibin.evidence import verify as verifying
from guibin.evidence.jobs import PublishCheckpoint
from guibin.evidence.verify import Note

TARGETS = "/api/v1/evidence/targets"


async def addressed(tenant, client, login, role="auditor"):
    """Somebody with an address; their id."""
    person = await tenant.staff(login, role)
    who = str(person.staff_id)
    answer = await client.put(f"/api/v1/staff-addresses/{who}", json={"email": f"{login}@example.com"})
    assert answer.status_code == 200, answer.text
    return who


async def name(client, *auditors, hours=24, status=200):
    answer = await client.put(TARGETS, json={"auditors": list(auditors), "mailed_every_hours": hours})
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_the_checkpoint_comes_as_a_file_that_the_verifier_takes(
    client, tenant, opened, sequenced, mail, tmp_path
):
    await name(client, await addressed(tenant, client, "shen"))
    size = len(await sequenced())
    await come_round(tenant, PublishCheckpoint())
    pack = await client.post("/api/v1/evidence/packs", json={"purpose": "年度审计"})
    (letter,) = mail.mails
    (file,) = letter.iter_attachments()
    note, kept = file.get_content(), tmp_path / file.get_filename()
    kept.write_bytes(note)
    (tmp_path / "pack").write_bytes(pack.content)
    checked = [sys.executable, Path(verifying.__file__), tmp_path / "pack", "--checkpoint", kept, "--language", "en"]
    said = await asyncio.to_thread(subprocess.run, checked, capture_output=True, text=True, check=False)
    kept.write_bytes(note[:-9])
    damaged = await asyncio.to_thread(subprocess.run, checked, capture_output=True, text=True, check=False)

    assert (letter["To"], kept.name) == ("shen@example.com", f"guibin-{tenant.id}-{size:012d}.note")
    assert Note.of(note.decode()).size == size
    assert note.decode() in letter.get_body(("plain",)).get_content()
    assert f"第 {size:,} 条" in letter["Subject"]
    assert said.returncode == 0, said.stdout + said.stderr
    assert f"It agrees with the checkpoint of {size} entries that you hold." in said.stdout
    assert (damaged.returncode, damaged.stderr) == (1, "")
    assert damaged.stdout == f"The checkpoint that you hold, {kept}, is damaged: it is no signed note.\n"
    latest = (await client.get("/api/v1/evidence/checkpoints")).json()["items"][0]
    assert (latest["kept"], latest["cosigned"]) == (1, 0)


async def test_each_hears_at_the_rhythm_and_what_was_not_taken_is_sent_again(
    client, tenant, opened, sequenced, mail, clock
):
    await name(client, await addressed(tenant, client, "shen"), hours=6)
    sizes = []
    for hours, refuse in ((0, "450 later"), (0, ""), (0, ""), (5, ""), (1, "")):
        clock.set(clock() + timedelta(hours=hours))
        mail.refuse = refuse
        await client.get(f"/api/v1/customers/{opened}")
        await sequenced()
        await come_round(tenant, PublishCheckpoint())
        sizes.append(len(mail.mails))

    assert sizes == [0, 1, 1, 1, 2]


async def test_nobody_else_gets_it_and_who_is_no_auditor_any_more_gets_none(
    client, tenant, other_tenant, opened, sequenced, mail
):
    auditor = await addressed(tenant, client, "shen")
    manager = await addressed(tenant, client, "li", "manager")
    foreign = str((await other_tenant.staff("b", "auditor")).staff_id)
    refused = await name(client, auditor, manager, foreign, status=422)
    await name(client, auditor)
    await sequenced()
    for ended in ("roles = '{agent}'", "roles = '{auditor}', left_at = now()"):
        async with tenant.scope() as scope:
            await scope.connection.execute(f"update staff set {ended} where id = $1", auditor)
        await come_round(tenant, PublishCheckpoint())
        assert mail.mails == [], ended
    async with tenant.scope() as scope:
        await scope.connection.execute("update staff set left_at = null where id = $1", auditor)
    await come_round(tenant, PublishCheckpoint())

    assert [each["field"] for each in refused["errors"]] == ["auditors[1]", "auditors[2]"]
    assert [letter["To"] for letter in mail.mails] == ["shen@example.com"]


async def test_the_log_says_where_checkpoints_go_and_when_each_last_got_one(client, tenant, opened, sequenced, mail):
    first, second = [await addressed(tenant, client, login) for login in ("shen", "wu")]
    await name(client, first)
    size = len(await sequenced())
    await come_round(tenant, PublishCheckpoint())
    await name(client, first, second)

    log = (await client.get("/api/v1/evidence")).json()
    page = (await (await tenant.staff("reader", "auditor")).get("/console/evidence")).text

    got, never = log["keepers"]
    assert (got["kind"], got["size"], got["last_at"] is not None) == ("auditor", size, True)
    assert (never["size"], never["last_at"]) == (None, None)
    assert f"到第 {size:,} 条" in page
    assert page.count("还没有送达过") == 1
