"""The company's own policy read back, changed figure by figure, compared, scheduled, cancelled and taken back."""

from datetime import timedelta

import pytest
from desk import open_desk

OWN = "/api/v1/policy/overrides"
CHECKS = "/api/v1/policy/checks"
VERSIONS = "/api/v1/policy/versions"
GOLD = "corporate_deposit_gold"
FIGURE = f"settings.{GOLD}.value"


@pytest.fixture
async def bank(world):
    return await open_desk(world, "banking")


async def amend(who, status=200, **given):
    answer = await who.patch(OWN, json={"note": "as decided"} | given)
    assert answer.status_code == status, answer.text
    return answer.json()


async def own(who, **asked):
    answer = await who.get(OWN, params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def figure(who, name, at=None):
    policy = (await who.get("/api/v1/policy", params={"at": at} if at else None)).json()
    return next(one["value"] for one in policy["settings"] if one["name"] == name)


async def versions(who):
    return (await who.get(VERSIONS)).json()


def words(changes):
    return [(one["what"]["en"], one["old"]["en"], one["new"]["en"]) for one in changes]


async def test_one_figure_is_changed_and_everything_else_stays(client):
    before = (await client.get("/api/v1/policy")).json()

    made = await amend(client, figures={"complaints.levels.1.resolve_within.count": 4})

    after = (await client.get("/api/v1/policy")).json()
    wanted = before["complaints"] | {"levels": [dict(one) for one in before["complaints"]["levels"]]}
    wanted["levels"][0]["resolve_within"] = {"type": "hours", "count": 4}
    assert after["complaints"] == wanted
    assert after | {"complaints": 0, "version": 0} == before | {"complaints": 0, "version": 0}
    assert (made["became"]["version"], words(made["changes"])) == (
        1,
        [("levels · Level 1: within the desk's authority · resolved within", "5 hours", "4 hours")],
    )


async def test_what_the_company_says_itself_is_read_back_with_what_the_packs_say(client):
    await amend(client, figures={"complaints.levels.1.resolve_within.count": 4, "closing.restored_days": 20})

    whole, part = await own(client), await own(client, section="closing")

    assert (whole["policy_version"], whole["latest"], sorted(whole["overrides"])) == (1, 1, sorted(part["overrides"]))
    assert [whole["overrides"][name] is not None for name in ("complaints", "closing", "care")] == [True, True, False]
    assert part["overrides"]["complaints"] is None
    assert [(one["path"], one["new"]["en"]) for one in part["to_packs"]] == [("closing", "20")]


async def test_every_wrong_figure_is_said_at_its_place_and_nothing_is_written(client):
    answer = await client.patch(
        OWN,
        json={
            "note": "n",
            "figures": {
                "complaints.levels.1.resolve_within.count": "four",
                "complaints.levels.9.resolve_within.count": 4,
                "closing": 3,
                "nothing.at.all": 1,
            },
        },
    )

    assert (answer.status_code, sorted(one["field"] for one in answer.json()["errors"])) == (
        422,
        [
            "figures.closing",
            "figures.complaints.levels.0.resolve_within.count",
            "figures.complaints.levels.9.resolve_within.count",
            "figures.nothing.at.all",
        ],
    )
    assert await versions(client) == []


async def test_a_contradiction_is_refused_whole(client):
    refused = await amend(client, 422, figures={"complaints.default_level": "9"})

    assert [one["field"] for one in refused["errors"]] == ["complaints.default_level"]
    assert await versions(client) == []


async def test_nothing_new_is_no_version(client):
    refused = await amend(client, 422, figures={"complaints.levels.1.resolve_within.count": 5})

    assert refused["errors"][0]["field"] == "figures"


async def test_a_check_says_what_it_would_bring_and_writes_nothing(client):
    answer = await client.post(CHECKS, json={"note": "n", "figures": {"closing.restored_days": 20}})

    checked = answer.json()
    assert (answer.status_code, checked["approval"]) == (200, "")
    assert [one["new"]["en"] for one in checked["changes"]] == ["20"]
    assert checked["changes"] == checked["to_packs"]
    assert await versions(client) == []


async def test_whoever_wrote_from_an_older_version_is_refused(client):
    await amend(client, figures={"closing.restored_days": 20}, made_from=0)
    late = await amend(client, 412, figures={"closing.restored_days": 25}, made_from=0)

    assert late["type"].rpartition("/")[2] == "lost-race"
    assert len(await versions(client)) == 1


async def test_what_the_company_gives_up_the_packs_say_again(client):
    await amend(client, figures={"closing.restored_days": 20, "complaints.levels.1.resolve_within.count": 4})
    unknown = await amend(client, 422, brought_back=["care"])
    await amend(client, brought_back=["closing"])

    after = await own(client)
    assert [one["field"] for one in unknown["errors"]] == ["brought_back"]
    assert (after["overrides"]["closing"], after["overrides"]["complaints"] is None) == (None, False)


async def test_a_change_to_come_is_cancelled_and_what_was_in_force_stays(bank):
    who, at = bank.client, (bank.tenant.world.clock() + timedelta(days=10)).isoformat()
    held = await figure(who, GOLD)
    await amend(who, figures={"closing.restored_days": 20}, effective_from=at)
    done = await who.post("/api/v1/policy/cancellations", json={"version": 1, "note": "not yet"})
    again = await who.post("/api/v1/policy/cancellations", json={"version": 1, "note": "not yet"})

    assert (done.status_code, again.status_code) == (201, 409)
    assert (await who.get("/api/v1/policy", params={"at": at})).json()["closing"]["restored_days"] != 20
    assert await figure(who, GOLD, at) == held


async def test_a_figure_changed_now_leaves_what_is_to_come_of_another(client, tenant):
    at = (tenant.world.clock() + timedelta(days=10)).isoformat()
    await amend(client, figures={"closing.restored_days": 20}, effective_from=at)
    await amend(client, figures={"closing.restored_days": 15, "closing.merged_undone_days": 9})

    now = (await client.get("/api/v1/policy")).json()["closing"]
    then = (await client.get("/api/v1/policy", params={"at": at})).json()["closing"]
    assert (now["restored_days"], now["merged_undone_days"]) == (15, 9)
    assert (then["restored_days"], then["merged_undone_days"]) == (20, 9)


async def test_the_policy_says_again_what_it_said(client, tenant):
    await amend(client, figures={"closing.restored_days": 20})
    await amend(client, figures={"closing.restored_days": 25})
    back = await client.post("/api/v1/policy/restorations", json={"version": 1, "note": "as it was"})
    same = await client.post("/api/v1/policy/restorations", json={"version": 1, "note": "as it was"})
    packs = await client.post("/api/v1/policy/restorations", json={"version": 0, "note": "the packs'"})
    none = await client.post("/api/v1/policy/restorations", json={"version": 99, "note": "the packs'"})

    assert [one.status_code for one in (back, same, packs, none)] == [201, 422, 201, 404]
    assert (await own(client))["to_packs"] == []
    difference = await client.get("/api/v1/policy/differences", params={"before": 1, "after": 2})
    assert [(one["old"]["en"], one["new"]["en"]) for one in difference.json()] == [("20", "25")]


async def test_a_version_that_never_was_in_force_is_not_brought_back(client, tenant):
    at = (tenant.world.clock() + timedelta(days=10)).isoformat()
    await amend(client, figures={"closing.restored_days": 20}, effective_from=at)

    refused = await client.post("/api/v1/policy/restorations", json={"version": 1, "note": "at once"})

    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (409, "never-in-force")


@pytest.mark.rule("S04-4")
async def test_a_part_that_waits_for_an_approval_is_proposed_even_by_whoever_writes_the_whole_policy(bank):
    checked = await bank.client.post(CHECKS, json={"note": "n", "figures": {FIGURE: 600_000_000}})
    made = await amend(bank.client, figures={FIGURE: 600_000_000})

    assert checked.json()["part"] == "corporate_standards"
    assert (made["became"], made["proposal"]["outcome"]) == (None, None)
    assert await figure(bank.client, GOLD) == 500_000_000


@pytest.mark.rule("S04-4")
async def test_a_post_amends_its_own_part_and_no_other(bank):
    corporate = await bank.tenant.staff("corporate", "corporate_department")
    mine = await amend(corporate, figures={FIGURE: 600_000_000})
    other = await amend(corporate, 403, figures={"closing.restored_days": 20})

    assert mine["proposal"]["part"] == "corporate_standards"
    assert (other["type"].rpartition("/")[2], other["errors"][0]["field"]) == ("not-your-part", "overrides.closing")


async def test_what_waits_for_an_approval_is_not_mixed_with_what_does_not(bank):
    refused = await amend(bank.client, 409, figures={FIGURE: 600_000_000, "closing.restored_days": 20})

    assert refused["type"].rpartition("/")[2] == "several-parts"


async def decide(who, proposal):
    answer = await who.post(
        f"/api/v1/approvals/{proposal['approval_id']}/decision", json={"approved": True, "reason": "agreed"}
    )
    assert answer.status_code == 200, answer.text


async def enacted(bank, value):
    """The figure changed and approved, by whoever asks and whoever decides."""
    made = await amend(bank.client, figures={FIGURE: value})
    president = await bank.tenant.staff(f"president-{value}", "president")
    await decide(president, made["proposal"])
    assert await figure(bank.client, GOLD) == value


RESTORATIONS, CANCELLATIONS = "/api/v1/policy/restorations", "/api/v1/policy/cancellations"


@pytest.mark.rule("S04-4")
async def test_restoring_waits_for_the_approval_that_the_change_waited_for(bank):
    await enacted(bank, 600_000_000)
    asked = await bank.client.post(RESTORATIONS, json={"version": 0, "note": "as it was"})
    still = await figure(bank.client, GOLD)
    again = await bank.client.post(RESTORATIONS, json={"version": 0, "note": "as it was"})
    president = await bank.tenant.staff("president", "president")
    await decide(president, asked.json()["proposal"])

    assert (asked.status_code, asked.json()["became"], still) == (201, None, 600_000_000)
    assert (again.status_code, again.json()["type"].rpartition("/")[2]) == (409, "already-proposed")
    assert await figure(bank.client, GOLD) == 500_000_000
    assert (await own(bank.client))["to_packs"] == []


@pytest.mark.rule("S04-4")
async def test_cancelling_waits_for_the_approval_that_the_change_waited_for(bank):
    at = (bank.tenant.world.clock() + timedelta(days=10)).isoformat()
    made = await amend(bank.client, figures={FIGURE: 600_000_000}, effective_from=at)
    president = await bank.tenant.staff("president", "president")
    await decide(president, made["proposal"])
    asked = await bank.client.post(CANCELLATIONS, json={"version": 1, "note": "not yet"})
    planned = await figure(bank.client, GOLD, at)
    await decide(president, asked.json()["proposal"])

    assert (asked.status_code, asked.json()["became"], planned) == (201, None, 600_000_000)
    assert await figure(bank.client, GOLD, at) == 500_000_000


@pytest.mark.rule("S04-4")
async def test_no_restoration_takes_the_approval_away_with_what_it_guards(bank):
    """A version whose parts wait for nobody is no way past those of today."""
    parts = (await bank.client.get("/api/v1/policy")).json()["parts"]
    loose = [one | {"approval": ""} for one in parts if one["approval"]]
    freed = await amend(bank.client, overrides={"parts": loose})
    await decide(await bank.tenant.staff("president", "president"), freed["proposal"])
    await amend(bank.client, figures={FIGURE: 600_000_000})
    await amend(bank.client, brought_back=["parts"])
    both = await bank.client.post(RESTORATIONS, json={"version": 1, "note": "as it was"})
    by_draft = await bank.client.patch(
        "/api/v1/policy/draft", json={"overrides": {"parts": loose}, "figures": {FIGURE: 400_000_000}}
    )
    sent = await bank.client.post("/api/v1/policy/draft/versions", json={"note": "both"})

    assert by_draft.status_code == 200
    assert (both.json()["became"], both.json()["proposal"]["part"]) == (None, "corporate_standards")
    assert (sent.status_code, sent.json()["type"].rpartition("/")[2]) == (409, "already-proposed")
    assert await figure(bank.client, GOLD) == 600_000_000


async def test_of_a_version_one_part_is_brought_back_alone(bank):
    await amend(bank.client, figures={"closing.restored_days": 20})
    await enacted(bank, 600_000_000)
    mixed = await bank.client.post(RESTORATIONS, json={"version": 0, "note": "n"})
    alone = await bank.client.post(RESTORATIONS, json={"version": 0, "part": "corporate_standards", "note": "n"})
    nothing = await bank.client.post(RESTORATIONS, json={"version": 0, "part": "personal_standards", "note": "n"})

    assert [one.status_code for one in (mixed, alone, nothing)] == [409, 201, 422]
    assert [one["path"] for one in alone.json()["changes"]] == [f"settings.{GOLD}"]
    assert (await bank.client.get("/api/v1/policy")).json()["closing"]["restored_days"] == 20


@pytest.mark.rule("S04-4")
async def test_nobody_but_whoever_writes_the_policy_restores_or_cancels(bank):
    await enacted(bank, 600_000_000)
    corporate = await bank.tenant.staff("corporate", "corporate_department")
    for path in (RESTORATIONS, CANCELLATIONS):
        assert (await corporate.post(path, json={"version": 0, "note": "n"})).status_code == 403


async def test_a_version_written_whole_is_no_way_past_an_approval(bank):
    before = (await bank.client.get("/api/v1/policy")).json()
    loose = [one | {"approval": ""} for one in before["parts"] if one["approval"]]

    gold = next(one for one in before["settings"] if one["name"] == GOLD) | {"value": 1}
    at_once = await bank.client.post(VERSIONS, json={"overrides": {"settings": [gold]}, "note": "n"})
    by_itself = await bank.client.post(VERSIONS, json={"overrides": {"parts": loose}, "note": "n"})
    amended = await bank.client.patch("/api/v1/policy/overrides", json={"overrides": {"parts": loose[:1]}, "note": "n"})

    told = [one.json()["type"].rpartition("/")[2] for one in (at_once, by_itself)]
    assert ([at_once.status_code, by_itself.status_code], told) == ([409, 409], ["to-be-approved"] * 2)
    assert (amended.json()["became"], amended.json()["proposal"]["part"]) == (None, loose[0]["name"])
    assert (await bank.client.get("/api/v1/policy")).json()["parts"] == before["parts"]
