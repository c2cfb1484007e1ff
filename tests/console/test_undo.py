"""What can be taken back is offered to be, by whoever may; taking it back is an action of its own, on record as itself."""

import json
from datetime import timedelta

import pytest

from guibin.complaints import actions
from guibin.complaints import screens as complaints
from guibin.console.commands import Command, Commands
from guibin.overview import counter
from guibin.service_requests import screens as service_requests
from guibin.visits import screens as visits

# What assets/src/console.js listens to on every page.
FRAME = "/?gjkxz"
ALL = (complaints.COMMANDS, service_requests.COMMANDS, visits.COMMANDS, counter.COMMANDS)


@pytest.fixture
async def company(world):
    return await world.tenant()


@pytest.fixture
async def lead(company):
    return await company.staff("lead", "manager")


async def _made(client, path, **body):
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def _done(client, path, **given):
    """Do it; what takes it back."""
    answer = await client.post(path, data=given)
    assert answer.status_code == 200, answer.text
    return json.loads(answer.headers["hx-trigger"])["said"]["undo"]


async def _undone(client, undo):
    """Take it back twice, as somebody does who presses the key twice."""
    answers = [
        await client.post(undo["to"], data=undo["given"], headers={"Idempotency-Key": undo["key"]}) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200], answers[0].text


async def _actions(company, subject_id):
    entries = (await (await company.client()).get("/api/v1/audit-entries", params={"limit": 200})).json()["items"]
    return [entry["action"] for entry in entries if entry["subject_id"] == subject_id and "read" not in entry["action"]]


def test_the_inverse_of_a_command_is_another_one_of_the_same_thing():
    named = {(one.slice_name, name): each.undo for one in ALL for name, each in one.known.items() if each.undo}

    assert len(named) >= 8
    assert all(
        undo.command in next(one for one in ALL if one.slice_name == place).known for (place, _), undo in named.items()
    )


async def test_what_is_done_to_a_complaint_is_taken_back(company, lead):
    other = await company.staff("other", "agent")
    complaint = await _made(lead, "/api/v1/complaints", text="没有信号", channel="phone")
    path, do = f"/api/v1/complaints/{complaint}", f"/console/complaints/{complaint}/do"
    before = (await lead.get(path)).json()
    kept = {name: before[name] for name in ("state", "level", "handler_id", "handler_unit_id", "owner_id")}

    paused = await _done(lead, f"{do}/pause", reason="等客户回电")
    assert (await lead.get(path)).json()["state"] == "waiting"
    await _undone(lead, paused)
    handed = await _done(lead, f"{do}/hand_over", to_staff_id=str(other.staff_id), reason="换人")
    assert (await lead.get(path)).json()["handler_id"] == str(other.staff_id)
    await _undone(lead, handed)
    after = (await lead.get(path)).json()

    assert {name: after[name] for name in kept} == kept | {"handler_id": kept["handler_id"] or kept["owner_id"]}
    assert len(after["handovers" if "handovers" in after else "hand_overs"]) == 2
    actions = await _actions(company, complaint)
    assert actions.count("complaint.hand_over") == 2
    assert actions.count("complaint.resume") == 1


async def test_a_visit_goes_back_to_its_time_and_a_request_to_who_had_it(world, company, lead):
    other = await company.staff("other", "agent")
    customer = await _made(
        lead, "/api/v1/customers", number="1", name="张三", kind="leader", account_manager_id=str(lead.staff_id)
    )
    at = (world.clock() + timedelta(days=2)).isoformat()
    visit = await _made(lead, "/api/v1/visits", customer_id=customer, planned_at=at, purpose="问候", place="东门")
    request = await _made(
        lead, "/api/v1/service-requests", customer_id=customer, item="enquiry", channel="phone", text="套餐怎么换"
    )
    planned = (await lead.get(f"/api/v1/visits/{visit}")).json()["planned_at"]

    moved = await _done(lead, f"/console/visits/{visit}/do/move", planned_at="2026-03-09T10:00", reason="改期")
    assert (await lead.get(f"/api/v1/visits/{visit}")).json()["planned_at"] != planned
    await _undone(lead, moved)
    given = await _done(
        lead, f"/console/requests/{request}/do/hand_over", to_staff_id=str(other.staff_id), reason="换人"
    )
    await _undone(lead, given)

    assert (await lead.get(f"/api/v1/visits/{visit}")).json()["planned_at"] == planned
    assert (await lead.get(f"/api/v1/service-requests/{request}")).json()["handler_id"] == str(lead.staff_id)


async def test_what_cannot_be_taken_back_does_not_offer_it(lead):
    complaint = await _made(lead, "/api/v1/complaints", text="没有信号", channel="phone")

    assert await _done(lead, f"/console/complaints/{complaint}/do/note", text="记一笔", kind="note") is None


@pytest.mark.parametrize("key", FRAME)
def test_no_command_has_a_key_that_means_something_on_every_page(key):
    with pytest.raises(ValueError, match="meant"):
        Commands(
            "complaints", "complaint_id", "/console/complaints", Command(name="meant", action=actions.note, key=key)
        )
