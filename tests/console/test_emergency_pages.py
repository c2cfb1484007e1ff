"""Emergency accesses by page: an auditor sees what is owed, what was looked at, and gives a verdict (S02-6)."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from emergencies import REASON, opened, outlets

PAGES = "/console/emergency-accesses"


@pytest.fixture
async def bank(tenant):
    return await outlets(tenant)


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


async def test_whoever_is_told_of_an_access_is_led_to_a_page_that_is_theirs(bank, clock):
    await bank.staff("of-customer", "manager", unit="east")
    await bank.staff("of-looker", "manager", unit="west")
    access = await looked(bank)
    clock.set(clock.now + timedelta(minutes=31))
    auditor, *leaders, looker = [
        await bank.sign_in(each) for each in ("auditor", "of-customer", "of-looker", "manager")
    ]
    verdict = {"verdict": "not_justified", "reason": "没有相符的事项"}
    assert (await auditor.post(f"{PAGES}/{access['id']}/do/review", data=verdict)).status_code == 200
    places = []
    for person in (*leaders, looker, auditor):
        (notice,) = (await person.get("/api/v1/notices")).json()["items"]
        places.append((await person.get(f"/console/notices/{notice['id']}")).headers["location"])
        assert (await person.get(places[-1])).status_code == 200

    own = f"{PAGES}/{access['id']}"
    assert places == [f"/console/customers/{bank.customer}", "/console/", own, own]


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


def form_of(**said):
    return {"reason": REASON, "minutes": "20", **said}


@pytest.mark.rule("S02-6")
async def test_a_refused_file_leads_to_the_form_and_the_form_to_the_file(bank):
    file = f"/console/customers/{bank.customer}"
    refused = await bank.manager.get(file)
    way = f'href="{PAGES}/new?customer_id={bank.customer}"'
    asked = await read(bank.manager, f"{PAGES}/new", customer_id=bank.customer)
    done = await bank.manager.post(f"{PAGES}/new", data=form_of(customer_id=bank.customer))
    access = (await bank.auditor.get("/api/v1/emergency-accesses")).json()["items"][0]

    assert (refused.status_code, way in refused.text) == (404, True)
    assert ('name="customer_id" value="' + bank.customer in asked, 'name="known_by"' in asked) == (True, False)
    assert all(said in asked for said in ('max="60"', 'value="30"', "本月还可开启 5 次"))
    assert "王建国" not in refused.text + asked
    assert (done.status_code, file in done.headers["HX-Trigger"]) == (200, True)
    assert (access["reason"], access["customer_id"]) == (REASON, bank.customer)
    assert (await bank.manager.get(file)).status_code == 200


async def test_a_customer_who_is_not_there_looks_like_one_out_of_sight(bank):
    nobody = str(uuid4())

    async def pages(customer_id):
        answers = [
            await bank.manager.get(f"/console/customers/{customer_id}"),
            await bank.manager.get(f"/console/customers/{customer_id}/archive"),
            await bank.manager.get(f"{PAGES}/new", params={"customer_id": customer_id}),
        ]
        said = [re.sub(r'"idempotency-key": "[^"]*"', "", each.text).replace(customer_id, "…") for each in answers]
        return [each.status_code for each in answers], said

    statuses, of_one = await pages(bank.customer)
    assert (statuses, of_one) == await pages(nobody)
    assert statuses == [404, 404, 200]


async def test_whoever_may_open_none_is_shown_no_way_and_no_form(bank):
    file, new = f"/console/customers/{bank.customer}", f"{PAGES}/new?customer_id={bank.customer}"
    serving = await bank.staff("serving-west", "account_manager", unit="west")
    admin = await bank.staff("admin", "tenant_admin")
    of_serving = await serving.get(file)
    form = await serving.get(new)
    sent = await serving.post(f"{PAGES}/new", data=form_of(customer_id=bank.customer))
    of_admin = await admin.get(f"/console/customers/{uuid4()}")
    await admin.post("/api/v1/policy/versions", json={"overrides": {"emergency": {"a_month": 0}}, "note": ""})
    of_none = await bank.manager.get(file)

    assert [each.status_code for each in (of_serving, form, sent, of_admin, of_none)] == [404, 403, 403, 404, 404]
    assert ["/new?customer_id=" in each.text for each in (of_serving, of_admin, of_none)] == [False] * 3
    assert ["紧急查阅" in each.text for each in (of_serving, form, sent, of_none)] == [False] * 4


async def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_is_kept(bank):
    admin = await bank.staff("admin", "tenant_admin")
    figures = {"case_number_asked": True, "minutes": 10, "minutes_max": 15}
    await admin.post("/api/v1/policy/versions", json={"overrides": {"emergency": figures}, "note": ""})
    empty = await bank.manager.post(f"{PAGES}/new", data=form_of(known_by=" "))
    wrong = await bank.manager.post(f"{PAGES}/new", data={"known_by": "VIP-1", "reason": "急", "minutes": "16"})
    nobody = await bank.manager.post(f"{PAGES}/new", data=form_of(known_by="VIP-404", case_number="C-7", minutes="5"))
    done = await bank.manager.post(f"{PAGES}/new", data=form_of(known_by="VIP-1", case_number="C-7", minutes="5"))

    assert [each.status_code for each in (empty, wrong, nobody, done)] == [422, 422, 404, 200]
    assert re.findall(r'id="f-(\w+)-error"', empty.text) == ["known_by"]
    assert re.findall(r'id="f-(\w+)-error"', wrong.text) == ["reason", "minutes", "case_number"]
    assert all(said in wrong.text for said in ('value="VIP-1"', ">急</textarea>"))
    assert ("VIP-404" in nobody.text, 'role="alert"' in nobody.text) == (True, True)
    tried = (await bank.auditor.get("/api/v1/audit-entries", params={"action": "emergency.open"})).json()["items"]
    assert [each["refused"] for each in tried] == ["", "not-found"]


async def test_whose_month_is_used_up_reads_why_and_is_given_no_form(bank):
    admin = await bank.staff("admin", "tenant_admin")
    await admin.post("/api/v1/policy/versions", json={"overrides": {"emergency": {"a_month": 1}}, "note": ""})
    await looked(bank)
    page = await read(bank.manager, f"{PAGES}/new")
    sent = await bank.manager.post(f"{PAGES}/new", data=form_of(known_by="VIP-1"))

    assert ("本月的紧急查阅次数已用完" in page, "<form class" in page) == (True, False)
    assert sent.status_code == 409


@pytest.mark.rule("S02-6")
async def test_a_lent_file_says_so_and_offers_nothing_that_is_not_lent(bank):
    """As whoever leads the outlet sees it, without what is done, revealed, or lies outside of the file."""
    serving = await bank.sign_in("serving")
    for path, body in (
        ("complaints", {"customer_id": bank.customer, "text": "请尽快处理", "channel": "phone"}),
        ("customers/" + bank.customer + "/relatives", {"relation": "spouse", "name": "李丽华"}),
    ):
        made = await serving.post(f"/api/v1/{path}", json=body)
        assert made.status_code == 201, made.text
    leader = await bank.staff("leader", "manager", unit="east")
    access = await looked(bank)
    parts = ("", "archive", "files", "tier", "rights", "cases", "orders", "facts", "register", "plan", "looks")
    lent, own = {}, {}
    for part in parts:
        path = f"/console/customers/{bank.customer}/{part}".rstrip("/")
        lent[part], own[part] = await read(bank.manager, path), await read(leader, path)

    def main(page):
        return page[page.index("<main") : page.index("</main>")]

    outside = re.compile(r'(?:href|hx-get|hx-post)="(/console/[^"#]*)"')
    reached = {address for page in lent.values() for address in outside.findall(main(page))}
    of_leader = {address for page in own.values() for address in outside.findall(main(page))}
    file, accesses = f"/console/customers/{bank.customer}", f"{PAGES}/{access['id']}"
    answers = {address: (await bank.manager.get(address.replace("&amp;", "&"))).status_code for address in reached}

    assert all("紧急查阅：只能看，不能改" in page and f"{accesses}/do/end" in page for page in lent.values())
    assert not any("紧急查阅：只能看" in page for page in own.values())
    assert {address: status for address, status in answers.items() if status != 200} == {}
    assert {address for address in reached if not address.startswith((file, accesses))} == set()
    assert not any("/do/" in address and not address.startswith(accesses) for address in reached)
    for offered in ("/reveal/mobile", "/do/contact", "/archive/edit", "/copy", "/merge", "/apply"):
        assert any(offered in address for address in of_leader), offered
        assert not any(offered in address for address in reached), offered
    assert any("/console/complaints/" in address for address in of_leader)
    assert ("data-files" in own["files"], 'data-act="choose-files"' in lent["files"]) == (True, False)


async def test_ending_it_on_the_file_leads_to_the_access_and_the_file_is_gone(bank):
    access = await looked(bank)
    done = await bank.manager.post(f"{PAGES}/{access['id']}/do/end")
    gone = await bank.manager.get(f"/console/customers/{bank.customer}")

    assert f"{PAGES}/{access['id']}" in done.headers["HX-Trigger"]
    assert (gone.status_code, f"{PAGES}/new?customer_id=" in gone.text) == (404, True)


async def test_what_came_into_sight_meanwhile_is_no_lent_file(bank):
    """Whoever is moved to the customer's outlet while their access runs works there as always; those looks are their own."""
    access = await looked(bank)
    admin = await bank.staff("admin", "tenant_admin")
    moved = await admin.patch(f"/api/v1/staff/{bank.manager.staff_id}", json={"org_unit_id": str(bank.units["east"])})
    assert moved.status_code == 200, moved.text
    manager = await bank.sign_in("manager")
    before = (await bank.auditor.get(f"/api/v1/emergency-accesses/{access['id']}")).json()["looks"]
    page = await read(manager, f"/console/customers/{bank.customer}")
    after = (await bank.auditor.get(f"/api/v1/emergency-accesses/{access['id']}")).json()["looks"]

    assert ("紧急查阅：只能看" in page, "/do/contact" in page) == (False, True)
    assert before == after


async def test_who_looked_at_a_customer_in_an_emergency_is_said_in_words(bank):
    await looked(bank)
    leader = await bank.staff("leader", "manager", unit="east")
    pages = [await read(leader, f"/console/customers/{bank.customer}{part}") for part in ("", "/looks")]

    assert [("紧急查阅" in page, "emergency:" in page) for page in pages] == [(True, False)] * 2


async def test_the_list_leads_to_the_form_for_whoever_opens(bank):
    assert f'href="{PAGES}/new"' in await read(bank.manager, PAGES)
    assert f"{PAGES}/new" not in await read(bank.auditor, PAGES)
