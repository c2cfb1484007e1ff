"""The regulation as a document: readable, with today's figures, in two languages, two versions side by side with what changed marked."""

import re
from html import unescape

import pytest
from deciding import in_force
from desk import open_desk

PATH = "/console/policy/regulation"
ZH = {"Accept-Language": "zh-CN"}
GOLD = "corporate_deposit_gold"
# In a Chinese text a small foreign word is a code, too.
SMALL = re.compile(r"(?<![\w./@-])[a-z]{3,}(?![\w./@-])")
CODE = re.compile(r"\b[a-z]+(_[a-z]+)+\b")


@pytest.fixture
async def bank(world):
    return await open_desk(world, "banking")


@pytest.fixture
async def admin(bank):
    return await bank.tenant.staff("admin", "tenant_admin")


async def page(who, query="", status=200):
    answer = await who.get(f"{PATH}{query}", headers=ZH)
    assert answer.status_code == status, answer.text[-1500:]
    return answer.text


def words(html):
    """What people read of the document."""
    body = html[html.index(">", html.index("g-doc")) + 1 :]
    return unescape(re.sub(r"<[^>]+>", " ", body[: body.rindex("<", 0, body.index("g-printed"))]))


async def test_it_says_the_figures_that_are_carried_out(bank, admin):
    before = words(await page(admin))
    await in_force(
        bank.tenant, bank.client, overrides={"settings": [{"name": GOLD, "value": 700_000_000, "clause": "S04-1"}]}
    )
    after = words(await page(admin))

    assert ("近一年日均存款余额达到 5,000,000 元" in before, "近一年日均存款余额达到 7,000,000 元" in after) == (
        True,
        True,
    )
    assert [
        word
        for word in ("第 1 条", "贵宾客户的条件与等级", "办结时限：24 小时", "每月至少联系 1 次")
        if word not in before
    ] == []


@pytest.mark.parametrize("pack", ["banking", "cable_tv", "hotel", "retail", "telecom"])
async def test_no_word_of_it_is_a_code_in_any_company(world, pack):
    desk = await open_desk(world, pack)
    admin = await desk.tenant.staff("admin", "tenant_admin")
    said = words(await page(admin, "?show=english"))
    chinese = words(await page(admin))

    assert SMALL.findall(chinese) == []
    assert (CODE.findall(said), len(said) > 5_000) == ([], True)
    assert sorted(set(re.findall(r"\w*未命名\w*|unnamed", said))) == []


async def test_two_versions_stand_side_by_side_with_what_changed_marked(bank, admin):
    await in_force(
        bank.tenant, bank.client, overrides={"settings": [{"name": GOLD, "value": 700_000_000, "clause": "S04-1"}]}
    )
    await in_force(bank.tenant, bank.client, brought_back=["settings"])
    both = await page(admin, "?version=2&show=version&other=1")
    packs = await page(admin, "?version=1&show=version&other=0")

    assert ("<del>7,000,000</del>" in both, "<ins>5,000,000</ins>" in both) == (True, True)
    assert ("<del>5,000,000</del>" in packs, "<ins>7,000,000</ins>" in packs) == (True, True)
    assert "closing" not in words(both)
    assert len(re.findall(r"<del>7,000,000</del>", both)) == 2


async def test_a_version_that_is_none_is_not_found_and_what_is_no_number_is_refused(admin):
    await page(admin, "?version=9", 404)
    await page(admin, "?version=new", 400)


async def test_every_role_is_shown_with_what_it_permits_in_words(bank, admin):
    answer = await admin.get("/console/policy/rights", headers=ZH)
    rows = re.findall(r'<tr><th scope="row" class="t13">(.*?)</th>(.*?)</tr>', answer.text)
    told = {title: [bool("<svg" in cell) for cell in re.findall(r"<td.*?</td>", cells)] for title, cells in rows}

    assert (answer.status_code, len(rows)) == (200, 57)
    assert told["修订制度"] == [False, False, False, True, False]
    assert told["查看查阅记录"] == [False, False, False, False, True]
    assert "公司银行部负责人" in rows[0][1]


@pytest.mark.parametrize("pack", ["banking", "cable_tv", "hotel", "retail", "telecom"])
async def test_what_each_pack_brings_is_told_with_its_clauses(world, pack):
    company = (await open_desk(world, pack)).tenant
    value = world.packs.value(pack)
    admin = await company.staff("admin", "tenant_admin")

    answer = await admin.get("/console/packs", headers=ZH)

    assert answer.status_code == 200, answer.text[-1500:]
    text = unescape(re.sub(r"<[^>]+>", " ", answer.text.partition('id="main"')[2]))
    assert value.regulation in text
    assert ("服务项目" in text) == bool(value.service_items)
    assert all(value.texts[f"service_item.{item.name}.title"].zh in text for item in value.service_items[:12])
    assert all(approval.clause in text for approval in value.approvals[:1])
    assert not CODE.findall(text.replace("tenant_admin", ""))


async def test_a_company_without_a_pack_is_told_so(world):
    company = await world.tenant(packs=())
    admin = await company.staff("admin", "tenant_admin")

    assert "公司没有启用行业包" in (await admin.get("/console/packs", headers=ZH)).text
