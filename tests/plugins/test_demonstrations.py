"""The packs' demonstration companies: made once, people sign in, customers hold tiers, a second start shows the same."""

from collections import Counter

import pytest
from msgspec.structs import replace

from guibin.demonstration import companies as demonstration
from guibin.packs import Packs, installed

SLUGS = {
    "banking": "hetian-bank",
    "cable_tv": "sunrise-cable",
    "hotel": "hongqi-hotel",
    "retail": "yu-mall",
    "telecom": "xiang-mobile",
}


@pytest.mark.parametrize("pack", SLUGS)
async def test_a_packs_company_is_filled_and_its_people_sign_in(world, pack):
    company = world.packs.hooks_of((pack,)).demonstration()
    small = replace(company, slug=f"{company.slug}-small", customers=24)

    access = await demonstration.make(small, pack, owner_url=world.owner_url, app_url=world.app_url, packs=world.packs)

    client = world.client(access.key)
    found = (await client.get("/api/v1/customers", params={"limit": "100"})).json()["items"]
    # Two of the data, one about to be late.
    complaints = (await client.get("/api/v1/complaints")).json()["items"]
    signed_in = await world.client().post(
        "/api/v1/sessions", json={"company": small.slug, "login": "lead1", "password": demonstration.PASSWORD}
    )
    assert (company.slug, len(found), len(complaints), signed_in.status_code) == (SLUGS[pack], 24, 2 + 1, 201)
    receptions = (await client.get("/api/v1/receptions")).json()["items"]
    assert [one["state"] for one in receptions] == ["collected"] * len(company.visits)
    if company.assess:
        assessed = (await client.get("/api/v1/assessments")).json()["items"]
        assert Counter(one["scheme"] for one in assessed) == Counter(company.assess)


def test_every_pack_s_company_has_a_name_of_its_own():
    packs = Packs(installed())
    companies = [packs.hooks_of((name,)).demonstration() for name in packs.names]
    slugs = [company.slug for company in companies if company is not None]

    assert len(set(slugs)) == len(slugs)
    assert set(SLUGS.values()) <= set(slugs)
