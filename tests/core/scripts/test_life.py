"""A script's life: written, tried, switched on beside the packs' hooks, rolled back, switched off by its own faults, stopped."""

import json
from datetime import timedelta

import pytest
from running import come_round, work_off

from guibin.scripts import asking
from guibin.scripts.jobs import ForgetScriptRuns
from guibin_tenants import settings
from guibin_tenants.scope import fetch_value
from guibin_tenants.tables import BLANK

LEVEL = """def suggest_level(draft: ComplaintDraft) -> LevelSuggestion | None:
    if "顶层" in draft.text:
        return LevelSuggestion("{level}", because="整栋楼受影响")
    return None
"""
GIVEN = {"draft": {"text": "顶层有杂音", "channel": "phone", "customer_kind": None}}
NEVER = (
    "def objections(proposal: Proposal) -> list[Objection]:\n    return [Objection('本季不受理', 'not this quarter')]\n"
)
FAILS = "def suggest_level(draft: ComplaintDraft) -> LevelSuggestion | None:\n    if 'x' in draft.text:\n        return None\n    return LevelSuggestion({}['level'], '')\n"


async def sent(answer, status=201):
    assert answer.status_code == status, answer.text
    return answer.json()


async def write(client, source, hook="suggest_level", name="楼宇"):
    return await sent(await client.post("/api/v1/scripts", json={"name": name, "hook": hook, "source": source}))


async def case(client, script, given, expects, status=200):
    body = {"cases": [{"name": "第一例", "given": json.dumps(given), "expects": json.dumps(expects)}]}
    return await sent(await client.put(f"/api/v1/scripts/{script['id']}/cases", json=body), status)


async def activate(client, script, version=1, status=201):
    body = {"version": version, "note": "经理会议定的"}
    return await sent(await client.post(f"/api/v1/scripts/{script['id']}/activations", json=body), status)


async def answering(client, level="3"):
    """A script that answers."""
    script = await write(client, LEVEL.format(level=level))
    await case(client, script, GIVEN, {"level": level, "because": "整栋楼受影响"})
    await activate(client, script)
    return script


async def complain(client, text="顶层有杂音", status=201, **more):
    return await sent(await client.post("/api/v1/complaints", json={"text": text, "channel": "phone"} | more), status)


async def runs(client, **asked):
    found = (await sent(await client.get("/api/v1/script-runs", params=asked), 200))["items"]
    return [await sent(await client.get(f"/api/v1/script-runs/{one['id']}"), 200) for one in found]


async def test_a_script_answers_only_while_it_is_switched_on(client):
    script = await write(client, LEVEL.format(level="3"))
    await case(client, script, GIVEN, {"level": "3", "because": "整栋楼受影响"})
    before = (await complain(client))["level"]

    await activate(client, script)
    during = await complain(client)
    await sent(await client.delete(f"/api/v1/scripts/{script['id']}/activation"), 200)
    after = (await complain(client))["level"]

    assert (before, during["level"], after) == ("1", "3", "1")
    (run,) = await runs(client)
    assert (run["outcome"], run["number"], json.loads(run["given"])) == ("ok", 1, GIVEN)
    assert json.loads(run["answer"]) == {"level": "3", "because": "整栋楼受影响"}


async def test_rolling_back_is_switching_an_earlier_version_on(client):
    script = await answering(client)
    saved = await sent(
        await client.post(f"/api/v1/scripts/{script['id']}/versions", json={"source": LEVEL.format(level="2")})
    )
    await case(client, script, GIVEN, {"level": "2", "because": "整栋楼受影响"})
    await activate(client, script, version=2)
    second = (await complain(client))["level"]
    await case(client, script, GIVEN, {"level": "3", "because": "整栋楼受影响"})
    back = await activate(client, script, version=1)
    first = (await complain(client))["level"]

    assert saved["mistakes"] == []
    assert (second, first, back["answers"], back["latest"]) == ("2", "3", 1, 2)
    history = await sent(await client.get(f"/api/v1/scripts/{script['id']}/activations"), 200)
    assert [(one["number"], one["ended_because"]) for one in history] == [(1, None), (2, "replaced"), (1, "replaced")]


