"""One customer assessed on the spot, or by the fact that qualifies: at the outlet, explained, told to who must know (S12-1, S11-5)."""

from datetime import timedelta

import pytest
from desk import open_desk
from receiving import told
from running import work_off

COOPERATIVE = "cooperative_vip"


@pytest.fixture
async def bank(world):
    return await open_desk(world, "banking")


@pytest.fixture
async def hotel(world):
    return await open_desk(world, "hotel")


async def saver(desk, number, amount, **more):
    """A customer with this on fixed deposit since today, who agrees to be a VIP."""
    person = await desk.customer(number, "personal", **more)
    await desk.consent(person, COOPERATIVE)
    await desk.fact(person, "fixed_deposit", "2026-03-02", amount=amount)
    return person


async def appraise(client, person, scheme=COOPERATIVE, status=201):
    answer = await client.post(
        f"/api/v1/customers/{person}/appraisals", json={"scheme": scheme}, headers={"Accept-Language": "zh-CN"}
    )
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.mark.rule("S12-1", "S12-7")
async def test_who_meets_the_condition_today_is_a_vip_today_at_the_outlet_and_hears_why(bank):
    await bank.tenant.unit("east")
    teller = await bank.tenant.staff("teller", "account_manager", unit="east")
    enough = await saver(bank, "1", "100000.00", org_unit_id=str(bank.tenant.units["east"]))
    short = await saver(bank, "2", "99999.99", org_unit_id=str(bank.tenant.units["east"]))
    elsewhere = await saver(bank, "3", "100000.00")

    given, refused = await appraise(teller, enough), await appraise(teller, short)
    await appraise(teller, elsewhere, status=404)

    assert (given["tier"], given["move"], given["clause"]) == ("vip", "start", "S12-1")
    assert "100,000" in given["sentence"], given["sentence"]
    assert (refused["tier"], refused["move"]) == (None, "none")
    assert [await bank.tier(one, COOPERATIVE) for one in (enough, short, elsewhere)] == ["vip", None, None]
    shown = (await bank.membership(enough, "zh-CN"))["explanations"]
    assert [one["sentence"] for one in shown] == [given["sentence"]]


@pytest.mark.rule("S12-7")
async def test_a_deposit_by_itself_makes_a_vip_and_the_account_manager_hears_of_it_once(bank):
    own = await bank.tenant.staff("own", "account_manager")
    person = await saver(bank, "1", "100000.00", account_manager_id=str(own.staff_id))
    short = await saver(bank, "2", "5000.00", account_manager_id=str(own.staff_id))
    unasked = await bank.customer("3", "personal", account_manager_id=str(own.staff_id))
    await bank.fact(unasked, "fixed_deposit", "2026-03-02", amount="200000.00")

    await work_off(bank.tenant)
    await bank.fact(person, "fixed_deposit", "2026-03-01", amount="300000.00")
    await work_off(bank.tenant)

    assert [await bank.tier(one, COOPERATIVE) for one in (person, short, unasked)] == ["vip", None, None]
    found = await told(bank.tenant, own)
    assert [found.count(kind) for kind in ("qualifies_now", "qualifies_unasked")] == [1, 1]


@pytest.mark.rule("S12-1", "S04-2")
async def test_who_would_fall_stays_until_everybody_is_assessed_and_an_approved_list_stays_as_it_is(bank, clock):
    person = await saver(bank, "1", "100000.00")
    await appraise(bank.client, person)
    clock.set(clock() + timedelta(days=2))
    await bank.fact(person, "fixed_deposit", "2026-03-03", amount="0.00")
    firm = await bank.customer("F", "corporate")
    await bank.fact(firm, "contribution", "2026-02-01", amount="6000000.00")

    fallen = await appraise(bank.client, person)
    listed = await appraise(bank.client, firm, "corporate_vip")

    assert (fallen["tier"], fallen["move"]) == (None, "later")
    assert "留待下次评定" in fallen["sentence"]
    assert await bank.tier(person, COOPERATIVE) == "vip"
    assert (listed["tier"], listed["move"]) == ("exclusive", "later")
    assert await bank.tier(firm, "corporate_vip") is None


@pytest.mark.rule("S11-5")
@pytest.mark.parametrize(("stays", "qualified"), [(9, False), (10, True)])
async def test_the_tenth_stay_at_full_rate_qualifies_and_front_desk_and_sales_hear_of_it(hotel, stays, qualified):
    people = {
        login: await hotel.tenant.staff(login, login)
        for login in ("front_desk_supervisor", "pr_sales_manager", "resident_manager")
    }
    guest = await hotel.customer("G", "guest")
    for number in range(stays):
        await hotel.fact(guest, "stay", f"2026-02-{number + 1:02d}", amount="680.00")

    await work_off(hotel.tenant)

    heard = {login: (await told(hotel.tenant, one)).count("qualifies_now") for login, one in people.items()}
    assert await hotel.tier(guest, "stays") == ("qualified" if qualified else None)
    desk, read = people["front_desk_supervisor"], []
    for language in ("zh-CN", "en"):
        notices = (await desk.get("/api/v1/notices", headers={"Accept-Language": language})).json()["items"]
        read += [one["text"] for one in notices if one["kind"] == "qualifies_now"]
    assert read == (
        ["客户符合条件：达到VD入住条件，即日起生效", "A customer qualifies: Stays enough for VD, from today"]
        if qualified
        else []
    )
    assert heard == {
        "front_desk_supervisor": int(qualified),
        "pr_sales_manager": int(qualified),
        "resident_manager": 0,
    }


async def test_a_customer_of_another_kind_and_a_scheme_by_application_are_refused(bank):
    firm = await bank.customer("F", "corporate")

    await appraise(bank.client, firm, status=422)
    await appraise(bank.client, firm, "key_partner", status=422)
