"""An event from the plan to the feedback: invitations, answers, places, the waiting list, attendance, costs (S10-6)."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest
from desk import open_desk
from running import run_job

from guibin.activities.places import FillPlaces
from guibin.jobs.kinds import kind_of

ACTIVITIES, INVITATIONS = "/api/v1/activities", "/api/v1/activity-invitations"
STARTS = datetime(2026, 3, 20, 6, 0, tzinfo=UTC)


@pytest.fixture
async def desk(world):
    """A company without any pack; its events use no entitlement unless a test says so."""
    desk = await open_desk(world)
    answer = await desk.client.post(
        "/api/v1/policy/versions",
        json={
            "note": "events for everybody",
            "effective_from": world.clock().isoformat(),
            "overrides": {"activities": [{"name": "lecture", "companions_max": 2, "clause": "S10-6"}]},
        },
    )
    assert answer.status_code == 201, answer.text
    return desk


async def plan(desk, status=201, client=None, **more):
    body = {
        "kind": "lecture",
        "title": "行业讲座",
        "place": "三楼会议厅",
        "starts_at": STARTS.isoformat(),
        "ends_at": (STARTS + timedelta(hours=2)).isoformat(),
        **more,
    }
    answer = await (client or desk.client).post(ACTIVITIES, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def post(client, path, body=None, status=201):
    answer = await client.post(path, json=body or {})
    assert answer.status_code == status, answer.text
    return answer.json()


async def invite(desk, activity, *people, **more):
    body = {"customer_ids": list(people), **more}
    return await post(desk.client, f"{ACTIVITIES}/{activity['id']}/invitations", body)


async def invitations(desk, activity):
    """Invitations by customer."""
    page = await desk.client.get(INVITATIONS, params={"activity_id": activity["id"], "limit": 200})
    return {one["customer_id"]: one for one in page.json()["items"]}


async def say(client, invitation, accepted=True, status=201, **more):
    return await post(client, f"{INVITATIONS}/{invitation['id']}/answers", {"accepted": accepted, **more}, status)


async def show(desk, activity):
    return (await desk.client.get(f"{ACTIVITIES}/{activity['id']}")).json()


async def guests(desk, activity, count):
    """So many invited customers, in the order they were made."""
    people = [await desk.customer(str(number), "customer") for number in range(1, count + 1)]
    await invite(desk, activity, *people)
    found = await invitations(desk, activity)
    return [found[person] for person in people]


@pytest.mark.rule("S10-6")
async def test_an_event_runs_from_the_invitation_to_the_feedback_and_its_cost(desk, clock):
    activity = await plan(desk)
    coming, staying, silent = await guests(desk, activity, 3)
    await say(desk.client, coming, companions=2)
    await say(desk.client, staying, accepted=False)
    clock.set(STARTS + timedelta(minutes=5))

    attended = await post(desk.client, f"{INVITATIONS}/{coming['id']}/attendance", {"persons": 2})
    feedback = {"scores": {"overall_satisfaction": 75}, "comment": "讲得好"}
    given = await post(desk.client, f"{INVITATIONS}/{coming['id']}/feedback", feedback, 200)
    await post(desk.client, f"{ACTIVITIES}/{activity['id']}/costs", {"what": "场地", "amount": {"amount": "1200.50"}})
    await post(desk.client, f"{ACTIVITIES}/{activity['id']}/costs", {"what": "退款", "amount": {"amount": "-200.50"}})
    clock.set(STARTS + timedelta(hours=3))
    found = await show(desk, activity)

    assert (attended["state"], attended["persons_attended"], given["comment"]) == ("attended", 2, "讲得好")
    counted = ("invited", "accepted", "declined", "places_given", "attended", "persons_attended", "absent", "feedback")
    assert [found[name] for name in counted] == [3, 1, 1, 3, 1, 2, 0, 1]
    assert (found["feedback_avg"], found["cost"]) == (75.0, [{"amount": "1000.00", "currency": "CNY"}])
    states = {person["state"] for person in (await invitations(desk, activity)).values()}
    assert states == {"attended", "declined", "invited"}
    assert silent["state"] == "invited"


async def test_the_place_of_who_is_erased_goes_to_who_waits(desk):
    activity = await plan(desk, capacity=1)
    coming, waiting = await guests(desk, activity, 2)
    for one in (coming, waiting):
        await say(desk.client, one)
    before = [one["state"] for one in (await invitations(desk, activity)).values()]

    gone = await desk.client.delete(f"/api/v1/customers/{coming['customer_id']}")
    await run_job(desk.tenant, FillPlaces(activity["id"]))

    assert sorted(before) == ["confirmed", "waiting"]
    assert gone.status_code in (200, 204), gone.text
    assert (await invitations(desk, activity))[waiting["customer_id"]]["state"] == "confirmed"
    assert (await show(desk, activity))["places_given"] == 1


@pytest.mark.rule("S10-6")
@pytest.mark.parametrize("kind", ["lecture", "seminar", "round_table", "bespoke_event"])
async def test_every_company_can_hold_each_kind_of_event(world, kind):
    cable = await open_desk(world, "cable_tv")

    found = await plan(cable, kind=kind)

    assert found["kind"] == kind
    assert found["clause"] == ("S01-6" if kind == "bespoke_event" else "S10-6")


@pytest.mark.rule("S10-6")
async def test_the_first_to_decline_lets_the_first_who_waits_move_up(desk):
    manager = await desk.tenant.staff("own", "account_manager")
    activity = await plan(desk, capacity=2)
    first, second, third, fourth = await guests(desk, activity, 4)
    await desk.client.post(
        f"/api/v1/customers/{third['customer_id']}/assignment", json={"account_manager_id": str(manager.staff_id)}
    )
    states = [(await say(desk.client, one))["state"] for one in (first, second, third, fourth)]
    waiting = await invitations(desk, activity)

    await say(desk.client, second, accepted=False)

    assert states == ["confirmed", "confirmed", "waiting", "waiting"]
    assert [waiting[one["customer_id"]]["place_in_queue"] for one in (third, fourth)] == [1, 2]
    after = await invitations(desk, activity)
    assert [after[one["customer_id"]]["state"] for one in (first, second, third, fourth)] == [
        "confirmed",
        "declined",
        "confirmed",
        "waiting",
    ]
    assert after[fourth["customer_id"]]["place_in_queue"] == 1
    notices = (await manager.get("/api/v1/notices")).json()["items"]
    assert [notice["kind"] for notice in notices] == ["activity_moved_up"]


async def test_more_capacity_lets_the_waiting_move_up_and_less_than_given_is_refused(desk):
    activity = await plan(desk, capacity=1)
    path = f"{ACTIVITIES}/{activity['id']}"
    for guest in await guests(desk, activity, 3):
        await say(desk.client, guest)

    more = (await desk.client.patch(path, json={"capacity": 2})).json()
    less = await desk.client.patch(path, json={"capacity": 1})
    without = (await desk.client.patch(path, json={"capacity": None})).json()

    assert (more["places_given"], more["waiting"]) == (2, 1)
    assert (less.status_code, less.json()["type"]) == (409, "/problems/capacity-taken")
    assert (without["places_given"], without["waiting"]) == (3, 0)


async def test_companions_count_and_a_party_that_fits_goes_before_one_that_does_not(desk):
    activity = await plan(desk, capacity=4)
    family, couple, party, alone = await guests(desk, activity, 4)

    states = [
        (await say(desk.client, family, companions=2))["state"],
        (await say(desk.client, party, companions=2))["state"],
        (await say(desk.client, couple, companions=1))["state"],
        (await say(desk.client, alone))["state"],
    ]
    too_many = await say(desk.client, alone, companions=3, status=422)

    assert states == ["confirmed", "waiting", "waiting", "confirmed"]
    assert [error["field"] for error in too_many["errors"]] == ["companions"]
    await say(desk.client, family, accepted=False)
    found = await show(desk, activity)
    assert (found["places_given"], found["waiting"]) == (4, 1)
    assert (await invitations(desk, activity))[couple["customer_id"]]["state"] == "waiting"


async def test_many_who_accept_at_once_never_get_more_places_than_there_are(desk):
    activity = await plan(desk, capacity=3)
    everybody = await guests(desk, activity, 10)

    states = [one["state"] for one in await asyncio.gather(*(say(desk.client, guest) for guest in everybody))]
    leaving = [guest for guest, state in zip(everybody, states, strict=True) if state == "confirmed"][:2]
    await asyncio.gather(*(say(desk.client, guest, accepted=False) for guest in leaving))

    found = await show(desk, activity)
    assert sorted(states) == ["confirmed"] * 3 + ["waiting"] * 7
    assert (found["places_given"], found["waiting"], found["accepted"], found["declined"]) == (3, 5, 8, 2)


async def test_saying_yes_twice_changes_nothing_and_after_a_no_one_queues_again(desk):
    activity = await plan(desk, capacity=1)
    first, second = await guests(desk, activity, 2)

    same = [(await say(desk.client, first))["state"] for _ in range(2)]
    await say(desk.client, second)
    await say(desk.client, first, accepted=False)
    again = await say(desk.client, first)

    assert same == ["confirmed", "confirmed"]
    assert (again["state"], again["place_in_queue"]) == ("waiting", 1)
    assert (await invitations(desk, activity))[second["customer_id"]]["state"] == "confirmed"


@pytest.mark.rule("S10-6")
async def test_who_wants_no_invitation_is_named_and_not_invited_and_preferences_are_followed(desk):
    plain = await desk.customer("1", "customer")
    by_mail = await desk.customer("2", "customer", preferences={"contact": "email"})
    nothing = await desk.customer("3", "customer", preferences={"contact": "none"})
    no_events, no_contact = await desk.customer("4", "customer"), await desk.customer("5", "customer")
    await desk.consent(no_events, "activities", "refused")
    await desk.consent(no_contact, "contact", "refused")
    activity = await plan(desk)

    everybody = [plain, by_mail, nothing, no_events, no_contact]
    first = await invite(desk, activity, *everybody, channel="sms")
    second = await invite(desk, activity, *everybody)

    assert (first["invited"], second["invited"], second["already"]) == (2, 0, 2)
    assert {one["customer_id"]: one["because"] for one in first["not_invited"]} == {
        nothing: "preference: none",
        no_events: "activities: refused",
        no_contact: "contact: refused",
    }
    found = await invitations(desk, activity)
    assert {one: found[one]["channel"] for one in found} == {plain: "sms", by_mail: "email"}


@pytest.mark.rule("S01-6", "S13-4")
async def test_an_event_for_a_tier_uses_what_the_tier_is_entitled_to(world, clock):
    desk = await open_desk(world)
    gold, outsider = await desk.customer("1", "partner"), await desk.customer("2", "partner")
    body = {"customer_id": gold, "scheme": "key_partner", "tier": "strategic", "reason": "战略合作"}
    filed = await post(desk.client, "/api/v1/applications", body)
    manager = await desk.tenant.staff("manager", "manager")
    decision = {"approved": True, "reason": "同意"}
    await post(manager, f"/api/v1/approvals/{filed['approval_id']}/decision", decision, 200)
    activity = await plan(desk)
    invited = await post(
        desk.client,
        f"{ACTIVITIES}/{activity['id']}/invitations",
        {"segment": {"scheme": "key_partner", "tiers": ["strategic"]}},
    )
    await invite(desk, activity, outsider)
    found = await invitations(desk, activity)

    async def left():
        answer = await desk.client.get(f"/api/v1/customers/{gold}/entitlements")
        item = next(one for one in answer.json()["items"] if one["item"] == "vip_event")
        return item["consumed"], item["reserved"], item["left"]

    assert invited["invited"] == 1
    await say(desk.client, found[gold])
    assert await left() == (0, 1, 3)
    await say(desk.client, found[gold], accepted=False)
    assert await left() == (0, 0, 4)
    await say(desk.client, found[gold], companions=1)
    refused = await say(desk.client, found[outsider], status=422)
    assert refused["type"] == "/problems/not-entitled"
    clock.set(STARTS)
    await post(desk.client, f"{INVITATIONS}/{found[gold]['id']}/attendance", {"persons": 2})
    assert await left() == (1, 0, 3)


async def test_what_is_cancelled_frees_everything_and_takes_nothing_more(desk):
    activity = await plan(desk, capacity=1)
    first, second = await guests(desk, activity, 2)
    await say(desk.client, first)
    await say(desk.client, second)

    cancelled = await post(desk.client, f"{ACTIVITIES}/{activity['id']}/cancellation", {"reason": "场地不可用"})
    again = await post(desk.client, f"{ACTIVITIES}/{activity['id']}/cancellation", {"reason": "x"}, 409)
    late = await say(desk.client, first, status=409)

    assert (cancelled["places_given"], cancelled["waiting"], cancelled["cancelled_because"]) == (0, 0, "场地不可用")
    assert (again["type"], late["type"]) == ("/problems/activity-cancelled",) * 2


async def test_answers_end_before_the_start_and_attendance_begins_with_it(desk, clock):
    activity = await plan(desk)
    coming, late = await guests(desk, activity, 2)
    await say(desk.client, coming)
    early = await post(desk.client, f"{INVITATIONS}/{coming['id']}/attendance", {}, 409)
    clock.set(STARTS - timedelta(hours=24))

    refused = await say(desk.client, late, status=409)
    declined = await say(desk.client, coming, accepted=False)

    assert (early["type"], refused["type"]) == ("/problems/activity-not-begun", "/problems/too-late-to-answer")
    assert declined["state"] == "declined"


async def test_who_did_not_come_is_absent_and_gives_no_feedback(desk, clock):
    activity = await plan(desk)
    coming, missing = await guests(desk, activity, 2)
    await say(desk.client, coming)
    await say(desk.client, missing)
    clock.set(STARTS + timedelta(hours=3))
    path = f"{INVITATIONS}/{coming['id']}"
    await post(desk.client, f"{path}/attendance", {})

    twice = await post(desk.client, f"{path}/attendance", {}, 409)
    nothing = await post(desk.client, f"{path}/feedback", {"scores": {}}, 422)
    absent = await post(
        desk.client, f"{INVITATIONS}/{missing['id']}/feedback", {"scores": {"overall_satisfaction": 0}}, 409
    )

    assert (await show(desk, activity))["absent"] == 1
    assert (twice["type"], absent["type"]) == ("/problems/already-attended", "/problems/not-attended")
    assert [error["field"] for error in nothing["errors"]] == ["scores"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "ball"}, "kind"),
        ({"starts_at": "2026-03-01T00:00:00Z"}, "starts_at"),
        ({"ends_at": "2026-03-20T06:00:00Z"}, "ends_at"),
        ({"answer_until": "2026-03-21T06:00:00Z"}, "answer_until"),
        ({"capacity": 0}, "capacity"),
        ({"title": " "}, "title"),
    ],
)
async def test_a_bad_plan_is_named_and_writes_nothing(desk, change, field):
    answer = await desk.client.post(
        ACTIVITIES,
        json={"kind": "lecture", "title": "讲座", "starts_at": STARTS.isoformat(), "ends_at": "2026-03-20T08:00:00Z"}
        | change,
    )

    assert answer.status_code in (400, 422)
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert (await desk.client.get(ACTIVITIES)).json()["items"] == []


async def test_behind_the_wall_only_ones_own_guests_are_seen_yet_places_are_never_given_twice(desk, clock):
    for code in ("east", "west"):
        await desk.tenant.unit(code)
    east = await desk.tenant.client(org_unit_id=desk.tenant.units["east"])
    west = await desk.tenant.client(org_unit_id=desk.tenant.units["west"])
    theirs = await desk.customer("E", "customer", org_unit_id=str(desk.tenant.units["east"]))
    ours = await desk.customer("W", "customer", org_unit_id=str(desk.tenant.units["west"]))
    activity = await plan(desk, capacity=1)
    await invite(desk, activity, theirs, ours)
    found = await invitations(desk, activity)

    assert (await say(east, found[theirs]))["state"] == "confirmed"
    assert (await say(west, found[ours]))["state"] == "waiting"
    hidden = await west.post(f"{INVITATIONS}/{found[theirs]['id']}/answers", json={"accepted": False})
    listed = (await west.get(INVITATIONS, params={"activity_id": activity["id"]})).json()["items"]
    assert (hidden.status_code, [one["customer_id"] for one in listed]) == (404, [ours])
    await say(east, found[theirs], accepted=False)
    await run_job(desk.tenant, FillPlaces(activity["id"]))

    assert (await invitations(desk, activity))[ours]["state"] == "confirmed"
    jobs = (await desk.client.get("/api/v1/jobs")).json()["items"]
    assert kind_of(FillPlaces) in {job["kind"] for job in jobs}


async def test_every_look_at_a_guest_is_on_record(desk):
    activity = await plan(desk)
    (guest,) = await guests(desk, activity, 1)
    await say(desk.client, guest)

    auditor = await desk.tenant.staff("auditor", "auditor")
    entries = (
        await auditor.get("/api/v1/audit-entries", params={"customer_id": guest["customer_id"], "limit": 200})
    ).json()["items"]

    assert {"activity.invite", "activity.search", "activity.answer"} <= {entry["action"] for entry in entries}


@pytest.mark.rule("S10-6")
async def test_guests_answer_by_their_own_link_once_and_say_how_it_was(world, desk, clock):
    activity = await plan(desk, capacity=2)
    coming, waiting = await guests(desk, activity, 2)
    paths = [
        (await post(desk.client, f"{INVITATIONS}/{one['id']}/sendings", {"channel": "sms"}))["path"]
        for one in (coming, waiting)
    ]
    guest = world.client()
    page = await guest.get(paths[0])
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "行业讲座" in page.text
    assert "2026年3月20日 14:00 – 16:00" in page.text
    assert not re.search(r"https?://|<script|<img|style=|客户1", page.text)

    wrong = await guest.post(paths[0], data={"answer": "yes", "companions": "9"})
    pressed = await asyncio.gather(*(guest.post(paths[0], data={"answer": "yes", "companions": "1"}) for _ in range(4)))
    queued = await guest.post(paths[1], data={"answer": "yes"})

    assert wrong.status_code == 422
    assert sorted(one.status_code for one in pressed) == [200, 410, 410, 410]
    assert "候补名单" in queued.text
    again, in_english = [await guest.get(paths[0], headers={"accept-language": one}) for one in ("zh", "en")]
    assert (again.status_code, "已为您预留席位" in again.text, "<svg" in again.text) == (200, True, True)
    assert "Your place is reserved" in in_english.text
    assert "<svg" not in queued.text
    clock.set(STARTS + timedelta(minutes=1))
    await post(desk.client, f"{INVITATIONS}/{coming['id']}/attendance", {"persons": 2})
    taken = await post(desk.client, f"{INVITATIONS}/{coming['id']}/feedback-sendings", {"channel": "sms"})
    assert (await guest.post(taken["path"], data={})).status_code == 422
    assert (await guest.post(taken["path"], data={"overall_satisfaction": "100"})).status_code == 200
    assert (await guest.post(taken["path"], data={"overall_satisfaction": "0"})).status_code == 410
    assert (await show(desk, activity))["feedback_avg"] == 100.0


async def test_a_link_for_one_purpose_or_company_opens_no_other(world, desk, clock, other_tenant):
    activity = await plan(desk)
    (coming,) = await guests(desk, activity, 1)
    path = (await post(desk.client, f"{INVITATIONS}/{coming['id']}/sendings", {"channel": "sms"}))["path"]
    token = path.removeprefix("/i/")
    guest = world.client()

    assert [(await guest.get(f"{prefix}{token}")).status_code for prefix in ("/f/", "/s/")] == [404, 404]
    assert (await guest.get(path)).status_code == 200
    clock.set(STARTS)
    over = await guest.get(path)
    assert (over.status_code, "答复的时间已过" in over.text) == (410, True)


async def test_the_link_of_a_cancelled_activity_says_so(world, desk):
    activity = await plan(desk)
    (coming,) = await guests(desk, activity, 1)
    path = (await post(desk.client, f"{INVITATIONS}/{coming['id']}/sendings", {"channel": "sms"}))["path"]
    await post(desk.client, f"{ACTIVITIES}/{activity['id']}/cancellation", {"reason": "天气"})

    answer = await world.client().post(path, data={"answer": "yes"})

    assert (answer.status_code, "活动已取消" in answer.text, "天气" in answer.text) == (410, True, False)


@pytest.mark.rule("S10-6", "S02-6")
async def test_whoever_follows_a_dissolved_unit_carries_out_what_it_planned(desk, clock):
    for code in ("old", "new"):
        await desk.tenant.unit(code)
    chief = await desk.tenant.staff("chief", "manager", unit="new")
    planned = await plan(desk, org_unit_id=str(desk.tenant.units["old"]))
    earlier = clock() + timedelta(days=1)
    ended = {"starts_at": earlier.isoformat(), "ends_at": (earlier + timedelta(hours=2)).isoformat()}
    past = await plan(desk, org_unit_id=str(desk.tenant.units["old"]), **ended)
    cancelling = f"{ACTIVITIES}/{planned['id']}/cancellation"
    not_theirs = await chief.post(cancelling, json={"reason": "场地停用"})
    signed_in = clock()
    clock.set(earlier + timedelta(hours=3))
    admin = await desk.tenant.staff("admin", "tenant_admin")

    body = {"successor_id": str(desk.tenant.units["new"])}
    done = await admin.post(f"/api/v1/org-units/{desk.tenant.units['old']}/dissolution", json=body)

    clock.set(signed_in)
    assert done.status_code == 200, done.text
    theirs = await chief.post(cancelling, json={"reason": "场地停用"})
    assert [not_theirs.status_code, theirs.status_code] == [404, 201]
    assert (await show(desk, past))["org_unit_id"] == str(desk.tenant.units["old"])
