"""The stream of events: told at once, to whoever may see it and to nobody else, and going on where it was cut."""

import asyncio
import contextvars
import json
from datetime import timedelta

import httpx
import pytest
from msgspec import structs
from running import come_round
from serving import head, serving, status_of

from guibin.audit.actions import done, noted
from guibin.cases import Case
from guibin.live import hub as hubs
from guibin.live import queries
from guibin.live.jobs import ForgetStreamEvents
from guibin_tenants.listening import listening
from guibin_tenants.principals import Signature
from guibin_tenants.scope import execute, fetch, fetch_one
from guibin_tenants.tables import new_id
from support import on_a_wall

PATH = "/api/v1/events/stream"
COMPLAINT = {"text": "没有信号", "channel": "phone"}


def told(answer, name=None):
    """The events of a stream: their data, or with `name` the data of those of that name."""
    found = []
    for part in answer.text.replace("\r\n", "\n").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in part.splitlines() if ": " in line and not line.startswith(":"))
        if "data" in fields and fields.get("event") == name:
            found.append(json.loads(fields["data"]) | ({"sse_id": fields["id"]} if "id" in fields else {}))
    return found


def subjects(answer):
    return [(event["type"], event["subject_id"]) for event in told(answer)]


@pytest.fixture(autouse=True)
async def ears(world):
    """PostgreSQL tells the application what happened, as it does where it is served."""
    hub, begun = world.litestar.state.hub, asyncio.Event()
    async with listening(world.app_url, "guibin streams", hubs.heard_by(hub), begun.set):
        await begun.wait()
        yield


@pytest.fixture(autouse=True)
def long(world, monkeypatch):
    """Streams last until they have been told all: `heard` ends them."""
    hub = world.litestar.state.hub
    monkeypatch.setattr(hub, "limits", structs.replace(hub.limits, lasts_s=60))


async def heard(stream, hub):
    """All that a stream is told until now; every stream ends."""
    for tenant_id, company in list(hub._companies.items()):
        await asyncio.create_task(hub._look(tenant_id, company), context=contextvars.Context())
    for company in list(hub._companies.values()):
        for listener in company.listeners:
            listener.end("renew")
    return await stream


async def streaming(client, **headers):
    """A stream that is open by now; awaited it gives all of it."""
    hub = hubs_of(client)
    before = hub._count
    task = asyncio.create_task(client.get(PATH, headers=headers))
    for _ in range(3_000):
        if hub._count != before or task.done():
            return task
        await asyncio.sleep(0.01)
    raise TimeoutError("the stream did not open")


def hubs_of(client):
    app = client._transport.app
    while not hasattr(app, "state"):
        app = app.app
    return app.state.hub


async def made(client, path="/api/v1/complaints", **body):
    answer = await client.post(path, json=body or COMPLAINT)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def test_what_happens_is_told_with_what_it_happened_to_and_nothing_else(client):
    stream = await streaming(client)
    complaint_id = await made(client)
    await client.post(f"/api/v1/complaints/{complaint_id}/notes", json={"text": "打过电话", "kind": "note"})
    answer = await heard(stream, hubs_of(client))

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert {("complaint.receive", complaint_id), ("complaint.note", complaint_id)} <= set(subjects(answer))
    assert all(set(event) == {"id", "type", "subject", "subject_id", "at", "sse_id"} for event in told(answer))
    assert "打过电话" not in answer.text
    assert "没有信号" not in answer.text


async def test_a_look_is_told_to_nobody(client):
    complaint_id = await made(client)
    stream = await streaming(client)
    await client.get(f"/api/v1/complaints/{complaint_id}")
    await client.get("/api/v1/complaints")

    assert "read" not in " ".join(kind for kind, _ in subjects(await heard(stream, hubs_of(client))))


async def test_what_was_undone_is_told_to_nobody(client, tenant):
    stream = await streaming(client)
    async with tenant.scope() as scope:
        await done("note", Case("complaint", new_id()), Signature(by=tenant.principal(), now=tenant.world.clock()))
        scope.rollback_only = True

    assert told(await heard(stream, hubs_of(client))) == []


