"""Messages to customers: on their day, by the means they want, never at night, once, on record, and nothing leaks."""

import asyncio
import json
import logging
from datetime import date, timedelta
from uuid import UUID

import pytest
from caring import customer as archive
from caring import on, ordered
from queues import everything_in
from receiver import receiving
from running import come_round, work_off
from statements import counted

from guibin.care.jobs import PrepareCare
from guibin.care.posting import PostCareMessages
from guibin.messages.posting import NewMessage, post
from guibin.outbound.targets import Rules, use_rules
from guibin.web.public_address import use_public_address
from guibin_tenants.scope import fetch, fetch_value
from guibin_tenants.tables import new_id

from .conftest import channel, gateway_settings

BIRTHDAY = date(2026, 3, 20)
MOBILE, EMAIL = "13912345678", "zhang.san@example.com"
CONTACTS = {"mobile": MOBILE, "email": EMAIL}


async def customer(client, number="1", **fields):
    """A group customer, whose birthday asks for a message and nothing else, with telephone and mail."""
    confidential = {"confidential": CONTACTS}
    return await archive(client, number, **({"birthday": "1980-03-20", "sex": "male"} | confidential | fields))


async def morning(tenant, day=BIRTHDAY, hour=9):
    """The company's morning: what is to be done is prepared, told and sent."""
    on(tenant.world.clock, day, hour)
    await come_round(tenant, PrepareCare())
    await come_round(tenant, PostCareMessages())
    return await work_off(tenant)


async def messages(client, **wanted):
    return (await client.get("/api/v1/messages", params=wanted)).json()["items"]


async def contacts(client, person):
    return (await client.get("/api/v1/interactions", params={"customer_id": person})).json()["items"]


@pytest.fixture
async def greeted(tenant, client):
    """Greetings by SMS, mail otherwise; no visits and no flowers: what a message alone can do."""
    policy = {
        "care": {
            "occasions": [
                {"name": "birthday", "kind": "birthday", "messages": ["sms", "email"], "lead_days": 3},
                {"name": "festival", "kind": "festival", "messages": ["sms"], "festivals": ["womens_day"]},
            ],
            "reminders": {"lead_days": [7], "messages": ["sms", "email"]},
            "trials": {"days": 30, "head_start_days": 7, "item": "free_trial", "customer_kinds": ["leader"]},
        },
        "texts": {"occasion.festival": {"zh": "节日", "en": "Festival"}},
    }
    answer = await client.post("/api/v1/policy/versions", json=policy_body(policy))
    assert answer.status_code == 201, answer.text


def policy_body(overrides):
    return {"overrides": overrides, "note": "test"}


@pytest.mark.rule("S07-6")
async def test_a_birthday_greeting_goes_out_on_the_day_and_is_on_record(tenant, client, greeted, gateway, sms):
    person = await customer(client)
    await morning(tenant, BIRTHDAY - timedelta(days=1))
    before = list(gateway.received)
    await morning(tenant)

    (request,) = gateway.received
    assert before == []
    assert (request.path, json.loads(request.body)["to"]) == ("/sms", MOBILE)
    assert json.loads(request.body)["text"] == "尊敬的张三先生：祝您生日快乐，身体健康，万事如意！"
    (contact,) = await contacts(client, person)
    assert (contact["channel"], contact["direction"], contact["outcome"]) == ("sms", "out", "reached")
    assert (contact["source"], contact["number_masked"]) == ("message", "139****5678")
    assert contact["content"].startswith("尊敬的张三先生")
    (task,) = (await client.get("/api/v1/care-tasks")).json()["items"]
    assert (task["state"], task["result"]) == ("done", contact["content"])
    (found,) = await messages(client)
    assert (found["state"], found["kind"], found["means"], found["attempts"]) == ("sent", "birthday", "sms", 1)


async def test_of_a_customer_erased_while_a_message_is_under_way_the_history_keeps_nothing(
    tenant, client, greeted, gateway, sms, monkeypatch
):
    person, answer = await customer(client), gateway._answer

    async def erase_and_answer(request, writer):
        assert (await client.delete(f"/api/v1/customers/{person}")).status_code == 204
        return await answer(request, writer)

    monkeypatch.setattr(gateway, "_answer", erase_and_answer)
    done = await morning(tenant)

    assert set(done) == {"completed"}
    async with tenant.scope():
        assert await fetch("select id from interaction") == []
        (message,) = await fetch("select state, attempts from message")
        assert await fetch("select id from subject_key where subject_id = $1", UUID(person)) == []
    assert tuple(message) == ("sent", 1)


