"""One person in two outlets' archives is one to the company, and nobody's business across the wall (S02-6, S02-2)."""

from datetime import timedelta

import pytest
from running import work_off

DOCUMENT = {"identity_number": "11010519491231002X"}
CHOICES = {"name": "kept"}


@pytest.fixture
async def bank(tenant, client):
    await tenant.unit("east")
    await tenant.unit("west")
    people = {
        "head": await tenant.staff("head", "manager"),
        "east": await tenant.staff("east-lead", "manager", unit="east"),
        "west": await tenant.staff("west-lead", "manager", unit="west"),
    }
    for number, unit, documents in (("1", "east", DOCUMENT), ("2", "west", DOCUMENT), ("3", "west", {})):
        body = {"number": number, "name": f"陈{number}", "kind": "leader", "confidential": documents}
        answer = await client.post("/api/v1/customers", json=body | {"org_unit_id": str(tenant.units[unit])})
        assert answer.status_code == 201, answer.text
        people[number] = answer.json()["id"]
    for unit in ("east", "west"):
        people[f"{unit}-admin"] = await tenant.staff(f"{unit}-admin", "tenant_admin", unit=unit)
    return people


async def same(who, customer):
    answer = await who.get(f"/api/v1/customers/{customer}/same-person")
    return [one["number"] for one in answer.json()] if answer.status_code == 200 else answer.status_code


async def customers(who, clock):
    period = f"{clock():%Y-%m}"
    report = (await who.get("/api/v1/reports/retention", params={"period": period})).json()
    return next(one["numerator"] for one in report["figures"] if one["definition"]["name"] == "customers")


async def heard(tenant, who):
    await work_off(tenant)
    notices = (await who.get("/api/v1/notices")).json()["items"]
    return [(one["kind"], one["subject_id"]) for one in notices if one["kind"].startswith("same_person")]


@pytest.mark.rule("S02-6")
async def test_the_company_knows_one_person_and_an_outlet_nothing_of_the_other(bank, clock):
    assert [await same(bank["head"], bank[each]) for each in "123"] == [["2"], ["1"], []]
    assert [await same(bank["east"], bank[each]) for each in "12"] == [[], 404]
    assert [await customers(bank[who], clock) for who in ("head", "east", "west")] == [2, 1, 2]
    looked = (await bank["east"].get(f"/api/v1/customers/{bank['1']}/merges/{bank['2']}/differences")).status_code
    assert looked == 404


@pytest.mark.rule("S02-2", "S02-6")
async def test_what_is_withdrawn_or_erased_at_one_is_asked_of_the_head_office_about_the_other(
    bank, tenant, client, clock
):
    answers = [("1", "granted"), ("3", "refused"), ("1", "withdrawn")]
    for customer, answer in answers:
        sent = await bank["head"].post(
            f"/api/v1/customers/{bank[customer]}/consents", json={"purpose": "marketing", "answer": answer}
        )
        assert sent.status_code == 201, sent.text
        clock.set(clock() + timedelta(minutes=1))
    withdrew = await heard(tenant, bank["head"])
    erased = await client.delete(f"/api/v1/customers/{bank['1']}")
    gone = await heard(tenant, bank["head"])

    assert erased.status_code in (200, 204)
    assert withdrew == [("same_person_withdrew", bank["2"])]
    assert sorted(gone) == [("same_person_erased", bank["2"]), *withdrew]
    outlets = ("east", "west", "east-admin", "west-admin")
    assert [await heard(tenant, bank[who]) for who in outlets] == [[]] * 4
    assert await same(bank["head"], bank["2"]) == []
    texts = [one["text"] for one in (await bank["head"].get("/api/v1/notices")).json()["items"]]
    assert "客户 2 的同一个人在另一处不同意或撤回了“营销”：请核实这一份" in texts


@pytest.mark.rule("S02-6")
async def test_nobody_of_an_outlet_hears_even_where_nobody_leads_the_company(bank, tenant, client):
    gone = await client.post(f"/api/v1/staff/{bank['head'].staff_id}/leaving", json={})
    assert gone.status_code in (200, 201), gone.text
    await client.delete(f"/api/v1/customers/{bank['1']}")
    outlets = ("east", "west", "east-admin", "west-admin")

    assert [await heard(tenant, bank[who]) for who in outlets] == [[]] * 4


@pytest.mark.rule("S02-2")
async def test_whoever_said_no_at_both_is_asked_about_neither_and_a_closed_archive_is_erased_too(
    bank, tenant, client, clock
):
    for customer in "21":
        said = {"purpose": "marketing", "answer": "refused"}
        assert (await client.post(f"/api/v1/customers/{bank[customer]}/consents", json=said)).status_code == 201
        first = await heard(tenant, bank["head"])
        clock.set(clock() + timedelta(minutes=1))
    closed = await client.post(f"/api/v1/customers/{bank['2']}/closings", json={"reason": "left"})
    assert closed.status_code == 201, closed.text
    assert (await client.delete(f"/api/v1/customers/{bank['1']}")).status_code in (200, 204)

    # The first no was told about the other archive, the second about none.
    assert first == [("same_person_withdrew", bank["1"])]
    assert sorted(await heard(tenant, bank["head"])) == [("same_person_erased", bank["2"]), *first]


@pytest.mark.rule("S02-6")
async def test_archives_made_one_count_as_one_and_tell_nobody_of_another(bank, tenant, client, clock):
    merged = await bank["head"].post(
        f"/api/v1/customers/{bank['1']}/merges", json={"merged_id": bank["2"], "reason": "同一个人", "choices": CHOICES}
    )
    assert merged.status_code == 201, merged.text
    withdrawn = {"purpose": "marketing", "answer": "refused"}
    assert (await client.post(f"/api/v1/customers/{bank['1']}/consents", json=withdrawn)).status_code == 201

    assert await same(bank["head"], bank["1"]) == []
    assert await customers(bank["head"], clock) == 2
    assert await heard(tenant, bank["head"]) == []
    assert (await client.delete(f"/api/v1/customers/{bank['1']}")).status_code in (200, 204)
    assert await heard(tenant, bank["head"]) == []
