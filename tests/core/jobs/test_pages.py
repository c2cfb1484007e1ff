"""Background work by page: the timetable in words, what failed for good and why, pausing and moving."""

import pytest

from guibin import timetable
from guibin.jobs.actions import enqueue
from guibin.jobs.kinds import all_handlers
from guibin.jobs.retention import PruneLedger
from guibin.jobs.screens import id_of
from guibin.repeats.jobs import ForgetAnswers
from guibin_tenants.scope import execute

PAGE = "/console/jobs"


@pytest.fixture
async def admin(tenant):
    return await tenant.staff("admin", "tenant_admin")


async def dead(tenant, clock):
    """A job that failed for good, and why."""
    async with tenant.scope():
        job_id = await enqueue(PruneLedger(), now=clock.now)
        await execute(
            "update job set ended_at = $2, outcome = 'dead', failures = 8, attempt = 8 where id = $1", job_id, clock.now
        )
        await execute(
            "insert into job_attempt (id, job_id, attempt, started_at, ended_at, outcome, error, error_at)"
            " values (gen_random_uuid(), $1, 8, $2, $2, 'failed', 'OSError', 'jobs/retention.py:50')",
            job_id,
            clock.now,
        )
    return job_id


async def on_record(tenant):
    auditor = await tenant.staff("auditor", "auditor")
    found = (await auditor.get("/api/v1/audit-entries", params={"looked": "false"})).json()["items"]
    return [each for each in found if each["action"].startswith("jobs.")]


async def rhythm(client, name):
    return next(each for each in (await client.get("/api/v1/timetable")).json() if each["name"] == name)


async def _claimed(relay, tenant):
    found = await relay.claim(tenant.world.clock(), in_hand_max=1_000, at_once=50)
    return [job.job_id for job in found if job.tenant_id == tenant.id]


async def test_every_recurring_job_has_words_and_says_when(admin, world):
    shown = (await admin.get(PAGE)).text
    words = world.litestar.state.studio.words

    assert [each.name for each in timetable.RHYTHMS if not words.has(f"jobs.kind.{each.name}")] == []
    assert all(
        said in shown for said in ("结算周报", "每周一 0:05", "每月 1 日 0:15", "每 1 小时", "每天 3:10", "还没有做过")
    )


def test_every_kind_of_job_has_words_in_both_languages(world):
    words = world.litestar.state.studio.words
    kinds = [each.kind for each in all_handlers() if each.function.__module__.startswith("guibin.")]
    called = [kind for kind in kinds if not words.has(f"jobs.kind.{kind}")]
    said = {kind: words.of(f"jobs.kind.{kind}", "zh-CN") for kind in kinds if kind not in called}

    assert called == []
    assert {"sweep_timers", "approvals.tell_decision_late", "cards.follow_post"} <= set(kinds)
    assert sorted(kind for kind, text in said.items() if text.isascii()) == []
    assert sorted(kind for kind in kinds if not words.of(f"jobs.kind.{kind}", "en").isascii()) == []
    # Two that look alike could not be told apart where one of them is paused.
    assert len(set(said.values())) == len(kinds)


async def test_what_failed_for_good_stands_on_top_with_its_reason_and_is_tried_again(admin, tenant, clock):
    before = (await admin.get(PAGE)).text
    job_id = await dead(tenant, clock)
    shown = (await admin.get(PAGE)).text
    one = (await admin.get(f"{PAGE}/{job_id}")).text
    done = await admin.post(f"{PAGE}/{job_id}/do/retry")
    after = (await admin.get(PAGE)).text

    assert "做不成的任务" not in before + after
    assert all(said in shown for said in ("做不成的任务", "OSError", "失败 8 次"))
    assert "jobs/retention.py:50" in one
    assert done.status_code == 200
    assert (await admin.get(f"/api/v1/jobs/{job_id}")).json()["job"]["state"] == "ready"


async def state(client, job_id):
    return (await client.get(f"/api/v1/jobs/{job_id}")).json()["job"]["state"]


async def test_what_waits_is_cancelled_asked_first_and_tried_again_and_what_ended_is_not(admin, tenant, clock, relay):
    async with tenant.scope():
        job_id, other = [await enqueue(job(), now=clock.now) for job in (PruneLedger, ForgetAnswers)]
    at = f"{PAGE}/{job_id}"
    asked = (await admin.get(f"{at}/do/cancel")).text
    before = await state(admin, job_id)
    done = await admin.post(f"{at}/do/cancel")
    shown, log = (await admin.get(at)).text, (await admin.get(f"{PAGE}/log?state=cancelled")).text
    claimed = await _claimed(relay, tenant)
    again = await admin.post(f"{at}/do/cancel")
    cancelled = await state(admin, job_id)
    retried = await admin.post(f"{at}/do/retry")

    assert ("btn-danger" in asked, before) == (True, "ready")
    assert (done.status_code, again.status_code, retried.status_code) == (200, 409, 200)
    assert ("do/retry" in shown, "do/cancel" in shown) == (True, False)
    assert [log.count(f'data-job="{each}"') for each in (job_id, other)] == [1, 0]
    assert claimed == [other]
    assert (cancelled, await state(admin, job_id)) == ("cancelled", "ready")
    assert await _claimed(relay, tenant) == [job_id]
    assert [each["action"] for each in await on_record(tenant)] == ["jobs.retry", "jobs.cancel"]


