"""An upgrade of a pack waits for each company's decision, says before what it changes, and rewrites nothing of the past."""

from contextlib import contextmanager
from datetime import datetime, timedelta

import asyncpg
import guibin_airline_lounge
import pytest
from msgspec import structs, to_builtins
from variants import Variant, made

from guibin.company_packs.upgrades import hold_by, tell
from guibin.conformance.soundness import problems_of
from guibin.operation.pack_upgrades import hold_by as hold_all_by
from guibin.operation.pack_upgrades import keep_all, waiting
from guibin.operation.provisioning import make_tables
from guibin.packs import Packs, loaded
from guibin.policies.actions import keep_packs
from guibin.policies.queries import act_of, effective_policy, hooks_of
from guibin.policy.problems import PackProblem
from guibin.policy.releases import fits
from guibin.policy.texts import Text
from guibin_tenants import registry
from guibin_tenants.principals import PERMISSIONS, Principal
from guibin_tenants.refusals import Invalid
from guibin_tenants.tables import new_id
from support import litestar_in

UPGRADE, PAGE = "/api/v1/enabled-packs/airline_lounge/upgrade", "/console/pack-upgrades/airline_lounge"
OLD = guibin_airline_lounge.PACK
NEW = structs.replace(
    OLD,
    version="2.0",
    settings=tuple(structs.replace(one, value=30_000) if one.name == "silver_miles" else one for one in OLD.settings),
)

LUGGAGE = next(one for one in OLD.service_items if one.name == "lost_luggage")
LESS = structs.replace(NEW, service_items=tuple(one for one in OLD.service_items if one is not LUGGAGE))


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
        version = await keep_packs(act)
        await tell(act)
        return version


async def held_by(company, packs, at):
    async with company.scope():
        by = Principal(kind="operator", id=new_id(), name="operator", permissions=PERMISSIONS)
        act = await act_of(packs, company.context(), by=by, now=company.world.clock())
        await hold_by("airline_lounge", at, act)


async def silver(client, at=None):
    answer = await client.get("/api/v1/policy", params={"at": at.isoformat()} if at else {})
    assert answer.status_code == 200, answer.text
    return next(one["value"] for one in answer.json()["settings"] if one["name"] == "silver_miles")


async def notices(company, login):
    person = await company.sign_in(login)
    return [one["kind"] for one in (await person.get("/api/v1/notices")).json()["items"]]


def a_day(clock, days=1):
    clock.set(clock.now + timedelta(days=days))
    return clock.now


@pytest.mark.parametrize("versions", [0, 1])
async def test_the_past_stays_what_it_was(world, clock, versions):
    company = await world.tenant(packs=("airline_lounge",))
    client = await company.client()
    for _ in range(versions):
        await client.post("/api/v1/policy/versions", json={"overrides": {}})
    first = await kept(company, world.packs)
    then = a_day(clock)
    a_day(clock)

    with going_by(world, NEW) as packs:
        waiting = await kept(company, packs)
        stays = await silver(client)
        taken = await client.put(UPGRADE, json={})
        again = await kept(company, packs)
        a_day(clock)
        now, before = await silver(client), await silver(client, then)
        nothing = await client.get(UPGRADE)

    assert (stays, now, before) == (40_000, 30_000, 40_000)
    assert taken.status_code == 200, taken.text
    assert (first is None, waiting, again) == (versions == 1, None, None)
    assert (nothing.status_code, nothing.json()["type"]) == (404, "/problems/no-upgrade")


async def test_another_number_alone_is_nothing_to_decide(world, clock):
    company = await world.tenant(packs=("airline_lounge",))
    client = await company.client()
    await kept(company, world.packs)
    a_day(clock)

    with going_by(world, structs.replace(OLD, version="1.1")) as packs:
        version = await kept(company, packs)
        answer = await client.get(UPGRADE)

    assert (version.note, answer.status_code) == (f"{OLD.regulation} 1.1", 404)