@pytest.mark.rule("S07-6")
async def test_flowers_and_a_visit_are_still_to_come_after_the_message(tenant, client, gateway, sms):
    await customer(client)
    await morning(tenant)

    tasks = (await client.get("/api/v1/care-tasks", params={"state": "open"})).json()["items"]
    assert [one["visit"] for one in tasks if one["occasion"] == "birthday"] == [True]
    assert len(gateway.received) == 1


@pytest.mark.rule("S07-6")
async def test_without_a_channel_the_task_stays_with_people(tenant, client, greeted):
    await customer(client)
    await morning(tenant)

    (task,) = (await client.get("/api/v1/care-tasks")).json()["items"]
    assert (task["state"], await messages(client)) == ("open", [])


async def test_a_morning_that_runs_twice_or_at_two_workers_greets_once(tenant, client, greeted, gateway, sms):
    await customer(client)
    on(tenant.world.clock, BIRTHDAY)
    await come_round(tenant, PrepareCare())
    await asyncio.gather(come_round(tenant, PostCareMessages()), come_round(tenant, PostCareMessages()))
    await asyncio.gather(work_off(tenant), work_off(tenant))
    await morning(tenant, hour=15)

    assert len(gateway.received) == 1


@pytest.mark.rule("S07-4")
async def test_the_end_of_an_order_is_told_and_the_reminder_is_done(tenant, client, greeted, mailbox, mail):
    person = await customer(client)
    await ordered(client, person, date(2026, 3, 12))
    await morning(tenant, date(2026, 3, 5))

    (sent,) = mailbox.mails
    assert (sent["To"], sent["From"], sent["Subject"]) == (EMAIL, "vip@example.com", "服务到期提醒")
    assert "您订购的“高清套餐”将于2026-03-12到期" in sent.get_content()
    (reminder,) = (await client.get("/api/v1/reminders")).json()["items"]
    assert (reminder["state"], reminder["channel"]) == ("done", "email")


@pytest.mark.rule("S07-7")
async def test_a_new_service_is_told_first_by_message(tenant, client, greeted, gateway, sms):
    await customer(client, birthday=None)
    on(tenant.world.clock, date(2026, 3, 2))
    body = {"name": "8K 点播", "general_from": "2026-03-20"}
    service = (await client.post("/api/v1/new-services", json=body)).json()
    await morning(tenant, date(2026, 3, 12))
    early = list(gateway.received)
    await morning(tenant, date(2026, 3, 13))

    assert early == []
    assert "8K 点播" in json.loads(gateway.received[0].body)["text"]
    async with tenant.scope():
        (told,) = await fetch("select channel, told_at is not null as told from service_telling")
    assert (service["name"], told["channel"], told["told"]) == ("8K 点播", "sms", True)


@pytest.mark.rule("S02-3")
@pytest.mark.parametrize(("preferred", "sms_count", "mail_count"), [("sms", 1, 0), ("email", 0, 1), ("phone", 0, 0)])
async def test_the_form_of_contact_is_the_customers(
    tenant, client, greeted, gateway, mailbox, sms, mail, preferred, sms_count, mail_count
):
    await customer(client, preferences={"contact": preferred})
    await morning(tenant)

    assert (len(gateway.received), len(mailbox.mails)) == (sms_count, mail_count)


@pytest.mark.rule("S02-2")
@pytest.mark.parametrize("purpose", ["care", "contact", "message:birthday"])
async def test_who_withdraws_after_it_was_written_down_is_not_told(tenant, client, greeted, gateway, sms, purpose):
    person = await customer(client)
    on(tenant.world.clock, BIRTHDAY)
    await come_round(tenant, PrepareCare())
    await come_round(tenant, PostCareMessages())
    await work_off(tenant, kind="post_care_batch")
    waiting = await messages(client, state="pending")
    answer = await client.post(f"/api/v1/customers/{person}/consents", json={"purpose": purpose, "answer": "refused"})
    await work_off(tenant)

    assert (answer.status_code, len(waiting), gateway.received) == (201, 1, [])
    (found,) = await messages(client)
    assert (found["state"], found["because"]) == ("dropped", "no_contact")


