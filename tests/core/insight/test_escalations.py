"""Who hears that a complaint's deadline went up the ladder: those it came to, once, and nobody who is away."""

from datetime import timedelta

import pytest
from receiving import fall_due

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def people(tenant):
    """A desk's agent, the customer's manager of accounts, and the levels above: manager, tenant admin."""
    await tenant.unit("hall")
    names = {"agent": "agent", "keeper": "account_manager", "manager": "manager"}
    found = {name: await tenant.staff(name, role, unit="hall") for name, role in names.items()}
    return found | {"head": await tenant.staff("head", "manager"), "admin": await tenant.staff("admin", "tenant_admin")}


@pytest.fixture
async def complaint(tenant, people):
    client = await tenant.client()
    body = {"number": "K1", "kind": "leader", "name": "王伟", "org_unit_id": str(tenant.units["hall"])}
    body["account_manager_id"] = str(people["keeper"].staff_id)
    customer = (await client.post("/api/v1/customers", json=body)).json()["id"]
    new = {"text": "没有信号", "channel": "phone", "level": "1", "customer_id": customer}
    answer = await people["agent"].post("/api/v1/complaints", json=new)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def _escalated(tenant, client):
    """What somebody read of it, in order: `came`, `went up`."""
    words = {"deadline_escalated": "came", "deadline_passed_up": "went up"}
    async with tenant.scope() as scope:
        rows = await scope.connection.fetch(
            "select kind from staff_notice where staff_id = $1 order by told_at, id", client.staff_id
        )
    return [words[row["kind"]] for row in rows if row["kind"] in words]


async def _away(people, name, until, **body):
    path = f"/api/v1/staff/{people[name].staff_id}/absences"
    answer = await people["admin"].post(path, json={"until_at": until.isoformat(), **body})
    assert answer.status_code == 201, answer.text
    return f"{path}/{answer.json()['id']}"


async def _levels(tenant, people, clock, complaint):
    """Who heard what after each of the three levels: at the deadline, 30 and 120 minutes later."""
    due = clock() + timedelta(hours=5)
    heard = []
    for minutes in (0, 30, 120):
        clock.set(due + minutes * MINUTE)
        steps = await fall_due(tenant, "insight")
        assert any("escalation" in step for step in steps)
        heard.append({name: found for name in people if (found := await _escalated(tenant, people[name]))})
    return heard


@pytest.mark.rule("S07-16", "S07-22")
async def test_each_level_reads_that_it_came_and_the_owner_that_it_went_up(tenant, people, clock, complaint):
    first, second, third = await _levels(tenant, people, clock, complaint)

    assert first == {"agent": ["went up"], "keeper": ["came"]}
    # Whoever is directly responsible for the customer goes on hearing where it is (S05-3).
    assert second == {"agent": ["went up"] * 2, "keeper": ["came", "went up"], "manager": ["came"]}
    keeper = ["came", "went up", "went up"]
    assert third == {"agent": ["went up"] * 3, "keeper": keeper, "manager": ["came"], "admin": ["came"]}


@pytest.mark.rule("S07-22")
async def test_a_level_that_is_away_is_passed_over_and_the_next_is_not_told_twice(tenant, people, clock, complaint):
    await _away(people, "keeper", clock() + timedelta(days=1))
    await _away(people, "manager", clock() + timedelta(hours=5), from_at=clock().isoformat())

    first, second, third = await _levels(tenant, people, clock, complaint)

    # The hall's manager is back when the deadline passes, and hears of it in the account manager's place.
    assert first == {"agent": ["went up"], "keeper": ["went up"], "manager": ["came"]}
    assert second == first
    assert third == {"agent": ["went up"] * 2, "keeper": ["went up"] * 2, "manager": ["came"], "admin": ["came"]}


async def test_who_stands_in_hears_in_the_place_of_the_level_that_is_away(tenant, people, clock, complaint):
    people = people | {"deputy": await tenant.staff("deputy", "agent", unit="hall")}
    await _away(people, "keeper", clock() + timedelta(days=1), deputy_id=str(people["deputy"].staff_id))

    first, _, _ = await _levels(tenant, people, clock, complaint)

    assert first == {"agent": ["went up"], "keeper": ["went up"], "deputy": ["came"]}


async def test_who_stands_in_and_is_away_themselves_is_passed_over_too(tenant, people, clock, complaint):
    people = people | {"deputy": await tenant.staff("deputy", "agent", unit="hall")}
    await _away(people, "keeper", clock() + timedelta(days=1), deputy_id=str(people["deputy"].staff_id))
    await _away(people, "deputy", clock() + timedelta(days=1))

    first, _, _ = await _levels(tenant, people, clock, complaint)

    assert first == {"agent": ["went up"], "keeper": ["went up"], "manager": ["came"]}


@pytest.mark.rule("S07-22")
async def test_the_same_role_further_up_comes_before_the_next_level(tenant, people, clock, complaint):
    for name in ("keeper", "manager"):
        await _away(people, name, clock() + timedelta(days=1))

    first, second, third = await _levels(tenant, people, clock, complaint)

    assert first == second == {"agent": ["went up"], "keeper": ["went up"], "head": ["came"]}
    assert third == {"agent": ["went up"] * 2, "keeper": ["went up"] * 2, "head": ["came"], "admin": ["came"]}


@pytest.mark.rule("S07-22")
async def test_when_everybody_is_away_the_admins_hear_of_it_all_the_same(tenant, people, clock, complaint):
    for name in ("keeper", "manager", "head", "admin"):
        await _away(people, name, clock() + timedelta(days=1))

    first, _, third = await _levels(tenant, people, clock, complaint)

    assert first == third == {"agent": ["went up"], "keeper": ["went up"], "admin": ["came"]}


async def test_absences_are_noted_listed_and_taken_back_by_who_keeps_accounts(tenant, people, clock):
    until = clock() + timedelta(days=3)
    noted = await _away(people, "keeper", until)
    path = noted.rsplit("/", 1)[0]

    ends_first = await people["admin"].post(path, json={"until_at": clock().isoformat()})
    no_zone = await people["admin"].post(path, json={"until_at": "2027-01-01T00:00:00"})
    foreign = await people["agent"].post(path, json={"until_at": until.isoformat()})
    listed = (await people["admin"].get(path)).json()
    gone = await people["admin"].delete(noted)
    again = await people["admin"].delete(noted)

    assert (ends_first.status_code, no_zone.status_code, foreign.status_code) == (422, 400, 403)
    assert [(one["from_at"], one["noted_by_name"]) for one in listed] == [
        (clock().isoformat().replace("+00:00", "Z"), "admin")
    ]
    assert (gone.status_code, again.status_code) == (204, 404)
    assert (await people["admin"].get(path)).json() == []