@pytest.mark.rule("S02-6")
async def test_a_customer_behind_a_wall_is_not_heard_of(world):
    company = await world.tenant()
    east, west = await company.unit("east"), await company.unit("west")
    head = await company.client()
    people = {unit: await company.staff(unit, "agent", unit=unit) for unit in ("east", "west")}
    customer = {"name": "张三", "kind": "leader"}
    streams = {unit: await streaming(person) for unit, person in people.items()}

    ids = {
        unit: await made(head, "/api/v1/customers", number=unit, org_unit_id=str(unit_id), **customer)
        for unit, unit_id in (("east", east), ("west", west))
    }
    cases = {unit: await made(head, customer_id=ids[unit], **COMPLAINT) for unit in ids}
    told_of = {
        unit: {subject_id for _, subject_id in subjects(await heard(stream, world.litestar.state.hub))}
        for unit, stream in streams.items()
    }

    for unit, other in (("east", "west"), ("west", "east")):
        assert {ids[unit], cases[unit]} <= told_of[unit]
        assert not {ids[other], cases[other]} & told_of[unit]


async def test_a_wall_display_hears_what_changes_the_board_and_nothing_else(client, tenant):
    screen = await on_a_wall(tenant, await tenant.staff("lead", "manager"))
    stream = await streaming(screen)
    customer_id = await made(client, "/api/v1/customers", number="1", name="张三", kind="leader")
    complaint_id = await made(client, customer_id=customer_id, **COMPLAINT)

    answer = await heard(stream, hubs_of(client))

    assert complaint_id in {event["subject_id"] for event in told(answer)}
    assert {event["subject"] for event in told(answer)} == {"complaint"}


async def test_nobody_hears_what_they_may_not_read_nor_of_another_company(world, client, tenant):
    stranger = await (await world.tenant()).client()
    reads_customers = await tenant.client("customers:read")
    auditor = await tenant.staff("auditor", "auditor")
    streams = [await streaming(each) for each in (stranger, reads_customers, auditor)]

    await made(client)

    assert [told(await heard(stream, hubs_of(client))) for stream in streams] == [[], [], []]


@pytest.mark.parametrize(
    ("action", "subject", "needs"),
    [
        ("work_plan.hand_in", "work_plan", "records:read"),
        ("work_log.write", "work_log", "records:read"),
        ("card.issue", "card", "cards:read"),
        ("card_application.write", "card_application", "cards:read"),
        ("card_shipment.dispatch", "card_shipment", "cards:read"),
        ("survey.answer", "survey_answer", "surveys:read"),
        ("survey_round.start", "survey_round", "surveys:read"),
        ("campaign.start", "campaign", "activities:read"),
    ],
)
async def test_plans_cards_surveys_and_campaigns_are_followed_by_whoever_may_read_them(tenant, action, subject, needs):
    await tenant.unit("west")
    readers = [
        await tenant.client(needs),
        await tenant.client("complaints:read"),
        await tenant.client(needs, org_unit_id=tenant.units["west"]),
    ]
    streams = [await streaming(each) for each in readers]
    about = new_id()
    async with tenant.scope():
        await noted(
            action, Signature(by=tenant.principal(), now=tenant.world.clock()), subject=subject, subject_id=about
        )

    found = [subjects(await heard(stream, hubs_of(reader))) for stream, reader in zip(streams, readers, strict=True)]

    # A row that is not to be seen from the outlet is not told of there.
    assert found == [[(action, str(about))], [], []]


async def test_ones_own_notices_are_told_to_oneself_alone(tenant, client):
    receiver, other = await tenant.staff("receiver", "agent"), await tenant.staff("other", "agent")
    complaint_id = await made(client)
    streams = [await streaming(each) for each in (receiver, other)]

    handed = {"to_staff_id": str(receiver.staff_id), "reason": "换人"}
    await client.post(f"/api/v1/complaints/{complaint_id}/hand-overs", json=handed)
    mine, others = [
        [event["subject_id"] for event in told(await heard(stream, hubs_of(client))) if event["subject"] == "inbox"]
        for stream in streams
    ]

    assert set(mine) <= {str(receiver.staff_id)}
    assert others == []


