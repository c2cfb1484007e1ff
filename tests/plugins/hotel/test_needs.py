"""What a guest's archive holds under seal reaches who prepares the visit, each department its own alone (S10-3, S11-7, S02-6)."""

import pytest
from receiving import PATH, PLAN, decide, guest, orders, step
from tables import Tables

from guibin_tenants.scope import fetch, fetch_value

DEPARTMENTS = ("food_beverage", "front_office", "housekeeping", "engineering", "security", "pr_sales")
SEALED = {"diet": "花生过敏", "mobility": "轮椅", "security_needs": "走地下车库"}
OPEN = {"title": "团长", "room_preference": "高楼层", "language": "粤语"}
OF_EACH = {
    "food_beverage": {"diet"},
    "front_office": {"room_preference", "mobility", "language", "title"},
    "housekeeping": {"room_preference", "mobility"},
    "engineering": {"mobility"},
    "security": {"security_needs"},
    "pr_sales": {"language", "title"},
}


@pytest.fixture
async def departments(hotel):
    for name in DEPARTMENTS:
        await hotel.tenant.unit(name)
    return {name: await hotel.tenant.staff(f"of_{name}", "manager", unit=name) for name in DEPARTMENTS}


async def noticed(hotel):
    """A VA visit of which the visiting party said nothing but who comes."""
    reception = await hotel.confirmed(protocol="va")
    await step(hotel.sales, reception, "enquiries", {"asked": "省府办"})
    answers = {"delegation": "省政府", "contact_person": "陈秘书"}
    await step(hotel.sales, reception, "particulars", {"guests": "一行六人", "answers": answers})
    body = {"protocol": "va", "qualification": "provincial_leader", "reason": "视察"}
    asked = await step(hotel.sales, reception, "applications", body)
    await decide(hotel.people["group_chairman"], asked["applications"][-1]["approval_id"])
    drafted = await step(hotel.sales, reception, "plans", PLAN)
    await decide(hotel.people["resident_manager"], drafted["plans"][-1]["approval_id"])
    await step(hotel.sales, reception, "assignments", {"staff_id": str(hotel.sales.staff_id)})
    return await step(hotel.sales, reception, "notice")


async def written(hotel, **changes):
    client = await hotel.tenant.client()
    customer = (await client.get("/api/v1/customers")).json()["items"][0]["id"]
    answer = await client.patch(f"/api/v1/customers/{customer}", json=changes)
    assert answer.status_code == 200, answer.text
    return customer


async def told(client):
    """Of the newest order: its edition, and what of the guest's archive it says."""
    (order,) = [one for one in await orders(client) if one["newest"]]
    answer = await client.get(f"/api/v1/reception-orders/{order['id']}")
    return order["edition"], answer.json()["content"]["needs"]


@pytest.mark.rule("S11-7", "S10-3", "S02-6")
async def test_what_the_house_knows_of_a_guest_reaches_each_department_its_own_alone(hotel, departments):
    reception = await noticed(hotel)
    nothing = {name: await told(client) for name, client in departments.items()}

    customer = await written(hotel, confidential=SEALED, fields=OPEN)

    known = {field: [value] for field, value in (SEALED | OPEN).items()}
    assert nothing == dict.fromkeys(DEPARTMENTS, (1, {}))
    assert {name: await told(client) for name, client in departments.items()} == {
        name: (2, {field: known[field] for field in fields}) for name, fields in OF_EACH.items()
    }
    async with hotel.tenant.scope():
        shown = await fetch("select fields::text, purpose from disclosure where customer_id = $1", customer)
    assert [all(name in row["fields"] for name in SEALED) for row in shown] == [True]
    assert reception["number"] in shown[0]["purpose"]


@pytest.mark.rule("S11-7", "S02-6")
async def test_the_notice_that_all_read_and_other_departments_say_nothing_of_it(hotel, departments):
    reception = await noticed(hotel)
    await written(hotel, confidential=SEALED)

    form = (await hotel.sales.get(f"{PATH}/{reception['id']}")).text
    pages = {}
    for name, client in departments.items():
        (order,) = [one for one in await orders(client) if one["newest"]]
        pages[name] = (await client.get(f"/console/receptions/orders/{order['id']}")).text

    assert [word for word in SEALED.values() if word in form] == []
    assert {name for name, page in pages.items() if SEALED["diet"] in page} == {"food_beverage"}
    assert {name for name, page in pages.items() if SEALED["security_needs"] in page} == {"security"}


@pytest.mark.rule("S11-7")
@pytest.mark.parametrize("state", ["noticed", "arrived"])
async def test_what_is_noted_after_the_notice_goes_out_anew_and_what_is_nobodys_to_know_does_not(
    hotel, departments, state
):
    reception = await noticed(hotel)
    if state == "arrived":
        await step(hotel.sales, reception, "arrival", {"channel": "main_entrance"})
    kitchen = departments["food_beverage"]

    await written(hotel, name="王建国")
    other = await told(kitchen)
    await written(hotel, confidential={"diet": "花生过敏"})
    allergy = await told(kitchen)
    await written(hotel, confidential={"diet": []})

    assert (other, allergy, await told(kitchen)) == ((1, {}), (2, {"diet": ["花生过敏"]}), (3, {}))


@pytest.mark.rule("S11-7")
async def test_no_order_goes_out_of_a_visit_that_is_over_or_of_a_guest_who_is_erased(hotel, departments):
    reception = await noticed(hotel)
    await step(hotel.sales, reception, "cancellation", {"reason": "改期"})
    await written(hotel, confidential={"diet": "花生过敏"})

    async with hotel.tenant.scope():
        assert await fetch_value("select count(*) from reception_order where kind = 'change'") == 0


@pytest.mark.rule("S11-7", "S07-26")
@pytest.mark.parametrize("visits", ["kept", "merged"])
async def test_what_the_other_archive_of_the_guest_says_goes_out_when_the_two_become_one(hotel, departments, visits):
    await noticed(hotel)
    guests = {"visits": await written(hotel, name="王建国")}
    guests["told"] = await guest(hotel.key, "G-2", kind="guest", confidential={"diet": "花生过敏"})
    kept, merged = (guests[name] for name in (("visits", "told") if visits == "kept" else ("told", "visits")))
    before = await told(departments["food_beverage"])

    body = {"merged_id": merged, "reason": "同一个人", "choices": {"name": "kept"}}
    answer = await hotel.key.post(f"/api/v1/customers/{kept}/merges", json=body)
    assert answer.status_code == 201, answer.text

    assert (before, await told(departments["food_beverage"])) == ((1, {}), (2, {"diet": ["花生过敏"]}))


@pytest.mark.rule("S11-7", "S07-26")
async def test_what_a_file_brings_in_goes_out_too(world, hotel, departments, tmp_path):
    await noticed(hotel)
    file = tmp_path / "guests.csv"
    file.write_text("number,name,kind,diet\nG-1,张三丽,guest,花生过敏\n", encoding="utf-8")

    await Tables(world, hotel.tenant, tmp_path).brings("customers", file)

    assert await told(departments["food_beverage"]) == (2, {"diet": ["花生过敏"]})
