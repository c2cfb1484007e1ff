"""Emergency access (S02-6): one file behind the wall, for a time, to be read only, on record and told at once."""

import asyncio
import contextvars
import re
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from acting import acting
from emergencies import PATH, REASON, opened, sees

from guibin.emergencies.actions import open_access
from guibin.emergencies.requests import NewEmergencyAccess
from guibin_tenants.principals import Principal
from guibin_tenants.scope import fetch_value, lend, savepoint, tenant_scope


@pytest.mark.rule("S02-6")
async def test_one_file_is_read_for_a_time_and_no_other(bank, clock):
    before = await sees(bank.manager, bank.customer)
    access = await opened(bank.manager, customer_id=bank.customer)

    shown = await bank.manager.get(f"/api/v1/customers/{bank.customer}")
    points = await bank.manager.get(f"/api/v1/customers/{bank.customer}/contact-points")
    found = await bank.manager.get("/api/v1/customers", params={"q": "王建国"})
    during = [await sees(bank.manager, bank.customer), await sees(bank.manager, bank.other)]
    clock.set(clock.now + timedelta(minutes=30) - timedelta(seconds=1))
    at_last = await sees(bank.manager, bank.customer)
    clock.set(clock.now + timedelta(seconds=1))

    assert (before, during, at_last, await sees(bank.manager, bank.customer)) == (404, [200, 404], 200, 404)
    assert (shown.json()["name"], shown.json()["masked"]["mobile"]) == ("王建国", ["138****5678"])
    assert (points.status_code, found.json()["items"]) == (200, [])
    assert access["state"] == "running"
    assert (await bank.auditor.get(f"{PATH}/{access['id']}")).json()["state"] == "over"


async def test_it_is_the_persons_alone(bank):
    colleague = await bank.staff("colleague", "manager", unit="west")
    await opened(bank.manager, customer_id=bank.customer)

    assert (await sees(bank.manager, bank.customer), await sees(colleague, bank.customer)) == (200, 404)


async def test_the_files_pages_are_read(bank):
    before = await bank.manager.get(f"/console/customers/{bank.customer}")
    await opened(bank.manager, customer_id=bank.customer)
    parts = ("", "/archive", "/preview", "/files", "/tier", "/looks")
    pages = [await bank.manager.get(f"/console/customers/{bank.customer}{part}") for part in parts]

    assert before.status_code == 404
    assert [page.status_code for page in pages] == [200] * 6
    assert "王建国" in pages[0].text


async def test_every_part_of_the_file_answers_as_to_whoever_leads_the_outlet(bank, world):
    """What a GET would write or lock about the customer is refused by PostgreSQL: none does."""
    await opened(bank.manager, customer_id=bank.customer)
    parts = {
        route.path
        for route in world.litestar.routes
        for handler in getattr(route, "route_handlers", ())
        if "GET" in handler.http_methods
        and re.fullmatch(r"/(api/v1|console)/customers/\{customer_id:uuid\}(/[a-z-]+)?", route.path)
    }

    answers = {}
    for path in sorted(parts):
        asked = path.replace("{customer_id:uuid}", bank.customer)
        answers[path] = [(await who.get(asked)).status_code for who in (bank.manager, bank.leader)]

    assert len(answers) > 25
    assert {path.rpartition("/")[2] for path, pair in answers.items() if pair[0] != pair[1]} == {
        "apply",
        "copy",
        "merge",
    }
    assert sum(pair == [200, 200] for pair in answers.values()) > 25


async def test_nothing_is_changed_disclosed_or_exported(bank):
    await opened(bank.manager, customer_id=bank.customer)
    one = f"/api/v1/customers/{bank.customer}"
    shown = await bank.manager.get(one)
    tried = [
        await bank.manager.patch(one, json={"name": "某某"}, headers={"If-Match": shown.headers["etag"]}),
        await bank.manager.post(
            f"{one}/disclosures", json={"purpose": "联系家属", "fields": ["mobile"], "leaves_to": "nobody"}
        ),
        await bank.manager.post(f"{one}/contact-points", json={"kind": "mobile", "value": "13900000000"}),
        await bank.manager.post(
            "/api/v1/complaints", json={"customer_id": bank.customer, "content": "x", "channel": "phone"}
        ),
        await bank.manager.post(f"/console/customers/{bank.customer}/reveal/mobile", data={"purpose": "联系家属"}),
        await bank.manager.get(f"/console/customers/{bank.customer}/archive/edit"),
        await bank.manager.get(f"/console/customers/{bank.customer}/do/close"),
        await bank.manager.post(f"/console/customers/{bank.customer}/copy", data={}),
    ]

    assert shown.status_code == 200
    assert [(answer.request.url.path, answer.text[:300]) for answer in tried if answer.status_code < 400] == []
    assert [answer.status_code for answer in tried][:2] == [404, 404]