async def test_at_night_it_waits_and_after_the_festival_it_is_dropped(tenant, client, greeted, gateway, sms):
    await customer(client)
    await morning(tenant, hour=22)
    at_night = await messages(client)
    on(tenant.world.clock, BIRTHDAY + timedelta(days=1), 9)
    await work_off(tenant)

    # The quiet hours end when the day is past: the greeting is worth nothing any more (subtleties 57).
    assert [(one["state"], one["because"]) for one in at_night] == [("dropped", "too_late")]
    assert gateway.received == []


async def test_in_the_customers_own_night_it_waits_for_the_customers_morning(tenant, client, greeted, gateway, sms):
    await customer(client, preferences={"quiet_until": "11:00"})
    await morning(tenant, hour=9)
    (waiting,) = await messages(client)
    on(tenant.world.clock, BIRTHDAY, 11)
    await work_off(tenant)

    assert (waiting["state"], waiting["because"], waiting["next_at"]) == (
        "pending",
        "quiet_hours",
        "2026-03-20T03:00:00Z",
    )
    assert len(gateway.received) == 1


async def test_a_critical_message_does_not_wait(tenant, client, gateway, sms):
    policy = {"messages": {"kinds": [{"name": "order_ends", "critical": True}]}}
    assert (await client.post("/api/v1/policy/versions", json=policy_body(policy))).status_code == 201
    person = await customer(client, birthday=None)
    await ordered(client, person, date(2026, 3, 12))
    await morning(tenant, date(2026, 3, 9), hour=23)

    assert len(gateway.received) == 1


async def test_what_somebody_did_meanwhile_is_not_told_again(tenant, client, greeted, gateway, sms):
    await customer(client)
    gateway.answer = 500
    await morning(tenant)
    (task,) = (await client.get("/api/v1/care-tasks")).json()["items"]
    done = await client.post(f"/api/v1/care-tasks/{task['id']}/result", json={"result": "打过电话"})
    gateway.answer = 200
    tenant.world.clock.set(tenant.world.clock() + timedelta(minutes=2))
    await work_off(tenant)

    (found,) = await messages(client)
    assert (done.status_code, found["state"], found["because"]) == (200, "dropped", "not_wanted")
    assert len(gateway.received) == 1


async def test_a_channel_that_is_away_for_hours_is_tried_until_it_is_back(tenant, client, greeted, mailbox, mail):
    await customer(client)
    mailbox.refuse = "451 later"
    await morning(tenant)
    (first,) = await messages(client)
    for _ in range(4):
        tenant.world.clock.set(tenant.world.clock() + timedelta(hours=1))
        await work_off(tenant)
    mailbox.refuse = ""
    tenant.world.clock.set(tenant.world.clock() + timedelta(hours=3))
    await work_off(tenant)

    assert (first["state"], first["attempts"]) == ("pending", 1)
    (found,) = await messages(client)
    shown = (await client.get(f"/api/v1/messages/{found['id']}")).json()
    assert found["state"] == "sent"
    assert {one["error"] for one in shown["log"][:-1]} == {"recipient_refused"}
    assert shown["log"][-1]["error"] == ""
    assert [mail["Message-ID"] for mail in mailbox.mails] == [f"<{found['id']}@example.com>"]


async def test_a_refusal_for_good_is_shown_to_the_account_manager_and_can_be_tried_again(
    tenant, client, greeted, mailbox, mail
):
    manager = await tenant.staff("manager", "account_manager")
    person = await customer(client, account_manager_id=str(manager.staff_id))
    mailbox.refuse = "550 no such user"
    await morning(tenant)

    (found,) = await messages(client)
    assert (found["state"], found["attempts"], found["because"]) == ("failed", 1, "recipient_refused")
    assert [one["outcome"] for one in await contacts(client, person)] == ["not_reached"]
    async with tenant.scope():
        told = await fetch("select staff_id from staff_notice where kind = 'message_failed'")
    assert [one["staff_id"] for one in told] == [manager.staff_id]

    mailbox.refuse = ""
    path = f"/api/v1/messages/{found['id']}/attempts"
    again, twice = await client.post(path), await client.post(path)
    await work_off(tenant)

    assert (again.status_code, twice.status_code) == (202, 409)
    assert [one["outcome"] for one in await contacts(client, person)] == ["reached"]
    assert (await messages(client))[0]["state"] == "sent"