async def test_what_is_done_is_neither_tried_again_nor_cancelled(admin, tenant, clock):
    async with tenant.scope():
        job_id = await enqueue(PruneLedger(), now=clock.now)
        await execute("update job set ended_at = $2, outcome = 'completed' where id = $1", job_id, clock.now)
    shown = (await admin.get(f"{PAGE}/{job_id}")).text
    answers = [await admin.post(f"{PAGE}/{job_id}/do/{command}") for command in ("retry", "cancel")]

    assert "/do/" not in shown
    assert [answer.status_code for answer in answers] == [409, 409]
    assert await state(admin, job_id) == "completed"


async def test_one_is_moved_by_a_form_and_switched_off_and_on(admin):
    at = f"{PAGE}/timetable/{id_of('close_week')}/do"
    form = (await admin.get(f"{at}/move")).text
    wrong = await admin.post(f"{at}/move", data={"how": "weekly", "at": "25:00"})
    moved = await admin.post(f"{at}/move", data={"how": "weekly", "at": "09:30", "weekday": "Fri"})
    shown = (await admin.get(PAGE)).text
    await admin.post(f"{at}/switch_off")
    off = await rhythm(admin, "close_week")
    await admin.post(f"{at}/switch_on")

    assert '<option value="weekly" selected>' in form
    assert wrong.status_code == 422
    assert "f-at-error" in wrong.text
    assert moved.status_code == 200
    assert "每周五 9:30" in shown
    assert "原为 每周一 0:05" in shown
    assert (off["off"], off["next_at"]) == (True, None)
    assert (await rhythm(admin, "close_week"))["every"] == "weekly Mon 00:05"


async def test_everything_waits_for_a_reason_and_goes_on(admin, tenant, clock):
    await admin.post(f"{PAGE}/pauses/{admin.staff_id}/do/pause", data={"reason": "数据库维护"})
    async with tenant.scope():
        await enqueue(PruneLedger(), now=clock.now)
    shown = (await admin.get(PAGE)).text
    (pause,) = (await admin.get("/api/v1/job-pauses")).json()
    await admin.post(f"{PAGE}/pauses/{pause['id']}/do/resume")

    assert all(said in shown for said in ("全部后台任务暂停", "数据库维护", "1 个在等"))
    assert (await admin.get("/api/v1/job-pauses")).json() == []


async def test_one_kind_waits_with_what_was_in_hand_and_all_of_it_goes_on(admin, tenant, clock, relay):
    async with tenant.scope():
        before = await enqueue(PruneLedger(), now=clock.now)
        others = await enqueue(ForgetAnswers(), now=clock.now)
    form = (await admin.get(f"{PAGE}/pauses/{admin.staff_id}/do/pause")).text
    await admin.post(f"{PAGE}/pauses/{admin.staff_id}/do/pause", data={"kind": "prune_ledger", "reason": "核对数据"})
    async with tenant.scope():
        later = await enqueue(PruneLedger(), now=clock.now)
        another = await enqueue(ForgetAnswers(), now=clock.now)
    shown = (await admin.get(PAGE)).text
    waiting = (await admin.get(f"{PAGE}/log?state=paused&kind=prune_ledger")).text
    meanwhile = await _claimed(relay, tenant)
    (pause,) = (await admin.get("/api/v1/job-pauses")).json()
    await admin.post(f"{PAGE}/pauses/{pause['id']}/do/resume")

    assert '<option value="prune_ledger">清理过期的任务记录</option>' in form
    assert all(said in shown for said in ("清理过期的任务记录", "核对数据", "2 个在等"))
    assert [waiting.count(f'data-job="{each}"') for each in (before, later, others)] == [1, 1, 0]
    assert pause["kind"] == "prune_ledger"
    assert {others, another} <= set(meanwhile)
    assert {before, later}.isdisjoint(meanwhile)
    assert {before, later} <= set(await _claimed(relay, tenant))
    assert "在等" not in (await admin.get(PAGE)).text


async def test_a_kind_that_there_is_not_and_one_that_waits_already_are_refused_in_words(admin, tenant):
    at = f"{PAGE}/pauses/{admin.staff_id}/do/pause"
    unknown = await admin.post(at, data={"kind": "mine_coins", "reason": "试"})
    silent = await admin.post(at, data={"kind": "prune_ledger", "reason": " "})
    once = await admin.post(at, data={"kind": "prune_ledger", "reason": "试"})
    twice = await admin.post(at, data={"kind": "prune_ledger", "reason": "试"})

    assert [answer.status_code for answer in (unknown, silent, once, twice)] == [422, 422, 200, 409]
    assert "f-kind-error" in unknown.text
    assert "f-reason-error" in silent.text
    assert [one["kind"] for one in (await admin.get("/api/v1/job-pauses")).json()] == ["prune_ledger"]


async def test_it_is_run_once_now_and_the_log_says_so(admin):
    answer = await admin.post(f"{PAGE}/timetable/{id_of('forget_answers')}/do/run")
    again = await admin.post(f"{PAGE}/timetable/{id_of('forget_answers')}/do/run")
    log = (await admin.get(f"{PAGE}/log")).text

    assert "\\u5df2\\u7ecf\\u5f00\\u59cb" in answer.headers["hx-trigger"]
    assert "\\u5df2\\u7ecf\\u5728\\u505a" in again.headers["hx-trigger"]
    assert "清理重复请求的留存" in log


async def test_who_reads_jobs_sees_them_and_changes_nothing(tenant):
    manager = await tenant.staff("manager", "manager")
    shown = await manager.get(PAGE)

    assert shown.status_code == 200
    assert "/do/" not in shown.text
    assert (await manager.post(f"{PAGE}/timetable/{id_of('close_week')}/do/switch_off")).status_code == 403
