"""An upgrade of a pack changes what holds from then on, tells whoever must know, and rewrites nothing of the past."""

from contextlib import contextmanager
from datetime import timedelta

import asyncpg
import guibin_airline_lounge
import pytest
from msgspec import structs
from variants import Variant, made

from guibin.conformance.soundness import problems_of
from guibin.operation.pack_upgrades import keep_all
from guibin.packs import Packs, loaded
from guibin.policies.actions import keep_packs
from guibin.policies.queries import act_of
from guibin.policy.problems import PackProblem
from guibin.policy.releases import fits
from guibin_tenants import registry
from guibin_tenants.principals import PERMISSIONS, Principal
from guibin_tenants.tables import new_id
from support import litestar_in

OLD = guibin_airline_lounge.PACK
NEW = structs.replace(
    OLD,
    version="2.0",
    settings=tuple(structs.replace(one, value=30_000) if one.name == "silver_miles" else one for one in OLD.settings),
)


@contextmanager
def going_by(world, value):
    """The application as the processes of the release with this pack are."""
    app = litestar_in(world.app)
    before = app.state.root
    packs = world.packs.with_value(value)
    app.state.root = app.state.scope_middleware.root = structs.replace(before, packs=packs)
    try:
        yield packs
    finally:
        app.state.root = app.state.scope_middleware.root = before


async def kept(company, packs):
    """What `guibin migrate` does for the company."""
    async with company.scope():
        by = Principal(kind="operator", id=new_id(), name="operator", permissions=PERMISSIONS)
        act = await act_of(packs, company.context(), by=by, now=company.world.clock())
        return await keep_packs(act)


async def silver(client, at=None):
    answer = await client.get("/api/v1/policy", params={"at": at.isoformat()} if at else {})
    assert answer.status_code == 200, answer.text
    return next(one["value"] for one in answer.json()["settings"] if one["name"] == "silver_miles")


@pytest.mark.parametrize("versions", [0, 1])
async def test_the_past_stays_what_it_was(world, clock, versions):
    company = await world.tenant(packs=("airline_lounge",))
    client = await company.client()
    for _ in range(versions):
        await client.post("/api/v1/policy/versions", json={"overrides": {}})
    first = await kept(company, world.packs)
    clock.set(clock.now + timedelta(days=1))
    then = clock.now
    clock.set(clock.now + timedelta(days=1))

    with going_by(world, NEW) as packs:
        upgraded = await kept(company, packs)
        again = await kept(company, packs)
        clock.set(clock.now + timedelta(days=1))
        now, before = await silver(client), await silver(client, then)

    assert (now, before) == (30_000, 40_000)
    assert (first is None, upgraded.note, again) == (versions == 1, "贵宾休息室常旅客规则 2.0", None)


async def test_whoever_must_know_hears_what_an_upgrade_changes(world, clock):
    company = await world.tenant(packs=("airline_lounge",))
    manager, client = await company.staff("lead", "manager"), await company.client()
    await kept(company, world.packs)
    before = len((await manager.get("/api/v1/notices")).json()["items"])
    clock.set(clock.now + timedelta(days=1))

    with going_by(world, NEW) as packs:
        await kept(company, packs)
        told = (await manager.get("/api/v1/notices")).json()["items"]
        versions = (await client.get("/api/v1/policy/versions")).json()

    assert [one["kind"] for one in told[: len(told) - before]] == ["policy_announced"]
    assert [one["note"] for one in versions] == ["贵宾休息室常旅客规则 2.0", "贵宾休息室常旅客规则"]


async def test_before_a_switch_the_packs_of_then_hold(world, clock):
    company = await world.tenant(packs=("airline_lounge", "marina"))
    client = await company.client()
    await kept(company, world.packs)
    clock.set(clock.now + timedelta(days=1))
    then = clock.now
    clock.set(clock.now + timedelta(days=1))
    connection = await asyncpg.connect(world.owner_url)
    await registry.allow_packs(connection, company.view.slug, ("marina",))
    await connection.close()

    ended = await client.post("/api/v1/enabled-packs/marina/ending", json={})
    clock.set(clock.now + timedelta(days=1))

    policies = [(await client.get("/api/v1/policy", params=at)).json() for at in ({"at": then.isoformat()}, {})]
    assert ended.status_code == 200, ended.text
    assert [one["packs"] for one in policies] == [["airline_lounge", "marina"], ["airline_lounge"]]


async def test_the_release_keeps_them_for_every_company_once(world, clock):
    with_pack = await world.tenant(packs=("airline_lounge",))
    without = await world.tenant(packs=())
    urls = (world.owner_url, world.app_url)

    first, second = [await keep_all(urls, world.packs, clock) for _ in range(2)]
    with going_by(world, NEW) as packs:
        upgraded = await keep_all(urls, packs, clock)

    assert [one.view.slug in first for one in (with_pack, without)] == [True, False]
    assert with_pack.view.slug not in second
    assert with_pack.view.slug in upgraded


async def test_nothing_is_kept_while_a_pack_is_put_aside(world, clock):
    company = await world.tenant(packs=("airline_lounge",))
    await kept(company, world.packs)
    aside = Packs({}, aside={"airline_lounge": (PackProblem("airline_lounge", "it", "is broken"),)})

    assert await kept(company, aside) is None


@pytest.mark.parametrize(
    ("wanted", "release", "fitting"),
    [
        ("", "0.1.0", True),
        (">=0.1, <0.3", "0.1.0", True),
        (">=0.1, <0.3", "0.3", False),
        (">0.1", "0.1.0", False),
        ("==0.1", "0.1.0", True),
        ("!=0.1.0", "0.1", False),
        ("<0.10", "0.9", True),
        ("<=1", "1.0.1", False),
    ],
)
def test_a_range_of_releases_is_read_as_numbers(wanted, release, fitting):
    assert fits(wanted, release) is fitting


@pytest.mark.parametrize(
    ("range", "said"), [(">=9", "core is '>=9': this is Guibin"), ("~9", "'~9' is no range of releases"), (">=0.1", "")]
)
def test_a_pack_for_other_releases_is_refused_with_a_sentence(range, said, tmp_path, monkeypatch):
    package = f"guibin_release_{abs(hash(range))}"
    made(Variant("", 'name="airline_lounge"', f'core="{range}", name="airline_lounge"'), tmp_path, package)
    monkeypatch.syspath_prepend(str(tmp_path))
    from importlib.metadata import EntryPoint

    problems = problems_of("airline_lounge", loaded(EntryPoint("airline_lounge", package, "guibin.packs")), beside={})

    assert [said in str(problem) for problem in problems] == ([True] if said else [])