async def test_its_admin_hears_once_that_an_upgrade_waits_and_everybody_when_it_holds(world, clock):
    company = await world.tenant(packs=("airline_lounge",))
    await company.staff("lead", "manager")
    await company.staff("admin", "tenant_admin")
    client = await company.client()
    await kept(company, world.packs)
    a_day(clock)

    with going_by(world, NEW) as packs:
        for _ in range(2):
            await kept(company, packs)
        asked = await notices(company, "admin"), await notices(company, "lead")
        await client.put(UPGRADE, json={"note": "for the summer"})
        told = await notices(company, "lead")
        versions = (await client.get("/api/v1/policy/versions")).json()

    assert (asked[0].count("pack_upgrade_waits"), "pack_upgrade_waits" in asked[1]) == (1, False)
    assert told[: len(told) - len(asked[1])] == ["policy_announced"]
    assert [one["note"] for one in versions] == ["for the summer", OLD.regulation]


async def test_an_upgrade_is_told_beside_what_the_company_says_itself(world, clock):
    company = await world.tenant(packs=("airline_lounge",))
    client = await company.client()
    await kept(company, world.packs)
    old = {one.name: one for one in OLD.settings}
    gone, own = LUGGAGE, structs.replace(old["silver_miles"], value=35_000)
    await client.post(
        "/api/v1/policy/versions",
        json={
            "overrides": {
                "settings": [to_builtins(one) for one in (own, old["gold_miles"])],
                "service_items": [to_builtins(gone)],
            }
        },
    )
    a_day(clock)
    upgraded = structs.replace(
        NEW,
        settings=tuple(
            structs.replace(one, value={"silver_miles": 30_000, "gold_miles": 90_000}.get(one.name, one.value))
            for one in OLD.settings
        ),
        service_items=(*LESS.service_items, structs.replace(gone, name="quiet_room")),
        texts=OLD.texts
        | {
            key.replace(gone.name, "quiet_room"): Text("静室", "Quiet room")
            for key in OLD.texts
            if key.startswith(f"service_item.{gone.name}.")
        },
    )

    with going_by(world, upgraded):
        seen = (await client.get(UPGRADE)).json()

    (conflict,) = seen["conflicts"]
    assert (seen["version"], seen["offered"]) == (OLD.version, "2.0")
    assert {one["path"] for one in seen["changes"] if not one["path"].startswith("texts.")} == {
        "service_items.quiet_room"
    }
    assert [one["path"] for one in seen["keeps"]] == ["settings.gold_miles"]
    assert (
        conflict["path"],
        [one["new"]["en"] for one in conflict["pack"]],
        [one["new"]["en"] for one in conflict["own"]],
    ) == (
        "settings.silver_miles",
        ["30,000 miles"],
        ["35,000 miles"],
    )
    assert (seen["gone"], seen["contradicts"]) == ([f"service_items.{gone.name}"], [])


async def test_one_company_decides_for_itself_alone(world, clock):
    company, other = [await world.tenant(packs=("airline_lounge",)) for _ in range(2)]
    client, theirs = await company.client(), await other.client()
    for one in (company, other):
        await kept(one, world.packs)
    a_day(clock)

    with going_by(world, NEW) as packs:
        await client.put(UPGRADE, json={})
        a_day(clock)
        values = await silver(client), await silver(theirs)
        states = [(await one.get("/api/v1/packs")).json()[0] for one in (client, theirs)]
        jobs = await run_of(company, packs), await run_of(other, packs)

    assert values == (30_000, 40_000)
    assert [(one["version"], one["upgrade_waits"]) for one in states] == [("2.0", False), (OLD.version, True)]
    assert jobs == (30_000, 40_000)


async def run_of(company, packs):
    """What a job of the company goes by."""
    async with company.scope():
        policy = await effective_policy(packs, company.context(), at=company.world.clock())
        hooks = await hooks_of(packs, company.context(), at=company.world.clock())
    values = {one.name: one.value for one in hooks.value("airline_lounge").settings}
    assert values["silver_miles"] == next(one.value for one in policy.settings if one.name == "silver_miles")
    return values["silver_miles"]


