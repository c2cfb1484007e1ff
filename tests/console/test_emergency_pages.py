"""Emergency accesses by page: an auditor sees what is owed, what was looked at, and gives a verdict (S02-6)."""

from datetime import timedelta

import pytest
from emergencies import REASON, opened

PAGES = "/console/emergency-accesses"


@pytest.fixture
async def bank(tenant):
    """A customer of the outlet east's, a manager of west's, and an auditor of the head office's."""
    await tenant.unit("east")
    await tenant.unit("west")
    serving = await tenant.staff("serving", "account_manager", unit="east")
    body = {"number": "VIP-1", "name": "王建国", "kind": "leader", "account_manager_id": str(serving.staff_id)}
    made = await serving.post("/api/v1/customers", json=body)
    assert made.status_code == 201, made.text
    tenant.customer = made.json()["id"]
    tenant.auditor = await tenant.staff("auditor", "auditor")
    tenant.manager = await tenant.staff("manager", "manager", unit="west")
    return tenant


async def read(client, path, language="zh-CN", **params):
    answer = await client.get(path, params=params, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    return answer.text


async def looked(bank):
    access = await opened(bank.manager, customer_id=bank.customer)
    assert (await bank.manager.get(f"/api/v1/customers/{bank.customer}")).status_code == 200
    return access


@pytest.mark.rule("S02-6")
async def test_an_auditor_sees_what_was_looked_at_and_judges_it_once_it_is_over(bank, clock):
    access = await looked(bank)
    page = f"{PAGES}/{access['id']}"
    running = await read(bank.auditor, page)
    early = await bank.auditor.post(f"{page}/do/review", data={"verdict": "justified", "reason": "已核实"})
    clock.set(clock.now + timedelta(minutes=31))
    auditor = await bank.sign_in("auditor")
    owed, over = await read(auditor, PAGES, review="owed"), await read(auditor, page)
    form = await read(auditor, f"{page}/do/review")
    wordless = await auditor.post(f"{page}/do/review", data={"verdict": "justified", "reason": " "})
    done = await auditor.post(f"{page}/do/review", data={"verdict": "not_justified", "reason": "没有相符的事项"})
    judged, left = await read(auditor, page), await read(auditor, PAGES, review="owed")

    assert ("/do/review" in running, "/do/end" in running, "还没有结束" in running) == (False, True, True)
    assert early.status_code == 409
    assert all(said in owed for said in ("manager", REASON, "王建国"))
    assert all(said in over for said in (REASON, "/do/review", "/console/looks/"))
    assert all(said in form for said in (REASON, "看了：", "理由成立", "理由不成立"))
    assert (wordless.status_code, "g-error" in wordless.text) == (422, True)
    assert done.status_code == 200, done.text
    assert all(said in judged for said in ("理由不成立", "没有相符的事项"))
    assert ("/do/review" in judged, REASON in left) == (False, False)


async def test_whoever_opened_it_sees_their_own_without_the_record_and_ends_it(bank):
    access = await looked(bank)
    page = f"{PAGES}/{access['id']}"
    own = await read(bank.manager, page, "en")
    done = await bank.manager.post(f"{page}/do/end")

    assert ("End now" in own, "/console/looks/" in own, "/do/review" in own) == (True, False, False)
    assert done.status_code == 200, done.text
    assert (await bank.manager.get(f"/api/v1/customers/{bank.customer}")).status_code == 404


async def test_nobody_else_sees_it(bank):
    access = await looked(bank)
    other = await bank.staff("other", "manager", unit="west")

    assert (await other.get(f"{PAGES}/{access['id']}")).status_code == 404
    assert REASON not in await read(other, PAGES)


async def test_what_is_owed_stands_on_the_auditors_first_page_and_beside_the_menu(bank, clock):
    nothing = await read(bank.auditor, "/console/work/counts")
    await looked(bank)
    home, counts = await read(bank.auditor, "/console/"), await read(bank.auditor, "/console/work/counts")
    clock.set(clock.now + timedelta(days=30))
    late = await bank.sign_in("auditor")
    home_late, counts_late = await read(late, "/console/"), await read(late, "/console/work/counts")

    assert "紧急查阅" not in nothing
    assert (PAGES + "?review=owed" in home, "1 次紧急查阅待审核" in counts) == (True, True)
    assert (PAGES + "?review=late" in home_late, "其中 1 次逾期" in counts_late) == (True, True)


async def test_the_record_says_in_words_that_a_look_was_in_an_emergency(bank):
    access = await looked(bank)
    entries = (await bank.auditor.get("/api/v1/audit-entries", params={"emergency_id": access["id"]})).json()["items"]
    listed = await read(bank.auditor, "/console/looks", looked="true", customer_id=bank.customer)
    one = await read(bank.auditor, f"/console/looks/{entries[0]['id']}", "en")

    assert ("紧急查阅" in listed, "emergency:" in listed) == (True, False)
    assert (f'href="{PAGES}/{access["id"]}">Emergency access' in one, "emergency:" in one) == (True, False)
