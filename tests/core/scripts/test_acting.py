"""Scripts that act: what they answer is carried out as whoever switched them on may act, within bounds, and said the same when asked again."""

import json
from datetime import timedelta

import pytest
from receiving import guest, send, told
from running import work_off
from standing import contacted, member

from guibin.scripts import acting, asking
from guibin_tenants import settings
from guibin_tenants.scope import execute, fetch_value

THIRD = """def on_event(happened: Happened) -> list[Command]:
    who = happened.customer
    if who is not None and who.tiers and who.within_30_days.get("complaint_received", 0) == 3:
        print("third")
        return [OpenTask(text="致电客户", role="manager", within_hours=24), AddNote(text="已请经理致电")]
    return []
"""
WHO = {
    "id": "00000000-0000-0000-0000-000000000002",
    "kind": "leader",
    "tiers": {},
    "within_30_days": {},
    "within_365_days": {},
}
MOMENT = {"at": "2026-03-02T10:00:00+08:00", "today": "2026-03-02", "settings": {}}
HAPPENED = {
    "happened": {"event": "x", "data": {}, "subject": "complaint", "subject_id": WHO["id"], "customer": None, **MOMENT}
}
DUE = {"due": {"customer": WHO, **MOMENT}}


class Desk:
    """An admin whose scripts act, a manager who gets tasks, and a customer with a tier."""

    def __init__(self, tenant, client, clock):
        self.tenant, self.client, self.clock = tenant, client, clock

    async def begin(self):
        self.admin = await self.tenant.staff("admin-1", "tenant_admin")
        self.leader = await self.tenant.staff("leader-1", "manager")
        self.vip = await guest(self.client, kind="leader")
        await member(self.tenant, self.vip)
        return self

    async def on(self, source, follows, hook="on_event", *, given=HAPPENED, expects=(), name="电话", status=201):
        """A script that is switched on."""
        new = {"name": name, "hook": hook, "source": source, "follows": follows}
        script = await send(self.admin, "/api/v1/scripts", new)
        case = {"name": "第一例", "given": json.dumps(given), "expects": json.dumps(list(expects))}
        kept = await self.admin.put(f"/api/v1/scripts/{script['id']}/cases", json={"cases": [case]})
        assert kept.status_code == 200, kept.text
        body = {"version": 1, "note": "经理会议定的"}
        await send(self.admin, f"/api/v1/scripts/{script['id']}/activations", body, status)
        return script

    async def complain(self, times=1):
        for _ in range(times):
            self.clock.set(self.clock.now + timedelta(minutes=1))
            new = {"channel": "phone", "text": "没有信号", "customer_id": self.vip, "level": "1"}
            made = await send(self.client, "/api/v1/complaints", new)
        await work_off(self.tenant)
        return made

    async def tasks(self):
        return (await self.client.get("/api/v1/tasks", params={"state": "open"})).json()["items"]

    async def runs(self, **asked):
        found = (await self.client.get("/api/v1/script-runs", params=asked)).json()["items"]
        return [(await self.client.get(f"/api/v1/script-runs/{one['id']}")).json() for one in found]

    async def answers(self, script):
        return (await self.client.get(f"/api/v1/scripts/{script['id']}")).json()["answers"]


@pytest.fixture
async def desk(tenant, client, clock):
    return await Desk(tenant, client, clock).begin()


async def test_what_a_script_says_of_an_event_is_done_in_the_name_of_whoever_switched_it_on(desk):
    await desk.on(THIRD, "complaint_received")
    await desk.complain(times=2)
    quiet = await desk.tasks()

    complaint = await desk.complain()

    (task,) = await desk.tasks()
    assert (quiet, task["text"], task["customer_id"], task["subject_id"]) == (
        [],
        "致电客户",
        desk.vip,
        complaint["id"],
    )
    run, *others = await desk.runs()
    assert [(one["outcome"], one["answer"], one["commands"]) for one in others] == [("ok", "[]", 0)] * 2
    assert (run["outcome"], run["commands"], run["log"], run["customer_id"]) == ("ok", 2, "third\n", desk.vip)
    given = json.loads(run["given"])["happened"]
    assert (given["event"], given["customer"]["within_30_days"]["complaint_received"]) == ("complaint_received", 3)
    assert [(one["do"], one["outcome"]) for one in json.loads(run["done"])] == [
        ("open_task", "done"),
        ("add_note", "done"),
    ]
    assert task["asked_by_name"].endswith(" · 电话")