async def test_postgresql_itself_writes_nothing_of_what_is_lent(bank, clock):
    access = await opened(bank.manager, customer_id=bank.customer)
    refused = []
    async with tenant_scope(bank.id, units=(bank.units["west"],)) as scope:
        await lend(access["id"], bank.manager.staff_id, now=clock.now, purpose="x")
        seen = await scope.connection.fetchval("select count(*) from customer")
        values = await scope.connection.fetchval("select count(*) from sealed_value")
        for statement in (
            "insert into consent (id, customer_id, purpose, answer, recorded_by, recorded_by_name)"
            f" values (gen_random_uuid(), '{bank.customer}', 'care', 'granted', gen_random_uuid(), 'x')",
            f"update customer set name = 'x' where id = '{bank.customer}'",
            f"update sealed_value set masked = 'x' where customer_id = '{bank.customer}'",
            f"delete from sealed_value where customer_id = '{bank.customer}'",
        ):
            try:
                async with savepoint():
                    refused.append(await scope.connection.execute(statement))
            except asyncpg.InsufficientPrivilegeError:
                refused.append("refused")
        scope.rollback_only = True

    assert (seen, values > 0) == (1, True)
    assert refused == ["refused", "UPDATE 0", "refused", "DELETE 0"]


@pytest.mark.parametrize("wrong", ["access", "person", "moment"])
async def test_postgresql_lends_by_the_row_whatever_the_program_says(bank, clock, wrong):
    access = await opened(bank.manager, customer_id=bank.customer)
    said = {"access": access["id"], "person": bank.manager.staff_id, "moment": clock.now}
    said[wrong] = clock.now + timedelta(minutes=30) if wrong == "moment" else uuid4()
    async with tenant_scope(bank.id, units=(bank.units["west"],)) as scope:
        await lend(said["access"], said["person"], now=said["moment"], purpose="x")
        seen = await scope.connection.fetchval("select count(*) from customer")

    assert seen == 0


async def test_another_company_lends_nothing_here(bank, world, clock):
    access = await opened(bank.manager, customer_id=bank.customer)
    other = await world.tenant()
    async with tenant_scope(other.id, units=()) as scope:
        await lend(access["id"], bank.manager.staff_id, now=clock.now, purpose="x")
        seen = await scope.connection.fetchval("select count(*) from customer")
    stranger = await other.staff("manager", "manager")

    assert seen == 0
    assert (await stranger.get(f"{PATH}/{access['id']}")).status_code == 404
    assert (await stranger.post(PATH, json={"reason": REASON, "customer_id": bank.customer})).status_code == 404


@pytest.mark.parametrize("known", ["VIP-1", "13812345678"])
async def test_a_customer_is_known_by_a_whole_number_and_by_nothing_less(bank, known):
    access = await opened(bank.manager, known_by=known)

    part = await bank.manager.post(PATH, json={"reason": REASON, "known_by": known[:-1]})
    name = await bank.manager.post(PATH, json={"reason": REASON, "known_by": "王建国"})

    assert access["customer_id"] == bank.customer
    assert (part.status_code, name.status_code) == (404, 404)


async def test_what_is_missing_or_too_much_is_said_by_its_field(bank):
    async def fields(**new):
        answer = await bank.manager.post(PATH, json={"reason": REASON, "customer_id": bank.customer, **new})
        assert answer.status_code == 422, answer.text
        return [each["field"] for each in answer.json()["errors"]]

    assert await fields(reason="急") == ["reason"]
    assert await fields(minutes=61) == ["minutes"]
    assert await fields(known_by="VIP-1") == ["customer_id"]
    assert await fields(customer_id=None) == ["customer_id"]


async def test_the_policy_says_how_long_how_often_and_whether_a_case_is_named(bank):
    admin = await bank.staff("admin", "tenant_admin")
    figures = {"minutes": 5, "minutes_max": 10, "reason_chars_min": 4, "case_number_asked": True, "a_month": 1}
    written = await admin.post("/api/v1/policy/versions", json={"overrides": {"emergency": figures}, "note": ""})
    new = {"reason": "急救联系", "customer_id": bank.customer}

    nameless = await bank.manager.post(PATH, json=new)
    access = await opened(bank.manager, **new, case_number="C-7")
    again = await bank.manager.post(PATH, json={**new, "customer_id": bank.other, "case_number": "C-8"})

    assert written.status_code == 201, written.text
    assert [each["field"] for each in nameless.json()["errors"]] == ["case_number"]
    assert access["until_at"] == "2026-03-02T02:05:00Z"
    assert (again.status_code, again.json()["type"].rpartition("/")[2]) == (409, "month-used-up")