async def test_from_a_day_on_it_holds_by_itself_and_may_be_withdrawn_before(world, clock):
    company = await world.tenant(packs=("airline_lounge",))
    client = await company.client()
    await kept(company, world.packs)
    a_day(clock)
    day, earlier = clock.now + timedelta(days=10), clock.now + timedelta(days=5)

    with going_by(world, NEW):
        past = await client.put(UPGRADE, json={"effective_from": (clock.now - timedelta(days=1)).isoformat()})
        other = await client.put(UPGRADE, json={"digest": "0" * 64})
        await client.put(UPGRADE, json={"effective_from": earlier.isoformat()})
        await client.put(UPGRADE, json={"effective_from": day.isoformat()})
        decided = (await client.get(UPGRADE)).json()["effective_from"]
        a_day(clock, 6)
        moved = await silver(client)
        ahead = await silver(client, day)
        version = (await client.get("/api/v1/policy/versions")).json()[0]["version"]
        cancelled = await client.post("/api/v1/policy/cancellations", json={"version": version, "note": "not yet"})
        await client.delete(UPGRADE)
        withdrawn = (await client.get(UPGRADE)).json()["effective_from"], await silver(client, day)
        await client.put(UPGRADE, json={"effective_from": day.isoformat()})
        a_day(clock, 5)
        held = await silver(client), await silver(client, day - timedelta(seconds=1))

    assert (past.status_code, other.status_code) == (422, 409)
    assert (datetime.fromisoformat(decided), moved, ahead) == (day, 40_000, 30_000)
    assert cancelled.json()["type"] == "/problems/brings-upgrade"
    assert withdrawn == (None, 40_000)
    assert held == (30_000, 40_000)


async def test_what_the_company_writes_meanwhile_holds_on_after_the_day(world, clock):
    company = await world.tenant(packs=("airline_lounge",))
    client = await company.client()
    await kept(company, world.packs)
    a_day(clock)
    day = clock.now + timedelta(days=10)
    gold = structs.replace(next(one for one in OLD.settings if one.name == "gold_miles"), value=77_000)

    with going_by(world, NEW):
        await client.put(UPGRADE, json={"effective_from": day.isoformat()})
        await client.post("/api/v1/policy/versions", json={"overrides": {"settings": [to_builtins(gold)]}})
        a_day(clock, 11)
        policy = (await client.get("/api/v1/policy")).json()

    values = {one["name"]: one["value"] for one in policy["settings"]}
    assert (values["silver_miles"], values["gold_miles"]) == (30_000, 77_000)


async def test_the_operators_last_date_holds_whatever_the_company_does(world, clock):
    company = await world.tenant(packs=("airline_lounge",))
    client = await company.client()
    await company.staff("admin", "tenant_admin")
    await kept(company, world.packs)
    a_day(clock)
    last = clock.now + timedelta(days=10)

    with going_by(world, NEW) as packs:
        await held_by(company, packs, last)
        seen = (await client.get(UPGRADE)).json()
        later = await client.put(UPGRADE, json={"effective_from": (last + timedelta(days=1)).isoformat()})
        await client.put(UPGRADE, json={"effective_from": (last - timedelta(days=1)).isoformat()})
        await client.delete(UPGRADE)
        before = await silver(client, last - timedelta(seconds=1))
        a_day(clock, 11)
        after = await silver(client)

    assert datetime.fromisoformat(seen["last_at"]) == datetime.fromisoformat(seen["effective_from"]) == last
    assert (later.status_code, later.json()["type"]) == (409, "/problems/upgraded-by-then")
    assert (before, after) == (40_000, 30_000)
    assert "pack_upgrade_by" in await notices(company, "admin")


async def test_what_contradicts_the_companys_own_is_not_taken_up(world, clock):
    company = await world.tenant(packs=("airline_lounge",))
    client = await company.client()
    await kept(company, world.packs)
    await client.post(
        "/api/v1/policy/versions", json={"overrides": {"switched_off": [f"service_items.{LUGGAGE.name}"]}}
    )
    a_day(clock)

    with going_by(world, LESS) as packs:
        seen = (await client.get(UPGRADE)).json()
        refused = await client.put(UPGRADE, json={})
        with pytest.raises(Invalid):
            await held_by(company, packs, clock.now)
        stays = await silver(client)

    assert [one["field"] for one in seen["contradicts"]] == ["switched_off"]
    assert (refused.status_code, stays) == (422, 40_000)


