"""What other limits, levels and keywords would have meant for last quarter's complaints, before they are scheduled."""

from datetime import timedelta

import pytest

SIMULATIONS = "/api/v1/policy/simulations"
LIMIT = "complaints.levels.1.resolve_within.count"
PATH = "/api/v1/complaints"


async def policy(who):
    return (await who.get("/api/v1/policy")).json()


async def tried(who, status=200, **given):
    answer = await who.post(SIMULATIONS, json={"note": "n"} | given)
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.fixture
async def past(tenant):
    """Two complaints of the lowest level: one resolved within three hours, one within one; a third is open for five minutes."""
    clock = tenant.world.clock
    agent = await tenant.staff("agent", "manager")
    found = []
    for hours in (3, 1, 0):
        answer = await agent.post(PATH, json={"text": "账单有误", "channel": "phone"})
        assert answer.status_code == 201, answer.text
        found.append(answer.json())
        clock.set(clock() + (timedelta(hours=hours) or timedelta(minutes=5)))
        if hours:
            done = await agent.post(f"{PATH}/{found[-1]['id']}/resolution", json={"remedy": "已更正"})
            assert done.status_code == 201, done.text
    return found


def sums(view):
    return [view[name] for name in ("complaints", "moved", "late_before", "late_after")]


async def test_a_shorter_limit_says_how_many_would_have_been_late_and_writes_nothing(client, past):
    shorter = await tried(client, figures={LIMIT: 2})
    shortest = await tried(client, figures={LIMIT: 1})

    levels = {one["level"]: (one["before"], one["after"], one["late_after"]) for one in shorter["levels"]}
    assert (sums(shorter), sums(shortest)) == ([3, 0, 0, 1], [3, 0, 0, 1])
    assert levels["1"] == (3, 3, 1)
    assert (await policy(client))["version"] == 0


async def test_another_keyword_moves_complaints_and_counts_by_the_limit_of_their_new_level(client, past):
    found = (await policy(client))["complaints"]
    top = found["levels"][-1] | {"resolve_within": {"type": "hours", "count": 1}}
    keywords = [{"level": top["name"], "words": ["账单有误"]}, *found["keywords"]]
    changed = found | {"levels": [*found["levels"][:-1], top], "keywords": keywords}
    moved = await tried(client, overrides={"complaints": changed})

    assert sums(moved) == [3, 3, 0, 1]
    assert {one["level"]: one["after"] for one in moved["levels"]} == {
        one["name"]: 3 * (one["name"] == top["name"]) for one in found["levels"]
    }


async def test_what_somebody_gave_another_level_keeps_it(client, past):
    found = (await policy(client))["complaints"]
    other = found["levels"][-1]["name"]
    given = await client.post(
        f"{PATH}/{past[2]['id']}/level",
        json={"level": other, "reason": "重大", "cause": "billing", "analysis": "系统差错"},
    )
    keywords = [{"level": other, "words": ["账单有误"]}, *found["keywords"]]
    moved = await tried(client, overrides={"complaints": found | {"keywords": keywords}})

    assert given.status_code in (200, 201), given.text
    assert moved["moved"] == 2


async def test_older_complaints_are_left_out(client, tenant, past):
    tenant.world.clock.set(tenant.world.clock() + timedelta(days=92))

    assert sums(await tried(client, figures={LIMIT: 2})) == [0, 0, 0, 0]


async def test_it_is_on_record_and_for_who_reads_complaints(client, tenant, past):
    await tried(client, figures={LIMIT: 2})
    await tenant.unit("north")
    agent = await tenant.staff("north-agent", "agent", unit="north")
    refused = await agent.post(SIMULATIONS, json={"note": "n", "figures": {LIMIT: 2}})
    looks = (await client.get("/api/v1/audit-entries", params={"action": "policy.simulate"})).json()["items"]

    assert (refused.status_code, [one["shown"] for one in looks]) == (403, [3])