async def test_a_run_that_acted_says_the_same_again_and_does_nothing_more(desk):
    await desk.on(THIRD, "complaint_received")
    await desk.complain(times=3)
    run = (await desk.runs())[0]

    again = await send(desk.admin, f"/api/v1/script-runs/{run['id']}/repetitions", status=200)

    assert (again["same"], again["answer"]) == (True, run["answer"])
    assert len(await desk.tasks()) == 1


async def test_a_command_its_author_may_not_give_is_refused_and_the_rest_is_done(desk):
    source = """def on_event(happened: Happened) -> list[Command]:
    if happened.customer is None:
        return []
    return [Notify(roles=["nobody"], text="请留意"), AddNote(text="已看")]
"""
    await desk.on(source, "complaint_received")

    await desk.complain()

    (run,) = await desk.runs()
    assert [(one["do"], one["outcome"], one["refusal"]) for one in json.loads(run["done"])] == [
        ("notify", "refused", "invalid"),
        ("add_note", "done", ""),
    ]


async def test_an_author_who_lost_a_right_loses_the_scripts(desk):
    made = await send(desk.admin, "/api/v1/roles", {"title": "脚本员", "permissions": ["scripts:write"]})
    role = next(each for each in (await desk.admin.get("/api/v1/roles")).json() if each["id"] == made["id"])
    script = await desk.on(THIRD, "complaint_received")
    async with desk.tenant.scope():
        await execute("update staff set roles = $2 where id = $1", desk.admin.staff_id, [role["name"]])

    await desk.complain(times=3)

    assert await desk.tasks() == []
    async with desk.tenant.scope():
        done = json.loads(
            await fetch_value("select done from script_run_detail where done <> '[]' order by id desc limit 1")
        )
    assert [(one["do"], one["outcome"], one["refusal"]) for one in done] == [
        ("open_task", "refused", "forbidden"),
        ("add_note", "refused", "forbidden"),
    ]
    assert await desk.answers(script) == 1


async def test_without_anybody_who_answers_it_ends_and_the_admins_are_told(desk):
    script = await desk.on(THIRD, "complaint_received")
    other = await desk.tenant.staff("admin-2", "tenant_admin")
    async with desk.tenant.scope():
        await execute("update staff set roles = '{agent}' where id = $1", desk.admin.staff_id)

    await desk.complain(times=3)

    assert await desk.tasks() == []
    assert await desk.answers(script) is None
    assert "script_without_author" in await told(desk.tenant, other)
    async with desk.tenant.scope():
        assert await fetch_value("select ended_because from script_activation") == "author"


async def test_a_script_does_not_wake_itself_for_ever(desk):
    source = """def on_event(happened: Happened) -> list[Command]:
    if happened.subject != "complaint":
        return []
    level = happened.data.get("to_level")
    return [SetLevel(level="3" if level == "2" else "2", because="轮换")] if level else []
"""
    await desk.on(source, "complaint_level_changed")
    complaint = await desk.complain()
    await send(
        desk.client,
        f"/api/v1/complaints/{complaint['id']}/level",
        {"level": "2", "reason": "严重", "cause": "signal", "analysis": "线路"},
    )

    await work_off(desk.tenant)

    assert [one["outcome"] for one in await desk.runs()] == ["loop", "ok"]


async def test_the_days_commands_are_bounded_and_told_once(desk, monkeypatch):
    monkeypatch.setattr(acting, "COMMANDS_DAY_MAX", 3)
    source = 'def on_event(happened: Happened) -> list[Command]:\n    return [AddNote(text="一"), AddNote(text="二")] if happened.customer else []\n'
    await desk.on(source, "complaint_received")

    await desk.complain(times=4)

    assert [(one["outcome"], one["commands"]) for one in reversed(await desk.runs())] == [
        ("ok", 2),
        ("ok", 1),
        ("bounded", 0),
        ("bounded", 0),
    ]
    assert (await told(desk.tenant, desk.admin)).count("scripts_bounded") == 1


async def test_the_days_computing_bounds_what_acts_too(desk):
    await desk.on(THIRD, "complaint_received")
    async with desk.tenant.scope():
        await settings.write(asking.BUDGET, 0.0)
    asking.forget(desk.tenant.id)

    await desk.complain()

    assert [one["outcome"] for one in await desk.runs()] == ["bounded"]