async def calm(tenant):
    """Nothing that was begun before now, in whatever company of the cluster, is still on its way: until then events come twice."""
    async with tenant.scope():
        row = await fetch_one("select max(recorded_in)::text::bigint as written from stream_event")
    async with asyncio.timeout(30):
        while True:
            async with tenant.scope():
                if await queries.horizon_now() > row["written"]:
                    return
            await asyncio.sleep(0.01)


async def test_a_stream_goes_on_where_it_was_cut(client, tenant):
    stream = await streaming(client)
    await made(client)
    await calm(tenant)
    last = told(await heard(stream, hubs_of(client)))[-1]["sse_id"]

    missed = await made(client)
    again = await heard(await streaming(client, **{"Last-Event-ID": last}), hubs_of(client))

    assert missed in [subject_id for _, subject_id in subjects(again)]
    assert last not in [event["sse_id"] for event in told(again)]


@pytest.mark.rule("S02-6")
async def test_what_was_missed_is_told_behind_the_same_walls(world):
    company = await world.tenant()
    east, _ = await company.unit("east"), await company.unit("west")
    head_office, west = await company.client(), await company.staff("west", "agent", unit="west")
    stream = await streaming(head_office)
    await made(head_office)
    last = told(await heard(stream, world.litestar.state.hub))[-1]["sse_id"]

    hidden = await made(head_office, "/api/v1/customers", number="1", name="张三", kind="leader", org_unit_id=str(east))
    seen, unseen = [
        await heard(await streaming(one, **{"Last-Event-ID": last}), world.litestar.state.hub)
        for one in (head_office, west)
    ]

    assert hidden in seen.text
    assert hidden not in unseen.text


@pytest.mark.parametrize("last", ["", "1", "x-y", "1-00000000-0000-0000-0000-000000000000", "9" * 18 + "-" + "0" * 32])
async def test_what_cannot_be_gone_on_with_says_so(client, last):
    answer = await heard(await streaming(client, **{"Last-Event-ID": last}), hubs_of(client))

    assert answer.status_code == 200
    assert len(told(answer, "reset")) == (1 if last else 0)


async def test_what_is_not_kept_any_more_cannot_be_gone_on_with(client, tenant):
    stream = await streaming(client)
    await made(client)
    last = told(await heard(stream, hubs_of(client)))[-1]["sse_id"]
    async with tenant.scope():
        await execute("delete from stream_event")

    again = await heard(await streaming(client, **{"Last-Event-ID": last}), hubs_of(client))
    assert len(told(again, "reset")) == 1


async def test_what_happened_is_kept_for_a_day(client, tenant, clock):
    stream = await streaming(client)
    early = await made(client)
    await calm(tenant)
    first = told(await heard(stream, hubs_of(client)))[-1]["sse_id"]
    clock.set(clock() + timedelta(hours=23))
    await come_round(tenant, ForgetStreamEvents())
    in_time = told(await heard(await streaming(client, **{"Last-Event-ID": first}), hubs_of(client)), "reset")
    clock.set(clock() + timedelta(hours=2))
    later = await made(client)
    await come_round(tenant, ForgetStreamEvents())
    async with tenant.scope():
        kept = {str(row["subject_id"]) for row in await fetch("select subject_id from stream_event")}
    too_late = told(await heard(await streaming(client, **{"Last-Event-ID": first}), hubs_of(client)), "reset")

    assert (len(in_time), len(too_late)) == (0, 1)
    assert later in kept
    assert early not in kept


async def test_a_stream_ends_with_its_session(tenant):
    agent = await tenant.staff("agent", "agent")
    stream = await streaming(agent)

    await agent.delete("/api/v1/sessions")

    assert told(await heard(stream, hubs_of(agent)), "end") == [{"because": "revoked"}]


async def test_a_stream_ends_when_its_key_is_revoked_and_another_goes_on(client, tenant):
    key = await tenant.client("complaints:read")
    keys = (await client.get("/api/v1/keys")).json()
    streams = [await streaming(key), await streaming(client)]

    mine = next(one for one in keys if one["scopes"] == ["complaints:read"])
    await client.delete(f"/api/v1/keys/{mine['id']}")

    assert [told(await heard(stream, hubs_of(client)), "end")[0]["because"] for stream in streams] == [
        "revoked",
        "renew",
    ]