async def test_what_is_not_ready_is_not_switched_on(client):
    script = await write(client, LEVEL.format(level="3"))
    untried = await activate(client, script, status=409)
    await case(client, script, GIVEN, None)
    wrong = await activate(client, script, status=409)
    await client.post(
        f"/api/v1/scripts/{script['id']}/versions",
        json={"source": "def suggest_level(draft: int) -> int:\n    return draft.a"},
    )
    broken = await activate(client, script, version=2, status=409)

    assert "at least one test case" in untried["detail"]
    assert "第一例" in wrong["detail"]
    assert "line 2" in broken["detail"]
    assert (await complain(client))["level"] == "1"


async def test_cases_hold_what_the_hook_takes_and_answers(client):
    script = await write(client, LEVEL.format(level="3"))

    refused = await case(client, script, {"draft": {"text": 3}}, {"level": 3}, status=422)

    assert [error["field"] for error in refused["errors"]] == ["cases[0].given", "cases[0].expects"]


async def test_an_objection_refuses_in_both_languages_and_what_fails_to_answer_refuses_too(client, tenant):
    customer = await sent(
        await client.post("/api/v1/customers", json={"number": "1", "name": "张三", "kind": "leader"})
    )
    applied = {"customer_id": customer["id"], "scheme": "key_account", "tier": "key", "reason": "合作多年"}
    script = await write(client, NEVER, hook="objections", name="名额")
    given = {"proposal": {"action": "application", "subject_id": None, "details": {}}}
    await case(client, script, given, [{"zh": "本季不受理", "en": "not this quarter"}])
    await activate(client, script)

    refused = await client.post("/api/v1/applications", json=applied)

    assert (refused.status_code, refused.json()["detail"]) == (422, "本季不受理（not this quarter）"), refused.text
    # The refusal undid everything but the run.
    (run,) = await runs(client)
    assert (run["outcome"], run["customer_id"]) == ("ok", customer["id"])
    failing = (
        "def objections(proposal: Proposal) -> list[Objection]:\n    return [] if not proposal.details else [{}['x']]\n"
    )
    await sent(await client.post(f"/api/v1/scripts/{script['id']}/versions", json={"source": failing}))
    await case(client, script, given, [])
    await activate(client, script, version=2)
    failed = await client.post("/api/v1/applications", json=applied)
    assert failed.json()["type"].endswith("script-failed"), failed.text
    assert [one["outcome"] for one in await runs(client)] == ["raised", "ok"]


async def test_derived_measures_stand_in_the_explanation(client):
    source = "def derived_measures(measures: dict[str, int]) -> list[Measure]:\n    return [Measure('known', len(measures))]\n"
    script = await write(client, source, hook="derived_measures", name="指标")
    await case(client, script, {"measures": {"a": 1}}, [{"name": "known", "value": 1}])
    await activate(client, script)
    tried = await sent(await client.post(f"/api/v1/scripts/{script['id']}/trials", json={}), 200)

    assert [(one["passed"], one["said"]) for one in tried] == [(True, '[{"name":"known","value":1}]')]


async def test_what_is_measured_of_a_customer_is_shown_and_erased_with_them_wherever_it_was_asked(client):
    person = {"number": "1", "name": "蜀汉商贸", "kind": "group"}
    customer = (await sent(await client.post("/api/v1/customers", json=person)))["id"]
    amount = {"amount": "2000.00", "currency": "CNY"}
    fact = {"customer_id": customer, "metric": "spending", "occurred_on": "2026-01-10", "amount": amount}
    await sent(await client.post("/api/v1/facts", json={"facts": [fact]}))
    await sent(await client.post("/api/v1/assessments", json={"scheme": "key_account"}))
    source = "def derived_measures(measures: dict[str, int]) -> list[Measure]:\n    return [Measure('known', len(measures))]\n"
    script = await write(client, source, hook="derived_measures", name="指标")
    await case(client, script, {"measures": {}}, [{"name": "known", "value": 0}])
    await activate(client, script)

    whole = await sent(await client.get(f"/api/v1/customers/{customer}/overview"), 200)
    membership = await sent(await client.get(f"/api/v1/customers/{customer}/membership"), 200)
    asked = await runs(client)
    erased = await client.delete(f"/api/v1/customers/{customer}")
    assert erased.status_code < 300, erased.text

    explained = [whole["tiers"][0]["explanation"], membership["explanations"][0]]
    assert [(one["name"], one["value"]) for each in explained for one in each["derived"]] == [("known", 2)] * 2
    assert [(one["customer_id"], one["outcome"]) for one in asked] == [(customer, "ok")] * 2
    assert [one["given"] for one in await runs(client)] == [BLANK] * 2


