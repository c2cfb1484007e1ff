"""Who is told what, once, and reads only their own."""

from msgspec import structs

from guibin.cases import Case
from guibin.notices.actions import Notice, notify
from guibin_tenants import staff
from guibin_tenants.tables import new_id

WARNING = "deadline_warned"


async def _customer(tenant, unit, *, number="K1", manager=None):
    client = await tenant.client()
    body = {"number": number, "kind": "leader", "name": "王伟", "org_unit_id": str(tenant.units[unit])}
    if manager:
        body["account_manager_id"] = str(manager)
    answer = await client.post("/api/v1/customers", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def _told(client, **query):
    return (await client.get("/api/v1/notices", params=query)).json()["items"]


async def _tell(tenant, *, key="k", **about):
    async with tenant.scope():
        notice = Notice(WARNING, Case("complaint", new_id(), about.pop("customer_id", None)), **about)
        return await notify(notice, key=key, now=tenant.world.clock())


async def test_a_role_is_the_nearest_who_holds_it(tenant):
    await tenant.unit("city")
    await tenant.unit("hall", parent="city")
    city = await tenant.staff("city-manager", "manager", unit="city")
    hall = await tenant.staff("hall-manager", "manager", unit="hall")
    customer = await _customer(tenant, "hall")

    told = await _tell(tenant, customer_id=customer, roles=("manager",), details={"number": "TS1"})

    assert told == (hall.staff_id,)
    assert "TS1" in (await _told(hall))[0]["text"]
    assert await _told(city) == []


async def test_with_nobody_near_the_next_above_is_told(tenant):
    await tenant.unit("city")
    await tenant.unit("hall", parent="city")
    city = await tenant.staff("city-manager", "manager", unit="city")
    customer = await _customer(tenant, "hall")

    assert await _tell(tenant, customer_id=customer, roles=("manager",)) == (city.staff_id,)


async def test_the_account_manager_is_the_customers_own(tenant):
    await tenant.unit("hall")
    own = await tenant.staff("own", "account_manager", unit="hall")
    await tenant.staff("another", "account_manager", unit="hall")
    customer = await _customer(tenant, "hall", manager=own.staff_id)

    assert await _tell(tenant, customer_id=customer, roles=("account_manager",)) == (own.staff_id,)


async def test_what_nobody_would_hear_goes_to_the_admins(tenant):
    await tenant.unit("hall")
    admin = await tenant.staff("admin", "tenant_admin")
    customer = await _customer(tenant, "hall")

    assert await _tell(tenant, customer_id=customer, roles=("account_manager",)) == (admin.staff_id,)


async def test_one_occasion_is_told_once(tenant):
    admin = await tenant.staff("admin", "tenant_admin")

    assert await _tell(tenant, key="once", roles=("tenant_admin",)) == (admin.staff_id,)
    assert await _tell(tenant, key="once", roles=("tenant_admin",)) == ()
    assert len(await _told(admin)) == 1


async def test_reading_is_ones_own(tenant):
    first = await tenant.staff("first", "agent")
    second = await tenant.staff("second", "agent")
    await _tell(tenant, staff_ids=(first.staff_id,))
    notice = (await _told(first))[0]

    assert (await second.post(f"/api/v1/notices/{notice['id']}/reading")).status_code == 404
    assert (await first.get("/api/v1/notices/unread")).json() == {"unread": 1}
    assert (await first.post(f"/api/v1/notices/{notice['id']}/reading")).json() == {"unread": 0}
    assert await _told(first, unread=True) == []
    assert (await _told(first))[0]["read_at"] is not None


async def test_all_at_once(tenant):
    agent = await tenant.staff("agent", "agent")
    for key in "abc":
        await _tell(tenant, key=key, staff_ids=(agent.staff_id,))

    assert (await agent.post("/api/v1/notices/readings")).json() == {"unread": 0}
    assert await _told(agent, unread=True) == []


async def test_those_who_left_are_not_told(tenant):
    gone = await tenant.staff("gone", "manager")
    async with tenant.scope():
        await staff.leave(gone.staff_id, now=tenant.world.clock())

    assert await _tell(tenant, roles=("manager",), staff_ids=(gone.staff_id,)) == ()


async def test_a_key_has_no_inbox(client):
    assert (await client.get("/api/v1/notices")).status_code == 403


async def test_the_text_is_in_the_readers_language(tenant):
    agent = await tenant.staff("agent", "agent")
    await _tell(tenant, staff_ids=(agent.staff_id,), details={"number": "TS9"})

    chinese = (await _told(agent))[0]["text"]
    english = (await agent.get("/api/v1/notices", headers={"Accept-Language": "en"})).json()["items"][0]["text"]

    assert "TS9" in chinese
    assert "TS9" in english
    assert chinese != english


async def _complaint(tenant, customer, text):
    client = await tenant.client()
    body = {"text": text, "channel": "phone", "customer_id": customer}
    return (await client.post("/api/v1/complaints", json=body)).json()["id"]


async def _told_of(tenant, case_id, customer, *staff_ids):
    async with tenant.scope():
        notice = Notice(WARNING, Case("complaint", case_id, customer), staff_ids=staff_ids, details={"number": "TS1"})
        await notify(notice, key="of", now=tenant.world.clock())


async def test_a_notice_says_whom_it_is_about_and_what_they_said(tenant):
    await tenant.unit("city")
    await tenant.unit("far")
    agent = await tenant.staff("agent", "agent", unit="city")
    stranger = await tenant.staff("stranger", "agent", unit="far")
    customer = await _customer(tenant, "city")
    case = await _complaint(tenant, customer, "昨晚开始没有信号")

    await _told_of(tenant, case, customer, agent.staff_id, stranger.staff_id)

    told = (await _told(agent, unread=True))[0]
    assert (told["customer_name"], told["matter"]) == ("王伟", "昨晚开始没有信号")
    # Behind the wall there is no notice at all.
    assert await _told(stranger) == []


async def test_whose_name_a_notice_showed_is_on_record_and_a_notice_of_nobody_is_not(tenant):
    await tenant.unit("city")
    agent = await tenant.staff("agent", "agent", unit="city")
    customer = await _customer(tenant, "city")
    await _tell(tenant, staff_ids=(agent.staff_id,))
    await _told(agent)
    auditor = await tenant.staff("auditor", "auditor")

    async def recorded():
        found = await auditor.get("/api/v1/audit-entries", params={"action": "notice.search"})
        return [one["customer_ids"] for one in found.json()["items"]]

    before = await recorded()
    await _told_of(tenant, await _complaint(tenant, customer, "没有信号"), customer, agent.staff_id)
    await _told(agent)

    assert (before, await recorded()) == ([], [[customer]])


async def test_whoever_may_not_read_complaints_is_not_told_what_one_says(tenant):
    await tenant.unit("city")
    auditor = await tenant.staff("auditor", "auditor")
    customer = await _customer(tenant, "city")
    case = await _complaint(tenant, customer, "没有信号")

    await _told_of(tenant, case, customer, auditor.staff_id)
    told = (await _told(auditor))[0]
    permitted = {
        each: each in (await auditor.get("/api/v1/me")).json()["permissions"]
        for each in ("customers:read", "complaints:read")
    }

    assert (told["customer_name"] is not None, told["matter"] is not None) == tuple(permitted.values())


async def test_an_erased_customer_s_name_and_words_are_gone_from_notices_too(tenant):
    await tenant.unit("city")
    agent = await tenant.staff("agent", "agent", unit="city")
    customer = await _customer(tenant, "city")
    await _told_of(tenant, await _complaint(tenant, customer, "没有信号"), customer, agent.staff_id)
    admin = await tenant.client()
    erased = await admin.delete(f"/api/v1/customers/{customer}")
    assert erased.status_code in (200, 202, 204), erased.text

    told = await _told(agent)

    assert "王伟" not in str(told)
    assert "没有信号" not in str(told)


async def test_days_and_spans_are_told_as_people_say_them(tenant):
    agent = await tenant.staff("agent", "agent")
    async with tenant.scope():
        notice = Notice("plan_missing", Case("staff", agent.staff_id), staff_ids=(agent.staff_id,))
        told = structs.replace(notice, details={"who": "王敏", "span": "2026-W48"})
        await notify(told, key="span", now=tenant.world.clock())

    chinese = (await _told(agent))[0]["text"]
    english = (await agent.get("/api/v1/notices", headers={"Accept-Language": "en"})).json()["items"][0]["text"]

    assert ("2026年第48周" in chinese, "week 48 of 2026" in english) == (True, True)


async def test_what_is_for_a_department_reaches_no_post_of_the_head_office_and_admins_hear_that_nobody_leads_it(tenant):
    await tenant.unit("city")
    await tenant.unit("kitchen", parent="city")
    await tenant.unit("garage")
    chairman = await tenant.staff("chairman", "reception_officer", "manager")
    boss = await tenant.staff("boss", "tenant_admin")
    city = await tenant.staff("city-manager", "manager", unit="city")
    asked = {"roles": ("manager",), "to_department": True}

    above = await _tell(tenant, key="a", org_unit_id=tenant.units["kitchen"], **asked)
    nobody = await _tell(tenant, key="b", org_unit_id=tenant.units["garage"], **asked)
    head = await tenant.staff("head", "manager")
    plain = await _tell(tenant, key="c", org_unit_id=tenant.units["garage"], **asked)
    own = await _tell(tenant, key="d", org_unit_id=tenant.units["city"], **asked)

    assert (above, nobody, plain, own) == (
        (city.staff_id,),
        (boss.staff_id,),
        (head.staff_id,),
        (city.staff_id,),
    )
    assert await _told(chairman) == []
    told = [one["text"] for one in await _told(boss) if one["kind"] == "unit_unmanaged"]
    assert sorted(text.split()[0] for text in told) == ["garage", "kitchen"]
