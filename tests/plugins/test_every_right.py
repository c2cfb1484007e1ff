"""Every right that a pack ships is used once, by somebody who holds the tier, and not by somebody who does not (S01-6, S03-2)."""

from datetime import date

import pytest
from desk import open_desk
from pack_values import all_packs

from guibin.policies.queries import effective_policy
from guibin.tiers import memberships
from guibin.tiers.memberships import NewMembership
from guibin_tenants.tables import new_id

PRICE = {"amount": "100.00", "currency": "CNY"}


@pytest.fixture(params=[(), *((name,) for name in all_packs().names)], ids=lambda packs: "-".join(packs) or "general")
async def desk(request, world):
    return await open_desk(world, *request.param)


async def holds(desk, person, scheme, tier):
    given = NewMembership(
        customer_id=person,
        scheme=scheme.name,
        tier=tier,
        starts_on=date(2026, 1, 1),
        basis="application",
        basis_id=new_id(),
        reason="",
    )
    async with desk.tenant.scope():
        await memberships.start(given, now=desk.tenant.world.clock())


async def proof_of(desk, person, scheme):
    card = await desk.client.post(f"/api/v1/customers/{person}/e-cards", json={"scheme": scheme})
    shown = await desk.client.post("/api/v1/proofs", json={"kind": "e_card", "value": card.json()["text"]})
    return shown.json()["id"]


async def use(desk, person, right, policy):
    body = {"customer_id": person, "item": right.item, "scheme": right.scheme}
    if right.discount is not None:
        body["price"] = PRICE
    if policy.service_item(right.item).proof_minutes:
        body["proof"] = await proof_of(desk, person, right.scheme)
    return await desk.client.post("/api/v1/redemptions", json=body)


@pytest.mark.rule("S01-6", "S03-2", "S13-4")
async def test_every_right_is_used_once_and_by_nobody_else(desk):
    company = desk.tenant.context()
    async with desk.tenant.scope():
        policy = await effective_policy(desk.tenant.world.packs, company, at=desk.tenant.world.clock())
    people = {}
    for scheme in policy.schemes:
        for tier in scheme.tiers:
            number = f"{scheme.name}-{tier.name}"[:60]
            person = people[scheme.name, tier.name] = await desk.customer(number, scheme.customer_kinds[0])
            await holds(desk, person, scheme, tier.name)
    nobody = await desk.customer("nobody", policy.customer_kinds[0])

    wrong, reduced = [], []
    for right in policy.entitlements:
        answer = await use(desk, people[right.scheme, right.tier], right, policy)
        if answer.status_code != 201:
            wrong.append((right.scheme, right.tier, right.item, answer.text))
        elif right.discount is not None:
            reduced.append(answer.json()["reduced_by"] is not None)
    refused = {
        (await desk.client.post("/api/v1/redemptions", json={"customer_id": nobody, "item": item.name})).status_code
        for item in policy.service_items
    }

    assert wrong == []
    assert len(policy.entitlements) > 20
    assert refused == {422}
    assert reduced != []
    assert all(reduced)
    assert {right.item for right in policy.entitlements if right.item in ("discount", "preferential_fee")} != set()
    assert [r for r in policy.entitlements if r.item in ("discount", "preferential_fee") and r.discount is None] == []
