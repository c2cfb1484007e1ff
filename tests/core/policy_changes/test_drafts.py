"""Changes gathered before they become one version: kept for each person, seen by others, checked, sent or given up."""

import pytest
from desk import open_desk

DRAFT, DRAFTS = "/api/v1/policy/draft", "/api/v1/policy/drafts"
GOLD = "corporate_deposit_gold"
TEXT = {"zh": "雨伞", "en": "Umbrella"}


@pytest.fixture
async def bank(world):
    return await open_desk(world, "banking")


async def gather(who, status=200, **given):
    answer = await who.patch(DRAFT, json=given)
    assert answer.status_code == status, answer.text
    return answer.json()


async def send(who, status=201, **given):
    answer = await who.post(f"{DRAFT}/versions", json={"note": "as decided"} | given)
    assert answer.status_code == status, answer.text
    return answer.json()


async def draft(who):
    return (await who.get(DRAFT)).json()


async def policy(who):
    return (await who.get("/api/v1/policy")).json()


async def amend(who, **given):
    answer = await who.patch("/api/v1/policy/overrides", json={"note": "as decided"} | given)
    assert answer.status_code == 200, answer.text


async def setting(who, name):
    return next(one["value"] for one in (await policy(who))["settings"] if one["name"] == name)


def fields(answer):
    return [one["field"] for one in answer["errors"]]


async def test_changes_of_several_sections_become_one_version(client):
    await gather(client, figures={"closing.restored_days": 20})
    gathered = await gather(client, figures={"complaints.levels.1.resolve_within.count": 4})
    before = await policy(client)
    made = await send(client)

    after = await policy(client)
    assert gathered["paths"] == ["complaints", "closing"]
    assert sorted(one["new"]["en"] for one in gathered["changes"]) == ["20", "4 hours"]
    assert (before["version"], before["closing"]["restored_days"]) == (0, 30)
    assert (made["became"]["version"], len((await client.get("/api/v1/policy/versions")).json())) == (1, 1)
    assert (after["closing"]["restored_days"], after["complaints"]["levels"][0]["resolve_within"]["count"]) == (20, 4)
    assert (await draft(client))["begun_at"] is None


async def test_a_draft_is_its_makers_and_others_see_that_there_is_one(tenant):
    wang, li = await tenant.staff("wang", "tenant_admin"), await tenant.staff("li", "tenant_admin")
    await gather(wang, figures={"closing.restored_days": 20})
    await gather(li, figures={"closing.restored_days": 25})

    seen = (await li.get(DRAFTS)).json()
    assert [(one["name"], one["sections"], one["mine"]) for one in sorted(seen, key=lambda one: one["mine"])] == [
        ("wang", ["closing"], False),
        ("li", ["closing"], True),
    ]
    assert "overrides" not in seen[0]
    assert [one["new"]["en"] for one in (await draft(li))["changes"]] == ["25"]


async def test_a_draft_may_contradict_itself_until_it_is_sent(client):
    item = {"name": "umbrella", "family": "service"}
    gathered = await gather(client, overrides={"service_items": [item]})
    refused = await send(client, 422)
    await gather(client, overrides={"texts": {f"service_item.umbrella.{key}": TEXT for key in missing(gathered)}})
    made = await send(client)

    assert (gathered["problems"] != [], refused["errors"] != []) == (True, True)
    assert made["became"]["version"] == 1
    assert [one["name"] for one in (await policy(client))["service_items"] if one["name"] == "umbrella"] == ["umbrella"]


def missing(gathered):
    return [one["value"].rpartition(".")[2] for one in gathered["problems"] if one["field"] == "texts"]


async def test_a_part_of_a_draft_is_sent_and_the_rest_stays(client):
    await gather(client, figures={"closing.restored_days": 20, "complaints.levels.1.resolve_within.count": 4})
    made = await send(client, only=["closing"])
    unknown = await send(client, 422, only=["care"])

    assert [one["new"]["en"] for one in made["changes"]] == ["20"]
    assert ((await draft(client))["paths"], fields(unknown)) == (["complaints"], ["only"])


async def test_what_is_dropped_leaves_the_draft_and_what_is_given_up_is_gone(client):
    await gather(client, figures={"closing.restored_days": 20, "complaints.levels.1.resolve_within.count": 4})
    less = await gather(client, dropped=["closing"])
    gone = await client.delete(DRAFT)
    again = await client.delete(DRAFT)

    assert (less["paths"], gone.status_code, again.status_code) == (["complaints"], 204, 404)
    assert (await client.get(DRAFTS)).json() == []
    assert (await client.post(f"{DRAFT}/versions", json={"note": "n"})).status_code == 404