async def test_a_stream_ends_when_its_reader_may_see_something_else(client, tenant):
    agent = await tenant.staff("agent", "agent")
    stream = await streaming(agent)

    answer = await client.patch(f"/api/v1/staff/{agent.staff_id}", json={"roles": ["auditor"]})
    assert answer.status_code == 200, answer.text

    assert told(await heard(stream, hubs_of(client)), "end") == [{"because": "changed"}]


async def test_streams_are_told_again_after_an_error_that_nobody_foresaw(client, monkeypatch, caplog):
    heard_by, failed = queries.heard_by, asyncio.Event()

    async def fails_at_first(by, events):
        if not failed.is_set():
            failed.set()
            raise ValueError("nobody foresaw this")
        return await heard_by(by, events)

    monkeypatch.setattr(hubs, "LOOKED_AGAIN_AFTER_S", 0.01)
    stream = await streaming(client)
    monkeypatch.setattr(queries, "heard_by", fails_at_first)
    await made(client)
    async with asyncio.timeout(10):
        await failed.wait()
    (company,) = hubs_of(client)._companies.values()
    await asyncio.sleep(0.1)
    second = await made(client)
    alive = not company.task.done()
    answer = await heard(stream, hubs_of(client))

    assert alive
    assert ("complaint.receive", second) in subjects(answer)
    assert [each.levelname for each in caplog.records if each.name == "guibin.live"] == ["ERROR"]


async def test_it_listens_again_after_an_error_that_nobody_foresaw(world, monkeypatch, caplog):
    heard_again, tries = asyncio.Event(), []

    def missed():
        tries.append("")
        if len(tries) == 1:
            raise ValueError("nobody foresaw this")
        heard_again.set()

    monkeypatch.setattr("guibin_tenants.listening.LISTENS_AGAIN_AFTER_S", 0.01)
    async with listening(world.app_url, "guibin tests", {}, missed), asyncio.timeout(10):
        await heard_again.wait()

    assert [each.getMessage() for each in caplog.records if each.name == "guibin.tenants"] == [
        "guibin tests hears nothing for a while"
    ]


async def test_so_many_streams_and_no_more(client, monkeypatch):
    hub = hubs_of(client)
    limits = hub.limits
    monkeypatch.setattr(hub, "limits", hubs.Limits(caller=2, company=400, process=1_000, lasts_s=1.0))
    streams = [await streaming(client) for _ in range(2)]
    third = await client.get(PATH)
    monkeypatch.setattr(hub, "limits", hubs.Limits(caller=9, company=9, process=2, lasts_s=1.0))
    full = await client.get(PATH)
    monkeypatch.setattr(hub, "limits", limits)
    await asyncio.gather(*streams)

    assert (third.status_code, third.headers["retry-after"]) == (429, "30")
    assert full.status_code == 503
    assert (await client.get(PATH)).status_code == 200
    assert hub._count == 0


async def test_hundreds_of_streams_hold_nothing_that_others_need(database, servers, tenant, tmp_path):
    """As it is served: 200 people listen, nothing of theirs is in a transaction, others are answered, all hear the same event."""
    token = await tenant.key()
    tokens = [await tenant.key("complaints:read") for _ in range(20)]
    with serving(database, servers["superuser"], tmp_path) as server:
        opened = []
        for number in range(200):
            reader, writer = await server.open()
            writer.write(head("GET", PATH, tokens[number % 20]))
            assert await status_of(reader) == 200
            opened.append((reader, writer))
        idle = await server.until_in_transaction(0)
        async with httpx.AsyncClient(base_url=server.url, headers={"Authorization": f"Bearer {token}"}) as client:
            complaint_id = await made(client)
            async with asyncio.timeout(60):
                all_heard = [await reader.readuntil(complaint_id.encode()) for reader, _ in opened]
        server.process.terminate()
        async with asyncio.timeout(60):
            ended = await opened[0][0].readuntil(b"closing")

    assert idle == 0
    assert len(all_heard) == 200
    assert b"event: end" in ended
