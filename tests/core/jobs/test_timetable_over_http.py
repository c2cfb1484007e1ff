"""A company's own timetable: seen, switched, moved and started by its admins."""

import pytest

NAME = "end_expired_memberships"


async def rhythm(client):
    return next(one for one in (await client.get("/api/v1/timetable")).json() if one["name"] == NAME)


async def test_it_is_shown_in_the_companys_own_time(client):
    # It is 2026-03-02 10:00 in Shanghai; 00:30 there is 16:30 of the day before in UTC.
    shown = await rhythm(client)

    assert (shown["every"], shown["next_at"], shown["off"]) == ("daily 00:30", "2026-03-02T16:30:00Z", False)


async def test_it_is_moved_and_switched_off(client):
    await client.put(f"/api/v1/timetable/{NAME}", json={"every": "weekly Mon 09:00"})
    moved = await rhythm(client)
    await client.put(f"/api/v1/timetable/{NAME}", json={"off": True})
    off = await rhythm(client)

    assert (moved["every"], moved["usual"], moved["next_at"]) == (
        "weekly Mon 09:00",
        "daily 00:30",
        "2026-03-09T01:00:00Z",
    )
    assert (off["off"], off["next_at"]) == (True, None)


async def test_what_is_no_rhythm_changes_nothing(client):
    answer = await client.put(f"/api/v1/timetable/{NAME}", json={"every": "now and then"})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "every")
    assert (await rhythm(client))["every"] == "daily 00:30"


async def test_started_by_hand_twice_in_a_minute_it_runs_once(client):
    first = (await client.post(f"/api/v1/timetable/{NAME}/runs")).json()
    second = (await client.post(f"/api/v1/timetable/{NAME}/runs")).json()

    assert first["job_id"] is not None
    assert second["job_id"] is None
    assert [job["kind"] for job in (await client.get("/api/v1/jobs")).json()["items"]] == [NAME]


@pytest.mark.parametrize(("method", "path"), [("put", ""), ("post", "/runs")])
async def test_an_unknown_one_is_named(client, method, path):
    answer = await client.request(method, f"/api/v1/timetable/nothing{path}", json={})

    assert answer.status_code == 404
    assert NAME in answer.json()["detail"]