async def test_more_commands_than_a_call_may_give_are_none(desk):
    source = 'def on_event(happened: Happened) -> list[Command]:\n    return [AddNote(text="一") for _ in range(11)] if happened.customer else []\n'
    await desk.on(source, "complaint_received")

    await desk.complain()

    assert [(one["outcome"], one["commands"]) for one in await desk.runs()] == [("wrong", 0)]


async def test_by_the_clock_each_customer_is_looked_at_and_the_next_time_is_written_down(desk):
    source = """def on_schedule(due: Due) -> list[Command]:
    if due.customer.tiers and not due.customer.within_30_days.get("contact_recorded", 0):
        return [OpenTask(text="本月未联系", role="manager")]
    return []
"""
    await guest(desk.client, "G-2", kind="leader")
    called = await guest(desk.client, "G-3", kind="leader")
    await member(desk.tenant, called)
    await contacted(desk.client, called, desk.clock.now.isoformat())
    script = await desk.on(source, "daily 07:00", "on_schedule", given=DUE)
    await work_off(desk.tenant)
    before = await desk.runs()

    desk.clock.set(desk.clock.now + timedelta(days=1))
    await work_off(desk.tenant)

    assert before == []
    assert [(task["text"], task["customer_id"]) for task in await desk.tasks()] == [("本月未联系", desk.vip)]
    assert sorted(one["commands"] for one in await desk.runs()) == [0, 0, 1]
    async with desk.tenant.scope():
        waiting = "select count(*) from job where kind = 'script_due' and ended_at is null"
        assert await fetch_value(waiting) == 1
    await desk.client.delete(f"/api/v1/scripts/{script['id']}/activation")
    desk.clock.set(desk.clock.now + timedelta(days=1))
    await work_off(desk.tenant)
    assert len(await desk.runs()) == 3
    async with desk.tenant.scope():
        assert await fetch_value(waiting) == 0


@pytest.mark.parametrize(
    ("hook", "follows"),
    [
        ("on_event", ""),
        ("on_event", "nothing_such"),
        ("on_schedule", "minutes 5"),
        ("on_schedule", "always"),
        ("objections", "daily 07:00"),
    ],
)
async def test_what_it_follows_is_an_event_or_a_day_and_an_hour(desk, hook, follows):
    new = {"name": "x", "hook": hook, "source": "pass", "follows": follows}

    refused = await send(desk.admin, "/api/v1/scripts", new, 422)

    assert [error["field"] for error in refused["errors"]] == ["follows"]


async def test_nobodys_key_switches_on_what_acts(desk, client):
    new = {"name": "x", "hook": "on_event", "source": THIRD, "follows": "complaint_received"}
    script = await send(client, "/api/v1/scripts", new)
    case = {"name": "第一例", "given": json.dumps(HAPPENED), "expects": "[]"}
    await client.put(f"/api/v1/scripts/{script['id']}/cases", json={"cases": [case]})

    refused = await send(client, f"/api/v1/scripts/{script['id']}/activations", {"version": 1, "note": "试"}, 422)

    assert [error["field"] for error in refused["errors"]] == ["by"]


async def test_what_it_would_have_done_on_the_last_days_is_said_and_not_done(desk):
    await desk.complain(times=4)
    new = {"name": "电话", "hook": "on_event", "source": THIRD, "follows": "complaint_received"}
    script = await send(desk.admin, "/api/v1/scripts", new)

    found = await send(desk.admin, f"/api/v1/scripts/{script['id']}/replays", {"days": 7}, 200)

    assert (found["asked"], found["differing"], found["failed"]) == (4, 1, 0)
    said = [one["would"] for one in found["answers"] if one["differs"]]
    assert len(said) == 1
    assert "致电客户" in said[0]
    assert (await desk.tasks(), await desk.runs()) == ([], [])
    untraced = await send(
        desk.admin, f"/api/v1/scripts/{script['id']}/versions", {"source": THIRD, "follows": "file_added"}
    )
    assert untraced["version"]["follows"] == "file_added"
    refused = await send(desk.admin, f"/api/v1/scripts/{script['id']}/replays", {"days": 7}, 409)
    assert refused["type"].endswith("nothing-past")


async def test_another_companys_events_reach_no_script_of_this_one(desk, other_tenant):
    await desk.on(THIRD, "complaint_received")
    async with await other_tenant.client() as stranger:
        new = {"channel": "phone", "text": "没有信号"}
        await send(stranger, "/api/v1/complaints", new)
        await work_off(other_tenant)
    await work_off(desk.tenant)

    assert await desk.runs() == []