async def test_a_switch_of_another_pack_upgrades_nothing_by_the_way(world, clock):
    company = await world.tenant(packs=("airline_lounge",))
    client = await company.client()
    await kept(company, world.packs)
    a_day(clock)
    day = clock.now + timedelta(days=10)
    connection = await asyncpg.connect(world.owner_url)
    await registry.allow_packs(connection, company.view.slug, ("marina",))
    await connection.close()
    await make_tables(world.owner_url, world.packs, ("marina",))

    with going_by(world, NEW):
        await client.put(UPGRADE, json={"effective_from": day.isoformat()})
        enabled = await client.put("/api/v1/enabled-packs/marina", json={})
        soon = await silver(client)
        a_day(clock, 11)
        policy = (await client.get("/api/v1/policy")).json()
        then = await silver(client)
        asked_of = a_day(clock)
        a_day(clock)
        await client.post("/api/v1/policy/versions", json={"overrides": {}})
        past = (await client.get("/api/v1/policy", params={"at": asked_of.isoformat()})).json()

    assert enabled.status_code == 200, enabled.text
    assert (soon, then, policy["packs"]) == (40_000, 30_000, ["airline_lounge", "marina"])
    assert past["packs"] == ["airline_lounge", "marina"]


async def test_the_page_tells_the_difference_first(world, clock):
    company = await world.tenant(packs=("airline_lounge",))
    await kept(company, world.packs)
    a_day(clock)
    admin = await company.staff("admin", "tenant_admin", "manager")
    reader = await company.staff("reader", "manager")

    with going_by(world, NEW):
        listed = await admin.get("/console/packs")
        page = await admin.get(PAGE, headers={"Accept-Language": "zh-CN"})
        english = await admin.get(PAGE, headers={"Accept-Language": "en"})
        seen = await reader.get(PAGE)
        wrong = await admin.post(PAGE, content="effective_from=2020-01-01T00:00")
        decided = await admin.post(PAGE, content="effective_from=2099-01-01T00:00")
        waits = await admin.get(PAGE, headers={"Accept-Language": "en"})
        withdrawn = await admin.post(f"{PAGE}/ending", content="")
        done = await admin.post(PAGE, content="note=now")
        nothing = await admin.get(PAGE, headers={"Accept-Language": "en"})
        forbidden = await reader.post(PAGE, content="")

    assert f'href="{PAGE}"' in listed.text
    assert page.text.index("对本公司的变化") < page.text.index("采用新版本</button>")
    assert all(said in english.text for said in ("What changes for the company", "40,000", "30,000", "Take up<"))
    assert (seen.status_code, f'hx-post="{PAGE}"' in english.text, f'hx-post="{PAGE}"' in seen.text) == (
        200,
        True,
        False,
    )
    assert [one.status_code for one in (wrong, decided, withdrawn, done, forbidden)] == [422, 200, 200, 200, 403]
    assert "Withdraw<" in waits.text
    assert "No new version waits" in nothing.text


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


async def test_the_release_keeps_them_for_every_company_once_and_the_operator_sees_what_waits(world, clock):
    with_pack, apart, without = [
        await world.tenant(packs=packs) for packs in (("airline_lounge",), ("airline_lounge",), ())
    ]
    urls, slug = (world.owner_url, world.app_url), with_pack.view.slug
    client = await apart.client()

    first, second = [await keep_all(urls, world.packs, clock) for _ in range(2)]
    await client.post(
        "/api/v1/policy/versions", json={"overrides": {"switched_off": [f"service_items.{LUGGAGE.name}"]}}
    )
    a_day(clock)
    with going_by(world, LESS) as packs:
        upgraded = await keep_all(urls, packs, clock)
        waits = {one.slug: one for one in await waiting(urls, packs, clock)}
        await hold_all_by(urls, packs, clock, pack="airline_lounge", at=clock.now + timedelta(days=3))
        held = {one.slug: one for one in await waiting(urls, packs, clock)}

    assert [one.view.slug in first for one in (with_pack, apart, without)] == [True, True, False]
    assert (slug in second, slug in upgraded) == (False, False)
    assert (waits[slug].version, waits[slug].offered, waits[slug].problem) == (OLD.version, "2.0", "")
    assert without.view.slug not in waits
    assert held[slug].last_at == held[slug].effective_from == clock.now + timedelta(days=3)
    assert (held[apart.view.slug].last_at, "switched_off" in held[apart.view.slug].problem) == (None, True)


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