async def test_the_days_quota_holds_between_workers_and_the_rest_follows(tenant, client, greeted, gateway, allowed):
    await channel(client, means="sms", provider="http", settings=gateway_settings(gateway), per_day_max=2)
    admin = await tenant.staff("boss", "tenant_admin")
    for number in range(5):
        person = await customer(client, str(number), birthday=None)
        await ordered(client, person, date(2026, 3, 12), number=f"N{number}")
    on(tenant.world.clock, date(2026, 3, 5))
    await come_round(tenant, PrepareCare())
    await come_round(tenant, PostCareMessages())
    await asyncio.gather(work_off(tenant), work_off(tenant))
    first = len(gateway.received)
    on(tenant.world.clock, date(2026, 3, 6), 10)
    await work_off(tenant)

    assert (first, len(gateway.received)) == (2, 4)
    async with tenant.scope():
        told = await fetch(
            "select staff_id, kind from staff_notice where kind = 'message_quota' order by told_at limit 1"
        )
    assert [one["staff_id"] for one in told] == [admin.staff_id]


async def test_a_failed_attempt_uses_no_quota(tenant, client, greeted, gateway, sms):
    await customer(client)
    gateway.answer = 500
    await morning(tenant)

    async with tenant.scope():
        assert await fetch_value("select sent from message_day") == 0


async def test_a_message_meets_no_cadence(tenant, client, greeted, gateway, sms):
    """S05-6 asks that somebody contacts the customer, not that a machine does."""
    person = await customer(client)
    await morning(tenant)
    async with tenant.scope():
        counted = await fetch_value(
            "select count(*) from interaction where customer_id = $1 and source is distinct from 'message'", person
        )

    assert (counted, len(await contacts(client, person))) == (0, 1)


async def test_a_company_on_a_simulated_clock_tells_nobody(world, gateway, allowed):
    tenant = await world.tenant(simulated_from=world.clock())
    client = await tenant.client()
    await channel(client, means="sms", provider="http", settings=gateway_settings(gateway))
    person = await customer(client)
    async with tenant.scope():
        new = NewMessage(
            occasion="x", kind="birthday", means="sms", subject="care_task", subject_id=new_id(), customer_id=person
        )
        await post(new, now=world.clock())
    await work_off(tenant)

    (found,) = await messages(client)
    assert (found["state"], found["because"], gateway.received) == ("dropped", "simulated", [])


@pytest.mark.rule("S01-11")
async def test_survey_links_are_sent_and_not_kept_in_the_history(tenant, world, client, mailbox, mail):
    person = await customer(client, birthday=None)
    held = (await client.post("/api/v1/surveys/satisfaction/rounds", json={"sample_percent": 100})).json()
    path = f"/api/v1/survey-rounds/{held['id']}/sendings"
    without_address = await client.post(path)
    use_public_address("https://vip.example.com/")
    try:
        planned = await client.post(path)
        await work_off(tenant)
    finally:
        use_public_address("")

    assert (without_address.status_code, without_address.json()["type"].rsplit("/")[-1]) == (409, "no-public-address")
    assert (planned.status_code, planned.json()) == (202, {"invitations": 1})
    text = mailbox.mails[0].get_content()
    link = text[text.index("https://vip.example.com/s/") :].split()[0].split("（")[0]
    page = await world.client().get(link.removeprefix("https://vip.example.com"))
    assert page.status_code == 200
    (contact,) = await contacts(client, person)
    assert "https://" not in contact["content"]
    assert "…" in contact["content"]
    (invitation,) = (await client.get("/api/v1/survey-invitations")).json()["items"]
    assert invitation["sent_at"] is not None


@pytest.mark.rule("S10-6")
async def test_whoever_is_invited_hears_by_message_once_and_may_decline_to(tenant, world, client, mailbox, mail):
    person = await customer(client, birthday=None)
    shy = await customer(client, "2", birthday=None)
    refused = {"purpose": "contact", "answer": "refused"}
    event = {
        "kind": "bespoke_event",
        "title": "答谢晚宴",
        "starts_at": "2026-03-20T06:00:00Z",
        "ends_at": "2026-03-20T08:00:00Z",
    }
    held = (await client.post("/api/v1/activities", json=event)).json()
    path = f"/api/v1/activities/{held['id']}/invitations"
    use_public_address("https://vip.example.com/")
    try:
        invited = await client.post(path, json={"customer_ids": [person, shy]})
        assert (await client.post(f"/api/v1/customers/{shy}/consents", json=refused)).status_code == 201
        await work_off(tenant)
        await client.post(path, json={"customer_ids": [person, shy]})
        await work_off(tenant)
    finally:
        use_public_address("")

    assert invited.json()["invited"] == 2
    assert [each["To"] for each in mailbox.mails] == [mailbox.mails[0]["To"]]
    text = mailbox.mails[0].get_content()
    assert "答谢晚宴" in text
    assert "2026-03-20 14:00" in text
    link = text[text.index("https://vip.example.com/i/") :].split()[0]
    assert (await world.client().get(link.removeprefix("https://vip.example.com"))).status_code == 200
    (contact,) = await contacts(client, person)
    assert "https://" not in contact["content"]
    assert await contacts(client, shy) == []
    found = (await client.get("/api/v1/activity-invitations")).json()["items"]
    assert {one["customer_id"]: one["sent_at"] is not None for one in found} == {person: True, shy: False}


