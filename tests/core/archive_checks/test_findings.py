"""S07-10, S14-2: what is missing, contradicts itself or stands there twice is found and listed per account manager."""

from datetime import timedelta
from uuid import UUID

import pytest
from running import come_round

from guibin.archive_checks.jobs import LookOverArchives
from guibin.sealing.actions import insert_sealed
from guibin.sealing.values import CONTACT_FIELDS, sealed
from guibin_tenants import keyring

SOUND = {
    "kind": "leader",
    "sex": "female",
    "birthday": "1949-12-31",
    "confidential": {"mobile": "13800138000", "identity_number": "11010519491231002X"},
}


async def opened(client, number, **changes):
    answer = await client.post("/api/v1/customers", json={"number": number, "name": f"张{number}"} | SOUND | changes)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def found(client, **params):
    items = (await client.get("/api/v1/archive-findings", params=params)).json()["items"]
    return sorted((one["customer_number"], one["rule"], one["detail"]) for one in items)


@pytest.fixture
async def manager(tenant):
    """Responsible for everybody here, so that only what a test is about is found."""
    return await tenant.staff("li.na", "account_manager")


@pytest.mark.rule("S07-10", "S14-2")
@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({}, []),
        ({"confidential": {"identity_number": "11010519491231002X"}}, [("1", "missing_phone", "")]),
        ({"birthday": "1950-01-01"}, [("1", "implausible_identity_number", "birthday")]),
        ({"sex": "male"}, [("1", "implausible_identity_number", "sex")]),
        ({"birthday": "1900-01-01", "confidential": {"mobile": "13800138000"}}, [("1", "implausible_birthday", "")]),
    ],
)
async def test_what_is_wrong_with_one_archive_is_found(client, tenant, manager, changes, finding):
    await opened(client, "1", account_manager_id=str(manager.staff_id), **changes)

    await come_round(tenant, LookOverArchives())

    assert await found(client) == finding


@pytest.mark.rule("S07-10")
async def test_a_wrong_check_digit_that_came_in_before_it_was_checked_is_found(client, tenant, manager):
    mine = {"account_manager_id": str(manager.staff_id), "confidential": {"mobile": "13800138000"}}
    customer = UUID(await opened(client, "1", **mine))
    field = next(field for field in CONTACT_FIELDS if field.name == "mobile")
    async with tenant.scope():
        key, above = await keyring.subject_key(customer), await keyring.tenant_key()
        row = sealed(field, "110105194912310021", customer_id=customer, key=key, tenant_key=above)
        await insert_sealed([type(row)(row.id, customer, "identity_number", row.sealed, row.masked, None, None)])

    await come_round(tenant, LookOverArchives())

    assert await found(client) == [("1", "implausible_identity_number", "check_digit")]


@pytest.mark.rule("S07-10", "S14-2")
async def test_the_same_person_twice_is_found_on_both_sides(client, tenant, manager):
    mine = {"account_manager_id": str(manager.staff_id), "name": "张三丽"}
    await opened(client, "1", **mine)
    await opened(client, "2", **mine, confidential={"mobile": "+86 138 0013 8000"})
    await opened(client, "3", **mine, birthday="1960-01-01", confidential={"mobile": "13911112222"})

    await come_round(tenant, LookOverArchives())

    twice = [("1", "duplicate", "mobile"), ("1", "duplicate", "name_and_birthday")]
    assert await found(client, rule="duplicate") == sorted(twice + [("2", *rest) for _, *rest in twice])


@pytest.mark.rule("S07-10", "S10-4")
async def test_findings_are_listed_and_counted_per_account_manager_who_is_told_once_a_week(
    client, tenant, clock, manager
):
    await opened(client, "1", account_manager_id=str(manager.staff_id), sex="male")
    await opened(client, "2", birthday="1960-01-01", confidential={"mobile": "13911112222"})

    await come_round(tenant, LookOverArchives())
    await come_round(tenant, LookOverArchives())

    mine = {"account_manager_id": str(manager.staff_id)}
    assert await found(client, **mine) == [("1", "implausible_identity_number", "sex")]
    assert (await client.get("/api/v1/archive-findings/counts")).json() == [
        {"account_manager_id": None, "account_manager_name": None, "rule": "nobody_responsible", "open": 1},
        mine | {"account_manager_name": "li.na", "rule": "implausible_identity_number", "open": 1},
    ]
    told = (await manager.get("/api/v1/notices")).json()["items"]
    assert [one["kind"] for one in told] == ["archive_findings"]