async def test_what_it_would_have_said_of_the_last_days(client, tenant):
    for text in ("顶层有杂音", "账单看不懂"):
        await complain(client, text)
    script = await write(client, LEVEL.format(level="3"))

    found = await sent(await client.post(f"/api/v1/scripts/{script['id']}/replays", json={"days": 7}), 200)

    assert (found["asked"], found["differing"], found["failed"]) == (2, 1, 0)
    assert {(one["would"], one["was"], one["differs"]) for one in found["answers"]} == {
        ("", "1", False),
        ("3", "1", True),
    }
    assert await runs(client) == []
    tenant.world.clock.set(tenant.world.clock() + timedelta(days=8))
    later = await sent(await client.post(f"/api/v1/scripts/{script['id']}/replays", json={"days": 7}), 200)
    assert later["asked"] == 0


async def test_a_run_asked_again_says_the_same(client):
    """T39."""
    await answering(client)
    await complain(client)
    (run,) = await runs(client)

    again = await sent(await client.post(f"/api/v1/script-runs/{run['id']}/repetitions"), 200)

    assert (again["same"], again["answer"]) == (True, run["answer"])


async def test_what_fails_too_often_is_switched_off_and_told(client, tenant):
    admin = await tenant.staff("zhao", "tenant_admin")
    script = await write(client, FAILS)
    await case(client, script, {"draft": GIVEN["draft"] | {"text": "x"}}, None)
    await activate(client, script)
    for _ in range(4):
        await complain(client)
    await work_off(tenant, kind="judge_script")
    still = await sent(await client.get(f"/api/v1/scripts/{script['id']}"), 200)
    level = (await complain(client))["level"]
    await work_off(tenant, kind="judge_script")
    off = await sent(await client.get(f"/api/v1/scripts/{script['id']}"), 200)

    # The complaint is taken in all the same, at the policy's level.
    assert level == "1"
    assert (still["answers"], off["answers"]) == (1, None)
    assert [(one["outcome"], one["line"]) for one in await runs(client)] == [("raised", 4)] * 5
    told = (await admin.get("/api/v1/notices")).json()["items"]
    assert [one["kind"] for one in told].count("script_failing") == 1
    async with tenant.scope():
        assert await fetch_value("select ended_because from script_activation") == "failing"


async def test_the_budget_of_a_day_is_seen_and_kept(client, tenant):
    await answering(client)
    await complain(client)
    before = await sent(await client.get("/api/v1/script-budget"), 200)
    async with tenant.scope():
        await settings.write(asking.BUDGET, 0.0)
    asking.forget(tenant.id)
    level = (await complain(client))["level"]
    tenant.world.clock.set(tenant.world.clock() + timedelta(hours=25))
    after = await sent(await client.get("/api/v1/script-budget"), 200)

    assert (before["seconds"], before["runs"], before["failed"]) == (300.0, 1, 0)
    assert 0 < before["used_seconds"] < 5
    assert level == "1"
    assert [one["outcome"] for one in await runs(client)] == ["busy", "ok"]
    assert (after["used_seconds"], after["runs"]) == (0.0, 0)


async def test_stopped_scripts_answer_nothing_until_they_are_resumed(client):
    await answering(client)
    (stop,) = await sent(await client.post("/api/v1/script-stops", json={"reason": "先查清楚"}))
    stopped = (await complain(client))["level"]
    again = await client.post("/api/v1/script-stops", json={"reason": "再停"})
    await sent(await client.delete(f"/api/v1/script-stops/{stop['id']}"), 200)
    resumed = (await complain(client))["level"]

    assert (stopped, again.status_code, resumed) == ("1", 409, "3")