@pytest.mark.rule("S10-6")
async def test_an_invitation_to_what_was_cancelled_meanwhile_is_not_sent(tenant, client, mailbox, mail):
    person = await customer(client, birthday=None)
    event = {
        "kind": "bespoke_event",
        "title": "答谢晚宴",
        "starts_at": "2026-03-20T06:00:00Z",
        "ends_at": "2026-03-20T08:00:00Z",
    }
    held = (await client.post("/api/v1/activities", json=event)).json()
    use_public_address("https://vip.example.com/")
    try:
        await client.post(f"/api/v1/activities/{held['id']}/invitations", json={"customer_ids": [person]})
        await client.post(f"/api/v1/activities/{held['id']}/cancellation", json={"reason": "台风"})
        await work_off(tenant)
    finally:
        use_public_address("")

    assert mailbox.mails == []


async def test_opening_a_number_is_on_record_each_time(tenant, client, greeted, gateway, sms):
    person = await customer(client)
    gateway.answer = 500
    await morning(tenant)
    gateway.answer = 200
    tenant.world.clock.set(tenant.world.clock() + timedelta(minutes=2))
    await work_off(tenant)

    async with tenant.scope():
        rows = await fetch(
            "select actor_kind, fields, purpose from audit_entry where action = 'message.send' and $1 = any (customer_ids)",
            person,
        )
    assert [tuple(row.values()) for row in rows] == [("job", ["mobile"], "birthday")] * 2


async def test_numbers_and_addresses_leak_nowhere(
    tenant, client, greeted, gateway, mailbox, sms, mail, database, caplog
):
    """T35: a number and an address found nowhere else, looked for wherever they must not be."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("guibin.test").debug("this is kept")
    number, address = "13987654321", "canary.7f3a@example.com"
    contacts_of = {"confidential": {"mobile": number, "email": address}}
    await customer(client, "1", **contacts_of)
    await customer(client, "2", preferences={"contact": "email"}, **contacts_of)
    async with receiving() as hook:
        use_rules(Rules([hook.host, gateway.host, f"127.0.0.1:{mailbox.port}"]))
        await client.post("/api/v1/webhooks", json={"url": hook.url()})
        gateway.answer = 500
        await morning(tenant)
        gateway.answer = 200
        tenant.world.clock.set(tenant.world.clock() + timedelta(minutes=2))
        await work_off(tenant)
        hooked = [request.body for request in hook.received]

    assert any(number.encode() in request.body for request in gateway.received)
    assert [mail["To"] for mail in mailbox.mails] == [address]
    # The test's own mail server and client log what they do.
    ours = [one for one in caplog.records if one.name not in ("mail.log", "mail.debug", "httpx")]
    log = "\n".join(f"{one.name} {one.getMessage()}" for one in ours)
    assert "guibin.test this is kept" in log
    assert [one.split()[0] for one in log.splitlines() if number in one or address in one] == []
    places = {"log": caplog.text and log, "webhooks": str(hooked), "redis": await everything_in(database.redis)}
    async with tenant.scope():
        for table in await fetch(
            "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
        ):
            name = table["relname"]
            places[name] = str(await fetch_value(f'select string_agg(t::text, chr(10)) from "{name}" t'))
    leaks = {place for place, text in places.items() if number in text or address in text}
    assert leaks == set()


async def test_a_batch_asks_once_by_what_means_the_company_sends(tenant, client, greeted, sms, monkeypatch):
    for number in range(5):
        await customer(client, str(number))
    on(tenant.world.clock, BIRTHDAY)
    await come_round(tenant, PrepareCare())

    with counted(monkeypatch) as sent:
        await come_round(tenant, PostCareMessages())
        await work_off(tenant)

    # Of care, reminders and new services one batch each.
    assert len(await messages(client)) == 5
    assert sum(one.startswith("select means from message_channel") for one in sent) == 3