@pytest.mark.rule("S07-10", "S14-2")
async def test_a_finding_goes_when_the_archive_is_put_right_and_comes_back_when_it_is_wrong_again(
    client, tenant, clock, manager
):
    customer = await opened(client, "1", account_manager_id=str(manager.staff_id), sex="male")
    path = f"/api/v1/customers/{customer}/corrections"
    seen = []
    for sex in ("male", "female", "male"):
        clock.set(clock() + timedelta(days=1))
        await client.post(path, json={"reason": "性别录错", "changes": {"sex": sex}})
        await come_round(tenant, LookOverArchives())
        seen.append((len(await found(client)), len(await found(client, state="gone"))))

    assert seen == [(1, 0), (0, 1), (1, 1)]


@pytest.mark.rule("S07-10")
async def test_what_is_right_as_it_is_is_waived_with_a_reason_and_found_no_more(client, tenant, manager):
    await opened(client, "1", account_manager_id=str(manager.staff_id), sex="male")
    await come_round(tenant, LookOverArchives())
    finding = (await client.get("/api/v1/archive-findings")).json()["items"][0]
    path = f"/api/v1/archive-findings/{finding['id']}/waiver"

    answers = [await client.post(path, json={"reason": "已核对原件"}) for _ in range(2)]
    await come_round(tenant, LookOverArchives())

    assert [answer.status_code for answer in answers] == [201, 409]
    assert (answers[0].json()["state"], answers[0].json()["waiver"]) == ("waived", "已核对原件")
    assert (await found(client), len(await found(client, state="waived"))) == ([], 1)


@pytest.mark.rule("S14-2")
async def test_an_archive_nobody_touched_for_a_year_is_found(client, tenant, clock, manager):
    await opened(client, "1", account_manager_id=str(manager.staff_id))
    clock.set(clock() + timedelta(days=364))
    await come_round(tenant, LookOverArchives())
    before = await found(client)
    clock.set(clock() + timedelta(days=2))
    await come_round(tenant, LookOverArchives())

    assert (before, await found(client)) == ([], [("1", "untouched", "")])


async def test_another_outlets_findings_stay_behind_the_wall(client, tenant):
    await tenant.unit("jinniu")
    await tenant.unit("wuhou")
    await opened(client, "1", org_unit_id=str(tenant.units["jinniu"]), sex="male")
    await come_round(tenant, LookOverArchives())
    own = await tenant.staff("own", "manager", unit="jinniu")
    other = await tenant.staff("other", "manager", unit="wuhou")

    assert [len(await found(who, rule="implausible_identity_number")) for who in (own, other)] == [1, 0]
    assert (await other.get("/api/v1/archive-findings/counts")).json() == []


@pytest.mark.rule("S02-6", "S07-10")
async def test_what_stands_twice_beyond_the_wall_is_told_to_whoever_sees_both(client, tenant):
    for code in ("east", "west"):
        await tenant.unit(code)
    manager = await tenant.staff("wang.wu", "account_manager", unit="east")
    east, west = [await tenant.client("*", org_unit_id=tenant.units[code]) for code in ("east", "west")]
    mine = {"account_manager_id": str(manager.staff_id), "org_unit_id": str(tenant.units["east"])}
    await opened(east, "1", **mine, name="张三丽")
    await opened(west, "2", org_unit_id=str(tenant.units["west"]), name="张三丽")
    await come_round(tenant, LookOverArchives())
    finding = next(
        one
        for one in (await client.get("/api/v1/archive-findings?rule=duplicate")).json()["items"]
        if one["customer_number"] == "1"
    )

    by_east = {
        "list": await found(east, rule="duplicate"),
        "counts": [one["rule"] for one in (await east.get("/api/v1/archive-findings/counts")).json()],
        "waiver": (
            await east.post(f"/api/v1/archive-findings/{finding['id']}/waiver", json={"reason": "已核对原件"})
        ).status_code,
        "notices": [one["kind"] for one in (await manager.get("/api/v1/notices")).json()["items"]],
    }

    assert {number for number, *_ in await found(client, rule="duplicate")} == {"1", "2"}
    assert by_east == {"list": [], "counts": [], "waiver": 404, "notices": []}

    await opened(east, "3", **mine, name="李四", birthday="1960-01-01", confidential={"mobile": "13800138000"})
    await come_round(tenant, LookOverArchives())

    assert await found(east, rule="duplicate") == [("1", "duplicate", "mobile"), ("3", "duplicate", "mobile")]
