"""Sealed values guessed through answers: whoever names one is on record, refused or not, and cannot do it for ever."""

import asyncio

import asyncpg
import pytest
from acting import acting
from looking import CUSTOMER

from guibin.audit import actions as audit
from guibin.audit import look_ups
from guibin.audit.actions import AuditNote
from guibin.audit.attempts import attempt
from guibin_tenants.refusals import Conflict
from guibin_tenants.scope import savepoint

RIGHT, WRONG = "13800138000", "13912345678"
REASON = "登记时写错"


@pytest.fixture
async def customer(client):
    answer = await client.post("/api/v1/customers", json=CUSTOMER)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def entries(client, **wanted):
    return (await client.get("/api/v1/audit-entries", params=wanted | {"limit": 200})).json()["items"]


async def limit(client, **limits):
    answer = await client.put("/api/v1/look-up-limits", json={"person_per_hour": 300, "key_per_hour": 300} | limits)
    assert answer.status_code == 200, answer.text


def guesses(customer):
    """Every request that names a sealed value, with the number it is filled with."""
    path = f"/api/v1/customers/{customer['id']}"
    return {
        "correction": lambda c, n: c.post(
            f"{path}/corrections", json={"reason": REASON, "changes": {"confidential": {"mobile": n}}}
        ),
        "change": lambda c, n: c.patch(path, json={"confidential": {"mobile": n}}),
        "search": lambda c, n: c.post("/api/v1/customers/searches", json={"q": n}),
        "last four": lambda c, n: c.get("/api/v1/customers", params={"q": n[-4:]}),
        "recognition": lambda c, n: c.post("/api/v1/recognitions", json={"phone": n}),
        "identity check": lambda c, n: c.post(
            f"{path}/identity-checks", json={"field": "mobile", "name": "王建国", "number": n}
        ),
    }


KINDS = tuple(guesses({"id": ""}))


async def test_a_correction_answers_a_right_guess_as_a_wrong_one(client, customer):
    correction = guesses(customer)["correction"]
    history = f"/api/v1/customers/{customer['id']}/corrections"

    right, wrong = [await correction(client, number) for number in (RIGHT, WRONG)]

    assert [right.status_code, wrong.status_code] == [201, 201]
    assert right.json().keys() == wrong.json().keys()
    assert len((await client.get(history)).json()["items"]) == 2
    assert len(await entries(client, action="customer.correct", refused=False)) == 2


@pytest.mark.parametrize("body", [{"reason": " "}, {"reason": REASON, "kind": "emperor"}])
async def test_a_correction_that_is_refused_is_on_record(client, customer, body):
    changes = {"confidential": {"mobile": RIGHT}} | {name: body[name] for name in body if name != "reason"}

    answer = await client.post(
        f"/api/v1/customers/{customer['id']}/corrections", json={"reason": body["reason"], "changes": changes}
    )

    assert answer.status_code == 422
    (entry,) = await entries(client, action="customer.correct")
    assert (entry["customer_ids"], entry["asked"], entry["refused"]) == ([customer["id"]], True, "invalid")
    assert "mobile" in entry["fields"]


async def test_a_name_that_is_no_field_is_not_put_on_record(client, customer):
    answer = await client.patch(f"/api/v1/customers/{customer['id']}", json={"confidential": {"她的丈夫王建国": "1"}})

    assert answer.status_code == 422
    (entry,) = await entries(client, action="customer.change", refused=True)
    assert entry["fields"] == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", [RIGHT, WRONG])
async def test_that_a_number_was_asked_for_is_on_record(client, customer, kind, number):
    answer = await guesses(customer)[kind](client, number)

    assert answer.status_code < 300, answer.text
    (entry,) = await entries(client, asked=True)
    assert entry["refused"] == ""


@pytest.mark.parametrize("q", ["王", "王建国", "wangjianguo", "12"])
async def test_a_search_for_a_name_asks_for_no_number_and_looks_at_none(client, q):
    made = CUSTOMER | {"number": "X", "name": "李四", "confidential": {"smart_card_number": q}}
    assert (await client.post("/api/v1/customers", json=made)).status_code == 201

    found = (await client.get("/api/v1/customers", params={"q": q})).json()["items"]

    assert found == []
    assert await entries(client, asked=True) == []