async def test_a_second_person_agrees_where_the_policy_says_so(tenant):
    admin, other = await tenant.staff("zhao", "tenant_admin"), await tenant.staff("li", "manager")
    flow = {"name": "script", "subject": "script_activation", "steps": [{"role": "manager"}]}
    policy = (await admin.get("/api/v1/policy")).json()
    flows = [*policy["approvals"], flow]
    texts = {"approval.script": {"zh": "启用脚本", "en": "Script"}}
    made = await admin.patch(
        "/api/v1/policy/overrides", json={"note": "两人", "overrides": {"approvals": flows, "texts": texts}}
    )
    assert made.status_code == 200, made.text
    script = await write(admin, LEVEL.format(level="3"))
    await case(admin, script, GIVEN, {"level": "3", "because": "整栋楼受影响"})

    waits = await activate(admin, script)
    before = (await complain(admin))["level"]
    twice = await activate(admin, script, status=409)
    (asked,) = (await other.get("/api/v1/approvals")).json()["items"]
    own = await admin.post(f"/api/v1/approvals/{asked['id']}/decision", json={"approved": True})
    decided = await other.post(f"/api/v1/approvals/{asked['id']}/decision", json={"approved": True})
    after = (await complain(admin))["level"]

    assert (waits["answers"], waits["proposed"]) == (None, 1)
    assert twice["type"].endswith("activation-waits")
    assert own.status_code in (403, 409)
    assert decided.status_code == 200, decided.text
    assert (before, after) == ("1", "3")


async def test_another_companys_script_never_runs_for_this_one(client, world, other_tenant):
    script = await answering(client)
    async with await other_tenant.client() as stranger:
        level = (await complain(stranger))["level"]
        seen = [(await stranger.get(f"/api/v1/scripts/{script['id']}{part}")).status_code for part in ("", "/versions")]
        listed = (await stranger.get("/api/v1/scripts")).json()
        tried = await stranger.post(f"/api/v1/scripts/{script['id']}/activations", json={"version": 1, "note": "x"})
        theirs = await runs(stranger)

    assert (level, seen, listed, tried.status_code, theirs) == ("1", [404, 404], [], 404, [])
    assert await runs(client) == []


async def test_what_a_run_was_given_is_erased_with_the_customer(client):
    await answering(client)
    customer = await sent(
        await client.post("/api/v1/customers", json={"number": "1", "name": "张三", "kind": "leader"})
    )
    await complain(client, customer_id=customer["id"])
    erased = await client.delete(f"/api/v1/customers/{customer['id']}")
    assert erased.status_code < 300, erased.text

    (run,) = await runs(client)

    assert (run["given"], run["answer"]) == (BLANK, BLANK)
    assert (await client.post(f"/api/v1/script-runs/{run['id']}/repetitions")).status_code == 409


async def test_runs_are_kept_for_a_month(client, tenant):
    await answering(client)
    await complain(client)
    tenant.world.clock.set(tenant.world.clock() + timedelta(days=29))
    await come_round(tenant, ForgetScriptRuns())
    kept = len(await runs(client))
    tenant.world.clock.set(tenant.world.clock() + timedelta(days=2))
    await come_round(tenant, ForgetScriptRuns())

    assert (kept, await runs(client)) == (1, [])


@pytest.mark.parametrize("role", ["agent", "manager"])
async def test_only_who_may_write_scripts_sees_them(tenant, role):
    who = await tenant.staff("li", role)

    answers = [await who.get(f"/api/v1/{path}") for path in ("scripts", "script-runs", "script-budget", "script-stops")]

    assert [answer.status_code for answer in answers] == [403] * 4


async def test_an_admin_sees_scripts_checks_a_text_and_saves_it(client, tenant):
    script = await answering(client)
    await complain(client)
    (run,) = await runs(client)
    admin = await tenant.staff("zhao", "tenant_admin")
    path = f"/console/scripts/{script['id']}"

    pages = [
        await admin.get(each)
        for each in ("/console/scripts", path, f"{path}?version=1", f"/console/script-runs/{run['id']}")
    ]
    checked = await admin.post(
        path, data={"do": "check", "source": "def suggest_level(draft: ComplaintDraft):\n    return draft.txt\n"}
    )
    saved = await admin.post(path, data={"do": "save", "source": "x = 1\n", "note": "试"})
    asked = [await admin.get(f"{path}/do/{name}") for name in ("keep_case", "try_cases", "ask_history")]
    tried = await admin.post(f"{path}/do/ask_history", data={"days": "7", "version": "1"})

    assert [page.status_code for page in (*pages, *asked)] == [200] * 7
    assert GIVEN["draft"]["text"] in pages[3].text
    assert "`txt`" in checked.text.replace("&#96;", "`")
    assert saved.status_code < 300, saved.text
    assert (await sent(await client.get(f"/api/v1/scripts/{script['id']}"), 200))["latest"] == 2
    assert "data-replayed" in tried.text