async def test_a_new_month_begins_anew(bank, clock):
    for place in range(6):
        clock.set(clock.now + timedelta(hours=place))
        manager = await bank.sign_in("manager")
        answer = await manager.post(PATH, json={"reason": REASON, "customer_id": bank.customer})
        assert answer.status_code == (201 if place < 5 else 409), answer.text
    clock.set(clock.now + timedelta(days=31))

    assert (await opened(await bank.sign_in("manager"), customer_id=bank.customer))["state"] == "running"


async def test_who_may(bank):
    new = {"reason": REASON, "customer_id": bank.customer}
    key = await bank.client("*", org_unit_id=bank.units["west"])
    desk = await bank.staff("desk", "agent", unit="west")
    serving = await bank.staff("serving-west", "account_manager", unit="west")

    asked = {
        "key": await key.post(PATH, json=new),
        "desk": await desk.post(PATH, json=new),
        "account manager": await serving.post(PATH, json=new),
        "auditor": await bank.auditor.post(PATH, json=new),
        "leader": await bank.leader.post(PATH, json=new),
    }

    assert {who: answer.status_code for who, answer in asked.items()} == {
        "key": 403,
        "desk": 403,
        "account manager": 403,
        "auditor": 403,
        "leader": 409,
    }


async def test_a_key_of_the_persons_does_not_see_what_is_lent_to_the_person(bank):
    await opened(bank.manager, customer_id=bank.customer)
    made = await bank.manager.post(
        "/api/v1/me/keys", json={"name": "k", "scopes": ["customers:read"], "expires_on": "2026-04-01"}
    )
    key = (
        bank.world.client(made.json().get("token", ""))
        if made.status_code == 201
        else await bank.client("*", org_unit_id=bank.units["west"])
    )

    assert await sees(key, bank.customer) == 404


async def test_every_look_is_on_record_in_its_name(bank):
    access = await opened(bank.manager, customer_id=bank.customer)
    for part in ("", "/contact-points", "/overview"):
        answer = await bank.manager.get(f"/api/v1/customers/{bank.customer}{part}")
        assert answer.status_code == 200, answer.text

    async def entries(**asked):
        answer = await bank.auditor.get("/api/v1/audit-entries", params=asked)
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]

    looks = await entries(emergency_id=access["id"])
    begun = await entries(action="emergency.open")

    assert len(looks) >= 3
    assert {each["actor_name"] for each in looks} == {"manager"}
    assert {tuple(each["customer_ids"]) for each in looks} == {(bank.customer,)}
    assert [(each["purpose"], each["customer_ids"], each["subject_id"]) for each in begun] == [
        (REASON, [bank.customer], access["id"])
    ]
    assert (await bank.auditor.get(f"{PATH}/{access['id']}")).json()["looks"] == len(looks)


async def test_what_was_tried_and_refused_is_on_record(bank):
    await bank.manager.post(PATH, json={"reason": REASON, "known_by": "VIP-404"})

    tried = (await bank.auditor.get("/api/v1/audit-entries", params={"action": "emergency.open"})).json()["items"]

    assert [(each["refused"], each["asked"]) for each in tried] == [("not-found", True)]


async def test_auditors_and_whoever_leads_the_customers_outlet_are_told_at_once(bank):
    await bank.staff("far-auditor", "auditor", unit="east")
    far = await bank.sign_in("far-auditor")
    await opened(bank.manager, customer_id=bank.customer)

    told = {}
    for name, who in (("auditor", bank.auditor), ("far", far), ("leader", bank.leader), ("self", bank.manager)):
        items = (await who.get("/api/v1/notices")).json()["items"]
        told[name] = [each["kind"] for each in items if each["kind"] == "emergency_opened"]

    assert told == {
        "auditor": ["emergency_opened"],
        "far": ["emergency_opened"],
        "leader": ["emergency_opened"],
        "self": [],
    }


@pytest.mark.parametrize("who", ["manager", "auditor", "admin"])
async def test_it_is_ended_early_by_the_person_an_auditor_or_an_admin(bank, who):
    bank.admin = await bank.staff("admin", "tenant_admin")
    access = await opened(bank.manager, customer_id=bank.customer)

    ended = await getattr(bank, who).post(f"{PATH}/{access['id']}/ending")
    again = await getattr(bank, who).post(f"{PATH}/{access['id']}/ending")

    assert (ended.status_code, ended.json()["state"], ended.json()["ended_by_name"]) == (201, "ended", who)
    assert again.status_code == 409
    assert await sees(bank.manager, bank.customer) == 404


