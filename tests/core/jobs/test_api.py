"""`/api/v1/jobs`: a company sees, tries again and cancels its own."""

import pytest
from working import Effect

from guibin.dispatch.execution import perform
from guibin.jobs.actions import enqueue
from guibin_tenants.tables import new_id


@pytest.fixture
async def jobs(tenant):
    async with tenant.scope():
        return [await enqueue(Effect(label=str(n)), now=tenant.world.clock()) for n in range(3)]


async def test_jobs_are_listed_latest_first_in_pages(client, jobs):
    first = (await client.get("/api/v1/jobs", params={"limit": 2})).json()
    second = (await client.get("/api/v1/jobs", params={"limit": 2, "cursor": first["next"]})).json()

    assert [job["id"] for job in first["items"] + second["items"]] == [str(job) for job in reversed(jobs)]
    assert second["next"] is None


async def test_jobs_are_filtered_by_state_and_kind(client, tenant, jobs, shop):
    await perform(shop, tenant.id, jobs[0], attempt=0)

    completed = (await client.get("/api/v1/jobs", params={"state": "completed"})).json()["items"]
    ready = (await client.get("/api/v1/jobs", params={"state": "ready", "kind": "effect"})).json()["items"]

    assert [job["id"] for job in completed] == [str(jobs[0])]
    assert len(ready) == 2
    assert (await client.get("/api/v1/jobs", params={"kind": "another"})).json()["items"] == []
    assert (await client.get("/api/v1/jobs", params={"state": "asleep"})).status_code in (400, 422)


async def test_a_job_shows_its_attempts_and_no_payload(client, tenant, jobs, shop):
    await perform(shop, tenant.id, jobs[0], attempt=0)

    answer = await client.get(f"/api/v1/jobs/{jobs[0]}")

    assert [attempt["outcome"] for attempt in answer.json()["attempts"]] == ["completed"]
    assert "payload" not in answer.text


async def test_a_cancelled_job_is_tried_again(client, tenant, jobs, shop):
    assert (await client.delete(f"/api/v1/jobs/{jobs[0]}")).status_code == 204
    assert (await client.delete(f"/api/v1/jobs/{jobs[0]}")).status_code == 409

    answer = await client.post(f"/api/v1/jobs/{jobs[0]}/attempts")

    assert (answer.status_code, answer.json()["job"]["state"]) == (202, "ready")
    await perform(shop, tenant.id, jobs[0], attempt=0)
    again = await client.post(f"/api/v1/jobs/{jobs[0]}/attempts")
    assert (again.status_code, again.json()["type"].rsplit("/", 1)[-1]) == (409, "job-not-waiting")


async def test_what_an_admin_does_to_a_job_is_on_record(client, tenant, jobs):
    await client.delete(f"/api/v1/jobs/{jobs[0]}")
    await client.post(f"/api/v1/jobs/{jobs[0]}/attempts")
    await client.post("/api/v1/job-pauses", json={"reason": "维护"})
    (pause,) = (await client.get("/api/v1/job-pauses")).json()
    await client.delete(f"/api/v1/job-pauses/{pause['id']}")
    auditor = await tenant.staff("auditor", "auditor")

    entries = (await auditor.get("/api/v1/audit-entries", params={"limit": 200})).json()["items"]
    of_jobs = [(each["action"], each["subject_id"]) for each in reversed(entries) if each["action"].startswith("jobs.")]

    assert of_jobs == [
        ("jobs.cancel", str(jobs[0])),
        ("jobs.retry", str(jobs[0])),
        ("jobs.pause", pause["id"]),
        ("jobs.resume", pause["id"]),
    ]


async def test_another_companys_job_does_not_exist(other_tenant, jobs):
    async with await other_tenant.client() as other:
        nowhere = await other.get(f"/api/v1/jobs/{new_id()}")

        assert (await other.get(f"/api/v1/jobs/{jobs[0]}")).status_code == nowhere.status_code == 404
        assert (await other.delete(f"/api/v1/jobs/{jobs[0]}")).status_code == 404
        assert (await other.post(f"/api/v1/jobs/{jobs[0]}/attempts")).status_code == 404
        assert (await other.get("/api/v1/jobs")).json()["items"] == []


async def test_who_may_read_jobs_may_not_change_them(tenant, jobs):
    async with await tenant.client("jobs:read") as reader:
        assert (await reader.get("/api/v1/jobs")).status_code == 200
        assert (await reader.delete(f"/api/v1/jobs/{jobs[0]}")).status_code == 403
    async with await tenant.client("complaints:read") as stranger:
        assert (await stranger.get("/api/v1/jobs")).status_code == 403