@pytest.mark.parametrize("kind", KINDS)
async def test_nobody_asks_for_more_numbers_within_the_hour_than_the_company_lets_one(client, tenant, customer, kind):
    await limit(client, person_per_hour=2)
    clerk = await tenant.staff("li.na", "account_manager")
    other = await tenant.staff("zhao.min", "account_manager")
    guess = guesses(customer)[kind]

    answers = [await guess(clerk, f"1380013800{digit}") for digit in range(4)]

    assert [answer.status_code < 300 for answer in answers] == [True, True, False, False]
    assert {answer.status_code for answer in answers[2:]} == {429}
    assert answers[2].json()["type"] == "/problems/too-many-look-ups"
    assert 3_500 < int(answers[2].headers["retry-after"]) <= 3_601
    refused = await entries(client, actor_id=clerk.staff_id, refused=True)
    assert [(entry["asked"], entry["refused"]) for entry in refused] == [(True, "too-many-look-ups")] * 2
    assert (await guess(other, RIGHT)).status_code < 300
    tenant.world.clock.set(tenant.world.clock() + look_ups.WINDOW)
    assert (await guess(clerk, RIGHT)).status_code < 300


async def test_refused_guesses_count_as_well(client, tenant, customer):
    await limit(client, person_per_hour=2)
    clerk = await tenant.staff("li.na", "account_manager")
    path = f"/api/v1/customers/{customer['id']}/corrections"

    answers = [
        await clerk.post(path, json={"reason": "", "changes": {"confidential": {"mobile": RIGHT}}}) for _ in range(4)
    ]

    assert [answer.status_code for answer in answers] == [422, 422, 429, 429]


async def test_guesses_at_one_moment_share_one_limit(client, tenant, customer):
    await limit(client, person_per_hour=3)
    clerk = await tenant.staff("li.na", "account_manager")
    guess = guesses(customer)["recognition"]

    answers = await asyncio.gather(*(guess(clerk, f"1380013800{digit}") for digit in range(10)))

    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [429] * 7
    assert len(await entries(client, asked=True)) == 10


async def test_guesses_that_are_refused_at_one_moment_share_one_limit(client, tenant, customer):
    await limit(client, person_per_hour=3)
    clerk = await tenant.staff("li.na", "account_manager")
    path, body = f"/api/v1/customers/{customer['id']}/corrections", {"confidential": {"mobile": RIGHT}}

    answers = await asyncio.gather(*(clerk.post(path, json={"reason": "", "changes": body}) for _ in range(10)))

    assert sorted(answer.status_code for answer in answers) == [422] * 3 + [429] * 7


async def test_a_busy_key_has_a_limit_too(client, tenant, customer):
    await limit(client, key_per_hour=2)
    switch = await tenant.client("recognitions:write")

    answers = [await guesses(customer)["recognition"](switch, RIGHT) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]


@pytest.mark.parametrize("wrong", [0, -1, look_ups.LIMIT_MAX + 1])
async def test_a_limit_is_a_number_of_look_ups(client, wrong):
    answer = await client.put("/api/v1/look-up-limits", json={"person_per_hour": wrong})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "person_per_hour")
    assert (await client.get("/api/v1/look-up-limits")).json() == {"person_per_hour": 300, "key_per_hour": 36_000}


async def test_no_record_of_the_attempt_no_answer(client, customer, monkeypatch):
    async def full(*_):
        raise asyncpg.DiskFullError("no space")

    path = f"/api/v1/customers/{customer['id']}/corrections"
    monkeypatch.setattr(audit, "add_all", full)

    answer = await client.post(path, json={"reason": "", "changes": {"confidential": {"mobile": RIGHT}}})

    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/audit-unavailable")