async def test_others_neither_see_it_nor_end_it(bank):
    colleague = await bank.staff("colleague", "manager", unit="west")
    access = await opened(bank.manager, customer_id=bank.customer)

    assert (await colleague.get(PATH)).json()["items"] == []
    assert (await colleague.post(f"{PATH}/{access['id']}/ending")).status_code == 404
    assert [each["id"] for each in (await bank.manager.get(PATH)).json()["items"]] == [access["id"]]


async def test_a_role_that_is_taken_away_takes_the_sight_along(bank):
    admin = await bank.staff("admin", "tenant_admin")
    await opened(bank.manager, customer_id=bank.customer)
    before = await sees(bank.manager, bank.customer)

    changed = await admin.patch(f"/api/v1/staff/{bank.manager.staff_id}", json={"roles": ["account_manager"]})

    assert changed.status_code == 200, changed.text
    assert (before, await sees(bank.manager, bank.customer)) == (200, 404)


async def test_a_closed_file_is_read_and_an_erased_one_is_not_there(bank):
    whole = await bank.client()
    closed = await whole.post(f"/api/v1/customers/{bank.customer}/closings", json={"reason": "left"})
    await opened(bank.manager, customer_id=bank.customer)
    of_closed = await sees(bank.manager, bank.customer)
    erased = await whole.delete(f"/api/v1/customers/{bank.other}")
    of_erased = await bank.manager.post(PATH, json={"reason": REASON, "customer_id": bank.other})

    assert (closed.status_code, of_closed) == (201, 200)
    assert (erased.status_code < 300, of_erased.status_code) == (True, 404)


async def test_its_words_go_with_the_customer(bank):
    access = await opened(bank.manager, customer_id=bank.customer, case_number="C-7")
    whole = await bank.client()
    erased = await whole.delete(f"/api/v1/customers/{bank.customer}")

    left = (await bank.auditor.get(f"{PATH}/{access['id']}")).json()

    assert erased.status_code < 300, erased.text
    assert (left["reason"], left["case_number"], left["staff_name"]) == ("—", "—", "manager")


async def test_who_proved_a_while_ago_who_they_are_proves_it_again(bank, world, clock):
    bounds = world.litestar.state.scope_middleware.bounds
    world.litestar.state.scope_middleware.bounds = type(bounds)(
        **{**{f: getattr(bounds, f) for f in bounds.__struct_fields__}, "confirm_minutes": 15.0}
    )
    try:
        clock.set(clock.now + timedelta(minutes=16))
        answer = await bank.manager.post(PATH, json={"reason": REASON, "customer_id": bank.customer})
    finally:
        world.litestar.state.scope_middleware.bounds = bounds

    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (403, "confirm-anew")


async def test_of_two_that_are_opened_at_once_one_is(bank):
    twice = await asyncio.gather(
        *(bank.manager.post(PATH, json={"reason": REASON, "customer_id": bank.customer}) for _ in range(4))
    )

    assert sorted(answer.status_code for answer in twice) == [201, 409, 409, 409]


async def test_the_second_waits_for_the_first_to_be_written(bank, clock):
    """The first is written and not committed yet when the second is asked for: it waits, and is refused by what it finds then."""
    by = Principal(
        kind="staff",
        id=bank.manager.staff_id,
        name="manager",
        permissions=frozenset({"customers:emergency"}),
        org_unit_id=bank.units["west"],
        units=(bank.units["west"],),
    )
    new = NewEmergencyAccess(customer_id=UUID(bank.customer), reason=REASON)
    waits = "select exists (select from pg_locks where not granted)"
    waited = False

    async with asyncio.timeout(20), tenant_scope(bank.id, units=by.units):
        await open_access(new, acting(by=by, now=clock.now))
        asked = bank.manager.post(PATH, json={"reason": REASON, "customer_id": bank.customer})
        # Outside this scope, as somebody else's.
        second = asyncio.create_task(asked, context=contextvars.Context())
        while not second.done() and not waited:
            waited = await fetch_value(waits)
    answer = await second

    assert waited
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (409, "already-lent")


async def test_no_row_lasts_longer_than_four_hours_whatever_wrote_it(bank, clock):
    async with bank.scope() as scope:
        with pytest.raises(asyncpg.CheckViolationError):
            await scope.connection.execute(
                "insert into emergency_access (id, staff_id, staff_name, customer_id, reason, case_number, opened_at, until_at,"
                " policy_version, ended_by_name) values (gen_random_uuid(), $1, 'x', $2, 'x', '', $3, $4, 0, '')",
                bank.manager.staff_id,
                bank.customer,
                clock.now,
                clock.now + timedelta(hours=4, seconds=1),
            )
        scope.rollback_only = True
