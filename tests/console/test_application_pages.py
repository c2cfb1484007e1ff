"""Applying for a customer: the clause and who decides come first, then the form, then where it stands (S12-3, S04-3)."""

import re

import pytest
from caring import customer
from standing import member

SCHEME = "key_account"


@pytest.fixture
async def person(client):
    return await customer(client, "K-1", name="陈玉兰")


async def page(client, path):
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def at(person, kind=""):
    return f"/console/customers/{person}/apply" + (f"/{SCHEME}/{kind}" if kind else "")


async def test_what_can_be_applied_for_is_shown_with_its_clause_and_who_decides(tenant, client, person):
    first = await page(client, at(person))
    await member(tenant, person)
    held = await page(client, at(person))

    offered = [re.findall(rf'href="{at(person)}/{SCHEME}/(\w+)"', shown) for shown in (first, held)]
    assert offered[0] == ["tier", "exception"]
    assert {"adjustment", "exception"} <= set(offered[1])
    assert re.search(r"S\d\d-\d+", first) is not None
    assert f"/console/requests/new?customer_id={person}&amp;item=" in first


async def test_the_form_stands_beside_who_decides_and_leads_to_where_it_stands(tenant, client, person):
    own = await tenant.staff("own", "account_manager")
    form = await page(own, at(person, "exception"))
    tier = re.search(r'<option value="(\w+)">', form[form.index('name="tier"') :])[1]

    sent = await own.post(
        at(person, "exception"), data={"tier": tier, "reason": "董事长推荐", "expires_on": "2026-12-31"}
    )
    assert sent.status_code == 200, sent.text
    stands = re.search(r"/console/approvals/[0-9a-f-]{36}", sent.headers["HX-Trigger"])[0]

    assert 'name="expires_on"' in form
    assert "董事长推荐" in await page(own, stands)
    told = await page(own, f"/console/customers/{person}/tier")
    assert (stands in told, "待批" in told) == (True, True)


@pytest.mark.parametrize(
    ("sent", "field"), [({"reason": ""}, "reason"), ({"expires_on": ""}, "expires_on"), ({"tier": "none"}, "tier")]
)
async def test_what_is_wrong_stands_at_its_field_and_nothing_is_asked(client, person, sent, field):
    given = {"tier": "key", "reason": "董事长推荐", "expires_on": "2026-12-31"}

    answer = await client.post(at(person, "exception"), data=given | sent)

    assert (answer.status_code, f'id="f-{field}-error"' in answer.text) == (422, True), answer.text
    assert (await client.get("/api/v1/applications")).json()["items"] == []


async def test_a_second_application_is_refused_while_one_waits(client, person):
    given = {"tier": "key", "reason": "董事长推荐", "expires_on": "2026-12-31"}

    first, second = [await client.post(at(person, "exception"), data=given) for _ in range(2)]

    assert (first.status_code, second.status_code) == (200, 409)


async def test_a_registration_form_of_the_scheme_is_filled_in(world):
    tenant = await world.tenant(packs=())
    client = await tenant.client("*")
    person = await customer(client, kind="customer")
    await client.post(f"/api/v1/customers/{person}/consents", json={"purpose": "key_customer", "answer": "granted"})
    path = f"/console/customers/{person}/apply/key_customer/tier"
    first = await page(client, path)
    endorsed = await client.post(
        f"/console/customers/{person}/do/endorse",
        data={"scheme": "key_customer", "recognised": "true", "reason": "熟客"},
    )
    form = await page(client, path)
    asked = re.findall(r'name="(answers\.\w+)"', form)

    sent = {"tier": "diamond", "reason": "长期合作"}
    empty = await client.post(path, data=sent)
    full = await client.post(path, data=sent | dict.fromkeys(asked, "true") | {"answers.yearly_spending": "120000"})

    assert ("公司认可" in first, endorsed.status_code) == (True, 200), endorsed.text
    assert (bool(asked), empty.status_code, full.status_code) == (True, 422, 200), full.text


@pytest.mark.parametrize("place", ["", "exception", "nothing"])
async def test_another_outlets_customer_is_applied_for_by_nobody_else(tenant, client, place):
    await tenant.unit("north")
    await tenant.unit("south")
    person = await customer(client, org_unit_id=str(tenant.units["north"]))
    south = await tenant.staff("south", "account_manager", unit="south")

    assert (await south.get(at(person, place))).status_code == 404
