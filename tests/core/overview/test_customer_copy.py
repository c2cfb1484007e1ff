"""A customer's copy of their own data: all of it in clear to them, nothing of others, with its basis on record."""

import io

import pytest
from caring import customer
from openpyxl import load_workbook

from guibin.overview import copying
from guibin.web.listing import PageAsked

ASKED = {"purpose": "本人持身份证到营业厅申请，已核对", "legal_basis": "个人信息保护法第四十五条"}


@pytest.fixture
async def person(client):
    """Somebody with a telephone, a spouse, a complaint and an answer to whether they want to be called."""
    found = await customer(client, "K-1", name="陈玉兰", confidential={"mobile": ["13912345678"]})
    await client.post(f"/api/v1/customers/{found}/relatives", json={"relation": "spouse", "name": "王建国"})
    await client.post(f"/api/v1/customers/{found}/consents", json={"purpose": "contact", "answer": "refused"})
    await client.post("/api/v1/complaints", json={"customer_id": found, "channel": "phone", "text": "信号中断"})
    return found


def lines(answer):
    assert answer.status_code == 200, answer.text
    sheet = load_workbook(io.BytesIO(answer.content)).active
    return [tuple(cell or "" for cell in row) for row in sheet.iter_rows(values_only=True)]


async def record(client, person, action):
    entries = (await client.get("/api/v1/audit-entries", params={"customer_id": person, "limit": 200})).json()["items"]
    return [entry for entry in entries if entry["action"] == action]


async def test_it_holds_what_is_kept_in_clear_and_others_masked(client, person):
    answer = await client.post(f"/api/v1/customers/{person}/copies", json=ASKED, headers={"Accept-Language": "zh-CN"})

    found = lines(answer)
    said = "\n".join(" ".join(line) for line in found)
    assert found[0] == ("部分", "项目", "内容")
    assert [word for word in ("陈玉兰", "13912345678", "信号中断", "拒绝") if word not in said] == []
    assert "王建国" not in said
    assert answer.headers["content-disposition"].startswith('attachment; filename="customer-K-1-')


async def test_it_is_a_disclosure_to_the_customer_with_its_basis(client, person):
    await client.post(f"/api/v1/customers/{person}/copies", json=ASKED, headers={"Accept-Language": "zh-CN"})

    kept = (await client.get(f"/api/v1/customers/{person}/disclosures")).json()["items"]
    assert [(one["recipient"], one["legal_basis"], one["fields"]) for one in kept] == [
        ("客户本人", ASKED["legal_basis"], ["mobile"])
    ]
    assert len(await record(client, person, "customer.copy")) == 1
    assert ASKED["purpose"] in (await record(client, person, "customer.disclose"))[0]["purpose"]


@pytest.mark.parametrize("wrong", [{"purpose": "要"}, {"legal_basis": ""}])
async def test_without_a_reason_or_a_basis_nothing_is_given(client, person, wrong):
    answer = await client.post(f"/api/v1/customers/{person}/copies", json=ASKED | wrong)

    assert answer.status_code in (400, 422)
    assert (await client.get(f"/api/v1/customers/{person}/disclosures")).json()["items"] == []


async def test_what_whoever_hands_it_out_may_not_read_is_named_as_left_out(tenant, person):
    narrow = await tenant.client("customers:read", "customers:disclose", "customers:export")

    answer = await narrow.post(f"/api/v1/customers/{person}/copies", json=ASKED, headers={"Accept-Language": "zh-CN"})

    said = lines(answer)
    assert ("案件", "未包含：导出人无权查看", "") in said
    assert "信号中断" not in str(said)


async def test_the_page_offers_it_asks_first_and_hands_out_the_file(tenant, person):
    manager, agent = await tenant.staff("lead", "manager"), await tenant.staff("desk", "agent")
    path = f"/console/customers/{person}"
    for each in (manager, agent):
        each.headers["Accept-Language"] = "zh-CN"

    asked = await manager.get(f"{path}/copy")
    wrong = await manager.post(f"{path}/copy", data={**ASKED, "purpose": ""})
    given = await manager.post(f"{path}/copy", data=ASKED)

    assert "第四十五条" in asked.text
    assert (wrong.status_code, 'id="f-purpose-error"' in wrong.text) == (422, True)
    assert "13912345678" in str(lines(given))
    assert "本人资料副本" in (await manager.get(path)).text
    assert "本人资料副本" not in (await agent.get(path)).text
    assert (await agent.get(f"{path}/copy")).status_code == 403


async def test_nothing_is_handed_out_of_another_units_customer(tenant, person):
    await tenant.unit("west")
    manager = await tenant.staff("lead", "manager", unit="west")

    assert (await manager.post(f"/api/v1/customers/{person}/copies", json=ASKED)).status_code == 404


async def test_it_holds_every_word_of_their_cases_and_names_their_files_and_no_note_among_ourselves(client, person):
    complaints = (await client.get("/api/v1/complaints", params={"customer_id": person})).json()["items"]
    path, whole = f"/api/v1/complaints/{complaints[0]['id']}", "一字不差的长信" * 60
    await client.post(f"{path}/messages", json={"text": whole, "direction": "in"})
    await client.post(f"{path}/messages", json={"text": "我们今天答复您", "direction": "out"})
    await client.post(f"{path}/notes", json={"text": "此人难缠", "kind": "note"})
    kept = await client.post(f"/api/v1/customers/{person}/files", files={"file": ("合同.txt", "甲方乙方".encode())})
    assert kept.status_code == 201, kept.text

    answer = await client.post(f"/api/v1/customers/{person}/copies", json=ASKED, headers={"Accept-Language": "zh-CN"})

    found = lines(answer)
    assert [text for part, _, text in found if part == "投诉：原话与答复"] == ["信号中断", whole, "我们今天答复您"]
    assert [what for part, what, _ in found if part == "文件"] == ["合同.txt"]
    assert "此人难缠" not in str(found)


async def test_a_list_of_more_than_a_page_is_whole(client, person):
    for number in range(45):
        body = {"customer_id": person, "channel": "phone", "direction": "out", "content": f"第{number}次联系"}
        assert (await client.post("/api/v1/interactions", json=body)).status_code == 201

    answer = await client.post(f"/api/v1/customers/{person}/copies", json=ASKED, headers={"Accept-Language": "zh-CN"})

    said = str(lines(answer))
    assert [number for number in range(45) if f"第{number}次联系" not in said] == []


async def test_a_list_that_is_not_whole_says_so(client, person, monkeypatch):
    monkeypatch.setattr(copying, "EACH_MAX", 1)
    monkeypatch.setattr(copying, "_EACH", PageAsked(1))

    answer = await client.post(f"/api/v1/customers/{person}/copies", json=ASKED, headers={"Accept-Language": "zh-CN"})

    assert ("投诉：原话与答复", "以上是最新的 1 条，更早的未列出，可另行索取", "") in lines(answer)