async def refuse(tenant, *, caught=False):
    """A refused attempt in a scope, which a savepoint takes back when the refusal is `caught`."""
    by, now = tenant.principal(), tenant.world.clock()
    note = AuditNote(action="test.try", customer_id=by.id)
    async with tenant.scope():
        try:
            async with savepoint(), attempt(note, acting(by=by, now=now)):
                raise Conflict()
        except Conflict:
            if not caught:
                raise


@pytest.mark.parametrize("caught", [True, False])
async def test_an_attempt_outlives_the_transaction_it_was_made_in_wherever_that_is(client, tenant, caught):
    if caught:
        await refuse(tenant, caught=True)
    else:
        with pytest.raises(Conflict):
            await refuse(tenant)

    (entry,) = await entries(client, action="test.try")
    assert (entry["refused"], entry["actor_name"]) == ("conflict", "tester")


@pytest.mark.parametrize(("undone", "left"), [(True, ["undone"]), (False, [])])
async def test_an_attempt_that_was_no_refusal_is_on_record_only_when_it_was_undone(client, tenant, undone, left):
    async with tenant.scope() as scope:
        async with attempt(AuditNote(action="test.try"), acting(by=tenant.principal(), now=tenant.world.clock())):
            pass
        scope.rollback_only = undone

    assert [entry["refused"] for entry in await entries(client, action="test.try")] == left


async def test_who_gives_numbers_until_one_is_taken_is_on_record_and_held_to_the_limit(tenant, client):
    """Numbers and logins are the whole company's: that one is taken is said across the wall, and nothing else."""
    await tenant.unit("east")
    clerk = await tenant.staff("clerk", "tenant_admin", unit="east")
    unit = str(tenant.units["east"])
    theirs = CUSTOMER | {"number": "M10"}
    order = {"number": "O1", "product": "p", "price": {"amount": "1.00", "currency": "CNY"}}
    order |= {"started_on": "2026-01-01", "ends_on": "2027-01-01"}
    account = {"login": "zhao", "name": "赵", "roles": ["agent"], "password": "another horse battery"}
    made = (await client.post("/api/v1/customers", json=theirs)).json()["id"]
    await client.post(f"/api/v1/customers/{made}/orders", json=order)
    await client.post("/api/v1/staff", json=account)
    own = {"number": "E1", "name": "李四", "kind": "partner", "org_unit_id": unit}
    ours = (await clerk.post("/api/v1/customers", json=own)).json()["id"]
    orders = f"/api/v1/customers/{ours}/orders"
    await limit(client, person_per_hour=3)

    taken = [
        await clerk.post("/api/v1/customers", json=own | {"number": "M10"}),
        await clerk.post(orders, json=order),
        await clerk.post("/api/v1/staff", json=account | {"org_unit_id": unit}),
    ]
    later = [
        await clerk.post("/api/v1/customers", json=own | {"number": "M10"}),
        await clerk.post("/api/v1/customers", json=own | {"number": "E2"}),
        await clerk.post(orders, json=order | {"number": "O2"}),
    ]

    assert [answer.status_code for answer in taken] == [409, 409, 422]
    assert {answer.json()["type"] for answer in taken[:2]} == {"/problems/number-unusable"}
    assert [answer.status_code for answer in later] == [429] * 3
    refused = [one for one in await entries(client, asked=True, refused=True) if one["actor_name"] == "clerk"]
    kinds = sorted((one["action"], one["refused"]) for one in refused if one["refused"] != "too-many-look-ups")
    assert kinds == [("customer.open", "number-unusable"), ("order.open", "number-unusable"), ("staff.add", "invalid")]
    assert not any("M10" in str(one) or "O1" in str(one) for one in refused)


async def test_numbers_that_are_free_count_for_nothing(tenant, client):
    await limit(client, person_per_hour=1)
    clerk = await tenant.staff("clerk", "manager")

    opened = [
        await clerk.post("/api/v1/customers", json={"number": f"N{number}", "name": "李四", "kind": "partner"})
        for number in range(3)
    ]

    assert [answer.status_code for answer in opened] == [201] * 3