async def test_what_is_wrong_is_refused_as_the_change_would_be(client, past):
    refused = await tried(client, 422, figures={LIMIT: "two"})

    assert refused["errors"][0]["field"].startswith("figures.complaints.levels")


async def test_which_complaints_would_have_another_level_is_named(client, past):
    found = (await policy(client))["complaints"]
    top = found["levels"][-1]["name"]
    changed = found | {"keywords": [{"level": top, "words": ["账单有误"]}, *found["keywords"]]}

    moved = await tried(client, overrides={"complaints": changed})

    assert [one["id"] for one in moved["moved_complaints"]] == [one["id"] for one in reversed(past)]
    assert {(one["before"], one["after"]) for one in moved["moved_complaints"]} == {(past[0]["level"], top)}
    assert (await tried(client, figures={LIMIT: 2}))["moved_complaints"] == []


async def member(client, day="2026-02-01"):
    """A key account since that day."""
    body = {"number": "C-1", "name": "张三丽", "kind": "group"}
    customer = (await client.post("/api/v1/customers", json=body)).json()["id"]
    fact = {"customer_id": customer, "metric": "spending", "occurred_on": "2026-01-05", "amount": {"amount": "10000"}}
    await client.post("/api/v1/facts", json={"facts": [fact]})
    answer = await client.post("/api/v1/assessments", json={"scheme": "key_account", "as_of": day})
    assert answer.status_code == 201, answer.text
    return customer


@pytest.mark.rule("S07-7")
async def test_a_smaller_quota_says_how_many_redemptions_it_would_have_refused(client):
    customer = await member(client)
    for _ in range(3):
        given = await client.post("/api/v1/redemptions", json={"customer_id": customer, "item": "free_trial"})
        assert given.status_code == 201, given.text
    tier = given.json()["tier"]
    rights = (await policy(client))["entitlements"]

    def with_quota(quota):
        return [one | {"quota": quota} if (one["item"], one["tier"]) == ("free_trial", tier) else one for one in rights]

    smaller = await tried(client, overrides={"entitlements": with_quota(1)})
    larger = await tried(client, overrides={"entitlements": with_quota(9)})

    assert smaller["quotas"] == [
        {
            "scheme": "key_account",
            "tier": tier,
            "item": "free_trial",
            "redeemed": 3,
            "refused_before": 0,
            "refused_after": 2,
        }
    ]
    assert [one["refused_after"] for one in larger["quotas"]] == [0]
    assert (await tried(client, figures={LIMIT: 2}))["quotas"] == []


@pytest.mark.rule("S05-6")
async def test_another_cadence_says_how_many_contacts_would_have_been_missed(client, tenant):
    await member(client)
    tenant.world.clock.set(tenant.world.clock() + timedelta(days=120))
    later = await tenant.staff("later", "tenant_admin", "manager")
    held = (await policy(later))["cadences"]
    weekly = [one | {"span": "week"} if one["scheme"] == "key_account" else one for one in held]

    found = await tried(later, overrides={"cadences": weekly})

    (line,) = [one for one in found["cadences"] if one["scheme"] == "key_account"]
    assert [line[name] for name in ("owed_before", "missed_before", "owed_after", "missed_after")] == [3, 3, 13, 13]
    assert (await tried(later, figures={LIMIT: 2}))["cadences"] == []


async def test_ones_own_draft_is_tried_as_a_whole(client, past):
    found = (await policy(client))["complaints"]
    top = found["levels"][-1]["name"]
    changed = found | {"keywords": [{"level": top, "words": ["账单有误"]}, *found["keywords"]]}
    nothing = (await client.post("/api/v1/policy/draft/simulations")).json()
    gathered = await client.patch("/api/v1/policy/draft", json={"overrides": {"complaints": changed}})
    tried_on = (await client.post("/api/v1/policy/draft/simulations")).json()

    assert gathered.status_code == 200, gathered.text
    assert (nothing["moved"], tried_on["moved"], len(tried_on["moved_complaints"])) == (0, 3, 3)
    assert (await policy(client))["version"] == 0
