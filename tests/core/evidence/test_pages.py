"""The auditor's page of the log: checkpoints, the proof of an entry, and packs that verify at home."""

import pytest

from guibin.evidence.verify import verify
from guibin_tenants.scope import fetch_value
from guibin_tenants.tables import new_id

PAGE = "/console/evidence"


@pytest.fixture
async def auditor(tenant):
    return await tenant.staff("auditor", "auditor")


async def test_the_page_shows_checkpoints_and_that_nobody_cosigned(client, auditor, opened, sequenced):
    before = (await auditor.get(PAGE)).text
    found = await sequenced()

    page = (await auditor.get(PAGE)).text

    assert "还没有检查点" in before
    assert "还没有检查点" not in page
    assert "还没有见证人签认" in page
    log = (await auditor.get("/api/v1/evidence")).json()
    assert log["key"].replace("+", "&#43;") in page or log["key"] in page
    assert f'<td class="num" data-label="条目">{len(found)}</td>' in page


async def test_a_pack_is_taken_from_the_page_with_a_purpose(client, auditor, opened, sequenced):
    await sequenced()
    form = (await auditor.get(f"{PAGE}/pack")).text

    missing = await auditor.post(f"{PAGE}/pack", content="purpose=")
    taken = await auditor.post(f"{PAGE}/pack", content="purpose=年度审计")
    program = await auditor.get(f"{PAGE}/verifier")

    assert 'data-download="' in form
    assert missing.status_code == 422
    assert "attachment" in taken.headers["content-disposition"]
    assert verify(taken.content.splitlines(keepends=True)).entries > 0
    assert program.text.startswith("#!/usr/bin/env python3")


async def test_an_entry_leads_to_its_proof_and_a_decision_to_its_pack(client, auditor, tenant, opened, sequenced):
    agent = await tenant.staff("agent", "agent")
    new = {"customer_id": opened, "channel": "phone", "text": "没有信号", "level": "2"}
    case = (await agent.post("/api/v1/complaints", json=new)).json()
    found = await sequenced()
    entry = next(row["source_id"] for row in found if row["source"] == "audit_entry")

    shown = (await auditor.get(f"/console/looks/{entry}")).text
    proof = (await auditor.get(f"{PAGE}/rows/{entry}")).text
    trace = (await auditor.get(f"/console/traces/complaint/{case['id']}")).text

    assert f'href="{PAGE}/rows/{entry}"' in shown
    assert "存证证明" in proof
    assert f"共 {len(found)} 条" in proof
    assert f'hx-get="{PAGE}/pack?decision={case["id"]}"' in trace
    assert (await auditor.get(f"{PAGE}/rows/{case['id']}")).status_code == 404


async def test_an_outlets_auditor_reads_its_record_and_not_the_companys_log(tenant, client, opened, sequenced):
    await sequenced()
    await tenant.unit("east")
    outlet = await tenant.staff("outlet", "auditor", unit="east")

    assert (await outlet.get("/console/looks")).status_code == 200
    assert (await outlet.get(PAGE)).status_code == 403
    assert (await outlet.post("/api/v1/evidence/packs", json={"purpose": "审计"})).status_code == 403


async def test_an_entry_of_this_minute_says_that_it_is_not_in_the_log_yet(tenant, client, auditor, opened, sequenced):
    await sequenced()
    await client.get(f"/api/v1/customers/{opened}")
    async with tenant.scope():
        last = await fetch_value("select id from audit_entry order by id desc limit 1")

    waiting = await auditor.get(f"{PAGE}/rows/{last}")

    assert (waiting.status_code, "存证日志里还没有" in waiting.text) == (200, True)
    assert (await auditor.get(f"{PAGE}/rows/{new_id()}")).status_code == 404
