"""An admin who writes policies without end: each is bounded, there are so many and no more, and each is merged once."""

import asyncio
from datetime import timedelta

import pytest
from acting import acting

from guibin.policies import bounds, queries
from guibin.policies.actions import NewPolicyVersion
from guibin.policies.actions import write as write_version
from guibin.policies.bounds import NESTING_MAX, OVERRIDES_BYTES_MAX
from guibin.policies.merged import MergedPolicies
from guibin.policies.queries import effective_policy
from guibin.policy.packs import Overrides, merge
from guibin.policy.texts import Text
from guibin.regulations.core import CORE
from guibin.regulations.general import GENERAL
from guibin_tenants.authentication import system_principal
from guibin_tenants.scope import fetch_value
from guibin_tenants.tables import new_id

PATH = "/api/v1/policy/versions"


@pytest.fixture
def merges(monkeypatch):
    """Every merge of this process, as (packs, version)."""
    done, merge = [], queries.merge

    def counting(packs, core, overrides, *, version):
        done.append(version)
        return merge(packs, core, overrides, version=version)

    monkeypatch.setattr(queries, "merge", counting)
    return done


def texts(count):
    return {"overrides": {"texts": {f"own.{n}": {"zh": str(n), "en": str(n)} for n in range(count)}}}


async def write(client, body=None, status=201, **more):
    answer = await client.post(PATH, json=(body or texts(1)) | more)
    assert answer.status_code == status, answer.text[:500]
    return answer.json()


async def written(tenant):
    async with tenant.scope():
        return await fetch_value("select count(*) from policy_version")


async def test_a_policy_of_megabytes_is_refused_and_nothing_is_written(tenant, client):
    within = await write(client, texts(5_000))
    above = await write(client, texts(9_000), 422)
    far_above = await client.post(PATH, json=texts(250_000))

    assert within["version"] == 1
    assert [(one["field"], one["rule"]) for one in above["errors"]] == [
        ("overrides", f"at most {OVERRIDES_BYTES_MAX} bytes of JSON")
    ]
    assert far_above.status_code == 413
    assert await written(tenant) == 1


async def test_a_criterion_nested_without_end_is_refused(tenant, client):
    (scheme, *_) = (await client.get("/api/v1/policy")).json()["schemes"]

    def nested(levels):
        criterion = {"type": "kind_is", "kinds": ["leader"]}
        for _ in range(levels):
            criterion = {"type": "all_of", "criteria": [criterion]}
        tiers = [tier | {"expectation": criterion} for tier in scheme["tiers"]]
        return {"overrides": {"schemes": [scheme | {"tiers": tiers}]}}

    await write(client, nested(3))
    refused = await write(client, nested(20), 422)
    endless = await client.post(PATH, json=nested(400))

    assert [one["rule"] for one in refused["errors"]] == [f"nested at most {NESTING_MAX} deep"]
    assert endless.status_code in (400, 422)
    assert await written(tenant) == 1


def test_nesting_is_counted_without_recursion():
    value = []
    for _ in range(100_000):
        value = [value]

    assert bounds.nesting(value) == 100_000 > NESTING_MAX
    assert [bounds.nesting(one) for one in ("x", {}, {"a": [1, {"b": 2}]})] == [0, 0, 3]


async def test_a_day_has_so_many_versions_and_the_next_day_more(tenant, client, monkeypatch):
    monkeypatch.setattr(bounds, "VERSIONS_A_DAY_MAX", 3)
    for _ in range(3):
        await write(client)
    refused = await write(client, status=409)
    at_once = await asyncio.gather(*(client.post(PATH, json=texts(1)) for _ in range(4)))
    tenant.world.clock.set(tenant.world.clock() + timedelta(hours=24, seconds=1))
    await write(client)

    assert refused["type"] == "/problems/too-many-policy-versions"
    assert {one.status_code for one in at_once} == {409}
    assert await written(tenant) == 4


async def test_all_days_together_have_so_many_versions(tenant, client, monkeypatch):
    monkeypatch.setattr(bounds, "VERSIONS_MAX", 2)
    for _ in range(2):
        await write(client)
        tenant.world.clock.set(tenant.world.clock() + timedelta(days=2))

    assert (await write(client, status=409))["type"] == "/problems/too-many-policy-versions"


async def test_a_version_is_merged_once_however_often_and_long_it_is_asked_for(tenant, client, merges, monkeypatch):
    monkeypatch.setattr(queries, "REMEMBERED_FOR_S", -1.0)
    start = tenant.world.clock()
    for number in range(1, 4):
        await write(client, effective_from=(start + timedelta(hours=number)).isoformat())
    merges.clear()
    for hours in (0, 1, 2, 3):
        tenant.world.clock.set(start + timedelta(hours=hours, minutes=5))
        answers = await asyncio.gather(*(client.get("/api/v1/policy") for _ in range(5)))
        assert {one.json()["version"] for one in answers} == {hours}
    for hours in (3, 2, 1, 0):
        moment = (start + timedelta(hours=hours, minutes=5)).isoformat()
        assert (await client.get("/api/v1/policy", params={"at": moment})).json()["version"] == hours

    # Each version is merged once: not once for each request, nor all of them each time. The packs' own value was when the
    # first was written.
    assert merges == [1, 2, 3]


async def test_many_versions_are_not_read_to_find_the_one_in_force(tenant, client, merges):
    for _ in range(12):
        await write(client, effective_from=(tenant.world.clock() + timedelta(days=1)).isoformat())
    merges.clear()

    async with tenant.scope():
        policy = await effective_policy(tenant.world.packs, tenant.context(), at=tenant.world.clock())

    assert (policy.version, set(merges) <= {0}) == (0, True)


async def test_a_version_that_was_rolled_back_is_not_what_its_number_says_later(tenant, client):
    """The number is given again, the policy it stood for is not."""
    clock = tenant.world.clock
    async with tenant.scope() as scope:
        by = system_principal(name="test", job_id=new_id())
        new = NewPolicyVersion(overrides=Overrides(texts={"own.0": Text(zh="回滚", en="rolled back")}))
        await write_version(new, acting(by=by, now=clock(), company=tenant.context()), packs=tenant.world.packs)
        within = await effective_policy(tenant.world.packs, tenant.context(), at=clock())
        scope.rollback_only = True
    await write(client)

    shown = (await client.get("/api/v1/policy")).json()
    assert (within.version, within.title("own.0", "zh-CN")) == (1, "回滚")
    assert (shown["version"], shown["texts"]["own.0"]["zh"]) == (1, "0")


def test_what_is_kept_is_bounded_and_one_company_drops_its_own_first():
    kept = MergedPolicies(each_max=2, companies_max=3, bytes_max=100)
    policy = merge([GENERAL], CORE, Overrides(), version=1)
    calm, hostile = new_id(), new_id()
    kept.keep(calm, "a", policy, size=10)
    for number in range(50):
        kept.keep(hostile, number, policy, size=20)

    assert kept.get(calm, "a") is policy
    assert [kept.get(hostile, number) is policy for number in (47, 48, 49)] == [False, True, True]
    assert kept.size == 50

    others = [new_id() for _ in range(3)]
    for other in others:
        kept.keep(other, "a", policy, size=30)
    assert [kept.get(one, "a") is policy for one in (calm, *others)] == [False, True, True, True]
    assert kept.size == 90