async def test_what_others_changed_meanwhile_is_not_overwritten_unseen(tenant):
    wang, li = await tenant.staff("wang", "tenant_admin"), await tenant.staff("li", "tenant_admin")
    await gather(wang, figures={"closing.restored_days": 20, "complaints.levels.1.resolve_within.count": 4})
    await amend(li, figures={"closing.restored_days": 25})

    overtaken = (await draft(wang))["overtaken"]
    refused = await send(wang, 412)
    await send(wang, only=["complaints"])
    seen = await gather(wang, made_from=2)
    made = await send(wang)

    assert (overtaken, refused["type"].rpartition("/")[2]) == (["closing"], "lost-race")
    assert (seen["overtaken"], [(one["old"]["en"], one["new"]["en"]) for one in made["changes"]]) == (
        [],
        [("25", "20")],
    )


async def test_an_element_of_ones_own_is_removed_for_good_and_one_of_the_packs_switched_off(client):
    await amend(
        client,
        overrides={
            "service_items": [{"name": "umbrella", "family": "service"}],
            "texts": {
                f"service_item.umbrella.{key}": TEXT for key in ("title", "content", "standard", "channel", "process")
            },
        },
    )
    packs = next(one["name"] for one in (await policy(client))["service_items"] if one["name"] != "umbrella")
    await gather(client, removed=["service_items.umbrella", f"service_items.{packs}"])
    await send(client)
    unknown = await gather(client, 422, removed=["service_items.umbrella"])
    needed = await gather(client, 422, removed=["complaints"])

    said = (await client.get("/api/v1/policy/overrides")).json()["overrides"]
    assert (said["service_items"], said["switched_off"]) == ([], [f"service_items.{packs}"])
    assert {"umbrella", packs} & {one["name"] for one in (await policy(client))["service_items"]} == set()
    assert (fields(unknown), fields(needed)) == (["removed"], ["removed"])


async def test_a_right_without_a_name_is_removed_by_its_place(bank):
    before = (await policy(bank.client))["entitlements"]
    gathered = await gather(bank.client, removed=["entitlements.0"])

    assert gathered["overrides"]["entitlements"] == before[1:]


async def test_what_refers_to_an_element_is_said_before_it_is_removed(bank):
    known = await policy(bank.client)
    right = next(one for one in known["entitlements"])
    flow = next(one["approval"] for one in known["schemes"] if one["approval"])

    item = (await bank.client.get(f"{DRAFT}/references", params={"element": f"service_items.{right['item']}"})).json()
    approval = (await bank.client.get(f"{DRAFT}/references", params={"element": f"approvals.{flow}"})).json()

    assert "entitlements" in {one["path"].partition(".")[0] for one in item["goes_with_it"]}
    assert any(one["value"] == flow and one["field"].startswith("schemes.") for one in approval["in_the_way"])
    assert (await draft(bank.client))["begun_at"] is None


@pytest.mark.rule("S04-4")
async def test_a_draft_waits_for_the_approval_of_its_part(bank):
    await gather(bank.client, figures={f"settings.{GOLD}.value": 600_000_000})
    made = await send(bank.client)

    assert (made["became"], made["proposal"]["part"]) == (None, "corporate_standards")
    assert await setting(bank.client, GOLD) == 500_000_000


async def test_whoever_only_reads_policies_has_no_draft(tenant):
    await tenant.unit("north")
    agent = await tenant.staff("agent", "agent", unit="north")

    assert [(await agent.get(path)).status_code for path in (DRAFT, DRAFTS)] == [403, 403]
    assert (await agent.patch(DRAFT, json={"figures": {"closing.restored_days": 20}})).status_code == 403


async def test_a_standard_that_is_otherwise_is_changed_and_not_taken_away(bank):
    scheme = next(one for one in (await policy(bank.client))["schemes"] if "corporate" not in one["name"])
    gathered = await gather(bank.client, overrides={"schemes": [scheme | {"grace_days": scheme["grace_days"] + 3}]})

    assert [(one["what"]["en"], one["new"]["en"]) for one in gathered["changes"]] == [
        ("days of grace", str(scheme["grace_days"] + 3))
    ]
