"""Companions, shared quotas with a cap for each, and discounts: policy, redemption, races (subtlety 49)."""

import asyncio

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from pack_values import all_packs

from guibin.policy.packs import decode_pack, encode_pack
from guibin.policy.service_items import Discount, Entitlement, Pool
from guibin.policy.validation import validate

from .test_redemptions import member, quota, redeem

__all__ = ["member"]  # a fixture

PACK = all_packs().value("cable_tv")
SCHEME = {"scheme": "key_account", "tier": "key", "period": "year"}


async def given_rights(client, *rights):
    body = {"overrides": {"entitlements": [SCHEME | one for one in rights]}, "note": "权益"}
    answer = await client.post("/api/v1/policy/versions", json=body)
    assert answer.status_code == 201, answer.text


async def executive(client, member, number, role="executive"):
    answer = await client.post("/api/v1/customers", json={"number": number, "name": "李总", "kind": "leader"})
    person = answer.json()["id"]
    if role:
        linked = await client.post(f"/api/v1/customers/{person}/links", json={"of_customer_id": member, "role": role})
        assert linked.status_code == 201, linked.text
    return person


async def test_companions_use_units_of_the_members_quota_or_come_along_free(client, member):
    await given_rights(
        client,
        {"item": "free_trial", "quota": 4},
        {"item": "errand", "quota": 4, "companions": "free"},
    )

    counted = await redeem(client, member, companions=2)
    free = await redeem(client, member, item="errand", companions=9)
    too_many = await redeem(client, member, companions=1, status=409)
    again = [await redeem(client, member, companions=n, reference="r-1", item="errand") for n in (1, 1)]
    other = await redeem(client, member, companions=2, reference="r-1", item="errand", status=409)

    assert [(one["quantity"], one["companions"]) for one in (counted, free)] == [(3, 2), (1, 9)]
    assert too_many["type"].endswith("quota-used-up")
    assert (again[0]["id"] == again[1]["id"], other["type"].rpartition("/")[2]) == (True, "reference-taken")
    assert ((await quota(client, member))["left"], (await quota(client, member, "errand"))["left"]) == (1, 2)


async def test_a_shared_quota_has_a_cap_for_each_who_shares_it(client, member):
    pool = {"roles": ["executive"], "per_person": 2}
    await given_rights(client, {"item": "free_trial", "quota": 5, "pool": pool})
    one, other = await executive(client, member, "P-1"), await executive(client, member, "P-2")
    stranger = await executive(client, member, "P-3", role="")

    await redeem(client, member, person_id=one, companions=1)
    beyond = await redeem(client, member, person_id=one, status=409)
    nobody = await redeem(client, member, status=422)
    foreign = await redeem(client, member, person_id=stranger, status=422)
    second = await redeem(client, member, person_id=other)
    await client.post(f"/api/v1/redemptions/{second['id']}/reversal", json={"reason": "未成行"})
    await redeem(client, member, person_id=other, quantity=2)

    assert (beyond["type"].rpartition("/")[2], nobody["errors"][0]["field"]) == ("share-used-up", "person_id")
    assert "0 of 2 left" in beyond["detail"]
    assert foreign["type"].rpartition("/")[2] == "not-among-them"
    shown = await quota(client, member)
    assert (shown["left"], shown["pool"]) == (1, pool)


async def test_of_a_shared_quota_nobody_gets_more_however_many_ask_at_once(client, member):
    await given_rights(client, {"item": "free_trial", "quota": 5, "pool": {"roles": ["executive"], "per_person": 2}})
    people = [await executive(client, member, f"P-{n}") for n in range(4)]

    answers = await asyncio.gather(
        *(
            client.post("/api/v1/redemptions", json={"customer_id": member, "item": "free_trial", "person_id": person})
            for person in people * 4
        )
    )

    taken = [answer.json()["person_id"] for answer in answers if answer.status_code == 201]
    assert {answer.status_code for answer in answers} == {201, 409}
    assert (len(taken), max(taken.count(person) for person in people)) == (5, 2)


async def test_a_discount_answers_what_is_taken_off_and_what_is_left_to_pay(client, member):
    discount = {"percent": 15, "ceiling": 5_000, "unit": "CNY"}
    await given_rights(
        client, {"item": "errand", "quota": 10, "discount": discount}, {"item": "free_trial", "quota": 4}
    )

    small = await redeem(client, member, item="errand", price={"amount": "99.99"})
    large = await redeem(client, member, item="errand", price={"amount": "1000.00"})
    without = await redeem(client, member, item="errand")
    dollars = await redeem(client, member, item="errand", price={"amount": "10", "currency": "USD"}, status=422)
    no_discount = await redeem(client, member, price={"amount": "10"}, status=422)

    figures = ("price", "reduced_by", "to_pay", "currency")
    assert [tuple(one[name] for name in figures) for one in (small, large, without)] == [
        (9_999, 1_499, 8_500, "CNY"),
        (100_000, 5_000, 95_000, "CNY"),
        (None, None, None, None),
    ]
    assert [one["errors"][0]["field"] for one in (dollars, no_discount)] == ["price", "price"]
    assert (await quota(client, member, "errand"))["discount"] == discount


async def test_a_person_behind_a_wall_shares_nothing(tenant, client, member):
    await given_rights(client, {"item": "free_trial", "quota": 5, "pool": {"roles": ["executive"], "per_person": 2}})
    await tenant.unit("east")
    body = {"number": "E-1", "name": "王总", "kind": "leader", "org_unit_id": str(tenant.units["east"])}
    hidden = (await client.post("/api/v1/customers", json=body)).json()["id"]
    await client.post(f"/api/v1/customers/{hidden}/links", json={"of_customer_id": member, "role": "executive"})
    await tenant.unit("west")
    async with tenant.scope() as scope:
        await scope.connection.execute(
            "update customer set org_unit_id = $2 where id = $1", member, tenant.units["west"]
        )
    west = await tenant.client(org_unit_id=tenant.units["west"])

    refused = await redeem(west, member, person_id=hidden, status=404)

    assert refused["type"].endswith("not-found")


@given(st.integers(0, 10**12), st.integers(1, 100), st.none() | st.integers(1, 10**6))
def test_never_more_is_taken_off_than_the_price_or_the_ceiling(price, percent, ceiling):
    off = Discount(percent, ceiling).off(price)

    assert 0 <= off <= price
    assert ceiling is None or off <= ceiling
    assert off * 100 <= price * percent


def test_rights_survive_json_and_what_contradicts_itself_is_named():
    good = Entitlement("key_account", "key", "errand", 5, pool=Pool(("executive",), 2), discount=Discount(20, 10_000))
    pack = replace(PACK, entitlements=(good,))
    wrong = [
        replace(good, pool=Pool((), 2)),
        replace(good, pool=Pool(("executive",), 6)),
        replace(good, discount=Discount(0)),
        replace(good, discount=Discount(101, 0, "yuan")),
    ]

    found = [[problem.path for problem in validate(replace(PACK, entitlements=(one,)))] for one in wrong]

    assert decode_pack(encode_pack(pack)).entitlements == (good,)
    assert msgspec.json.decode(b'{"scheme":"s","tier":"t","item":"i"}', type=Entitlement).pool is None
    assert [[path.rpartition("errand.")[2] for path in paths] for paths in found] == [
        ["pool.roles"],
        ["pool.per_person"],
        ["discount.percent"],
        ["discount.percent", "discount.ceiling", "discount.unit"],
    ]
