"""Webhooks by page: events and answers in words, the secret once, and sending again."""

from running import work_off

from guibin.webhooks.payloads import event_types
from guibin.webhooks.screens import said

PAGE = "/console/webhooks"


async def test_what_was_answered_and_when_stands_on_the_page(tenant, receiver, webhook):
    admin = await tenant.staff("admin", "tenant_admin")
    id_ = webhook["webhook"]["id"]
    receiver.answer = 500
    await admin.post(f"{PAGE}/{id_}/do/ping")
    await work_off(tenant, kind="deliver_webhook")

    listed = (await admin.get(PAGE)).text
    shown = (await admin.get(f"{PAGE}/{id_}")).text
    failed = (await admin.get(f"{PAGE}/{id_}", params={"state": "failed"})).text

    assert "受理投诉" in listed
    assert all(words in shown for words in ("测试消息", "第 1 次", "对方回答 500", "待投递", "下次重试"))
    assert "没有投递记录" in failed
    assert webhook["secret"] not in listed + shown


async def test_one_is_made_by_a_form_that_says_what_is_wrong(tenant, receiver):
    admin = await tenant.staff("admin", "tenant_admin")
    path = f"{PAGE}/secrets/{admin.staff_id}/do/make"
    wrong = await admin.post(path, data={"url": "http://10.0.0.1/x"})
    made = await admin.post(path, data={"url": receiver.url(), "event_types": "complaint_received"})
    (hook,) = (await admin.get("/api/v1/webhooks")).json()

    assert wrong.status_code == 422
    assert "f-url-error" in wrong.text
    assert "whsec_" in made.text
    assert hook["event_types"] == ["complaint_received"]


async def test_a_change_begins_with_what_is_and_a_pause_holds(tenant, webhook):
    admin = await tenant.staff("admin", "tenant_admin")
    id_ = webhook["webhook"]["id"]
    form = (await admin.get(f"{PAGE}/{id_}/do/change")).text
    await admin.post(f"{PAGE}/{id_}/do/disable")
    shown = (await admin.get(f"{PAGE}/{id_}")).text

    assert 'value="complaint_received" checked' in form
    assert webhook["webhook"]["url"] in form
    assert "已暂停" in shown
    assert "/do/ping" not in shown
    assert (await admin.get("/api/v1/webhooks")).json()[0]["disabled_because"] == "staff"


async def test_a_span_is_sent_again_and_says_how_many(tenant, receiver, webhook, clock):
    admin = await tenant.staff("admin", "tenant_admin")
    id_ = webhook["webhook"]["id"]
    await admin.post(f"{PAGE}/{id_}/do/ping")
    await work_off(tenant, kind="deliver_webhook")
    year = {"since": f"{clock.now.year}-01-01T00:00", "until": f"{clock.now.year + 1}-01-01T00:00"}
    answer = await admin.post(f"{PAGE}/spans/{id_}/do/replays", data=year | {"states": "delivered"})

    assert answer.status_code == 200, answer.text
    assert "1 \\u6761\\u91cd\\u65b0\\u6295\\u9012" in answer.headers["hx-trigger"]


async def test_every_event_of_the_core_has_words(tenant, world):
    words = world.litestar.state.studio.words

    assert [kind for kind in event_types(()) if not words.has(f"webhooks.event.{kind}")] == []
    assert callable(said)
