"""A sixth pack, written outside, works end to end without a change to the core: what it says as a value, and its hooks."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from desk import open_desk

HERE = Path(__file__).parent
SOURCE = HERE / "guibin_airline_lounge" / "__init__.py"
CLUB = "flyer_club"


@pytest.fixture
async def desk(world):
    return await open_desk(world, "airline_lounge")


async def flyer(desk, number, *, miles, flights=1, fare="", **more):
    person = await desk.customer(number, "flyer", **more)
    for place in range(flights):
        await desk.fact(person, "miles", f"2025-{4 + place % 9:02d}-{1 + place // 9:02d}", value=miles // flights)
    if fare:
        await desk.fact(person, "fare", "2025-11-01", amount=fare)
    return person


async def post(client, path, body, status=201):
    answer = await client.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_it_imports_nothing_but_the_public_face():
    source = SOURCE.read_text(encoding="utf-8")

    assert set(re.findall(r"^(?:from|import) (\S+)", source, re.MULTILINE)) == {"guibin", "importlib.resources", "uuid"}


def test_an_installation_finds_it_by_its_entry_point(tmp_path):
    info = tmp_path / "guibin_airline_lounge-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: guibin-airline-lounge\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[guibin.packs]\nairline_lounge = guibin_airline_lounge\n")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(tmp_path), str(HERE)))}
    script = "from guibin.packs import Packs, installed; print(Packs(installed()).value('airline_lounge').regulation)"

    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=60, check=False
    )

    assert (done.stdout.strip(), done.stderr) == ("贵宾休息室常旅客规则", "")


async def test_a_flyer_rises_by_miles_or_segments_and_uses_what_the_tier_gives(desk):
    platinum = await flyer(desk, "1", miles=160_000, fare="50000")
    by_segments = await flyer(desk, "2", miles=20_000, flights=40)
    just_under = await flyer(desk, "3", miles=39_999)
    silver = await flyer(desk, "4", miles=40_000)

    await desk.assess(CLUB, "2026-03-01")

    people = (platinum, by_segments, just_under, silver)
    tiers = [await desk.tier(person, CLUB) for person in people]
    assert tiers == ["flyer_platinum", "flyer_gold", None, "flyer_silver"]
    assert "≥ 40,000 miles" in str((await desk.membership(silver))["explanations"])
    derived = [one["derived"] for one in (await desk.membership(by_segments))["explanations"]]
    assert derived == [[{"name": "miles_a_segment", "title": "Miles a segment", "value": 500}]]
    assert (await desk.membership(just_under))["explanations"][0]["derived"][0]["value"] == 39_999
    visits = [
        (
            await desk.client.post("/api/v1/redemptions", json={"customer_id": silver, "item": "lounge_visit"})
        ).status_code
        for _ in range(5)
    ]
    assert visits == [201] * 4 + [409]
    assert (await post(desk.client, "/api/v1/redemptions", {"customer_id": silver, "item": "tasting"}, 422))["type"]


async def test_its_hook_judges_complaints_its_limits_run_and_its_callers_are_known(desk, clock):
    person = await flyer(
        desk, "1", miles=160_000, fare="50000", name="欧阳海", sex="male", confidential={"mobile": "13800138000"}
    )
    await desk.assess(CLUB, "2026-03-01")

    complaint = {"customer_id": person, "channel": "phone"}
    late = await post(desk.client, "/api/v1/complaints", {**complaint, "text": "航班晚点"})
    smoke = await post(desk.client, "/api/v1/complaints", {**complaint, "text": "客舱有烟雾"})
    luggage = await post(
        desk.client, "/api/v1/service-requests", {**complaint, "item": "lost_luggage", "text": "行李未到"}
    )
    caller = await post(desk.client, "/api/v1/recognitions", {"phone": "+86 13800138000"}, 200)

    assert [(one["level"], one["clause"]) for one in (late, smoke)] == [("delay", "6.1"), ("safety", "6.2")]
    assert datetime.fromisoformat(smoke["due_at"]) == clock() + timedelta(hours=2)
    assert datetime.fromisoformat(luggage["due_at"]) == clock() + timedelta(hours=24)
    assert caller["greetings"] == ["尊敬的白金卡会员，欢迎致电", "欧阳先生，您好"]
    assert caller["route"]["skips_menu"]


async def test_its_objection_stops_an_application_and_leaves_nothing(desk):
    person = await desk.customer("1", "flyer")
    wanted = {"customer_id": person, "scheme": CLUB, "reason": "其他航空公司会员"}

    refused = await post(desk.client, "/api/v1/applications", {**wanted, "tier": "flyer_platinum"}, 422)
    waiting = (await desk.client.get("/api/v1/applications")).json()["items"]
    taken = await post(desk.client, "/api/v1/applications", {**wanted, "tier": "flyer_gold"})

    assert (refused["type"], "白金卡只凭飞行取得" in refused["detail"]) == ("/problems/objected", True)
    assert (waiting, taken["tier"]) == ([], "flyer_gold")


async def test_its_events_and_campaigns_run_on_the_same_policy(desk, clock):
    guest = await flyer(desk, "1", miles=160_000, fare="50000")
    await flyer(desk, "2", miles=90_000)
    await desk.assess(CLUB, "2026-03-01")
    starts = datetime(2026, 3, 20, 10, 0, tzinfo=UTC)
    event = await post(
        desk.client,
        "/api/v1/activities",
        {
            "kind": "wine_tasting",
            "title": "品酒会",
            "starts_at": starts.isoformat(),
            "ends_at": (starts + timedelta(hours=2)).isoformat(),
        },
    )
    segment = {"scheme": CLUB, "criterion": {"type": "at_least", "metric": "miles_1y", "bound": "platinum_miles"}}
    invited = await post(desk.client, f"/api/v1/activities/{event['id']}/invitations", {"segment": segment})
    campaign = await post(
        desk.client, "/api/v1/campaigns", {"title": "升级礼遇", "segment": {"scheme": CLUB}, "control_percent": 0}
    )
    invitation = (await desk.client.get("/api/v1/activity-invitations")).json()["items"][0]
    answered = await post(
        desk.client, f"/api/v1/activity-invitations/{invitation['id']}/answers", {"accepted": True, "companions": 1}
    )

    assert (invited["invited"], invitation["customer_id"], answered["state"]) == (1, guest, "confirmed")
    assert campaign["to_contact"] == 2


async def test_another_company_without_the_pack_has_none_of_it(world, desk):
    other = await open_desk(world)

    policy = (await other.client.get("/api/v1/policy")).json()

    assert CLUB not in [scheme["name"] for scheme in policy["schemes"]]
    complaint = await post(other.client, "/api/v1/complaints", {"channel": "phone", "text": "客舱有烟雾"})
    assert complaint["level"] == "standard"
