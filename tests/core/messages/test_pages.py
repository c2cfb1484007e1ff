"""Channels by page: each provider's form, what is wrong by field, a test, and how the week went."""

import pytest
from vendors import SECRET, SETTINGS

from guibin.messages.queries import is_tested

PAGE = "/console/channels"


@pytest.fixture
async def admin(tenant):
    return await tenant.staff("admin", "tenant_admin")


def way(admin, name):
    return f"{PAGE}/ways/{admin.staff_id}/do/{name}"


async def channels(client):
    return {each["means"]: each for each in (await client.get("/api/v1/channels")).json()}


async def _tested(tenant):
    async with tenant.scope():
        return await is_tested()


async def test_a_mail_server_is_set_up_tested_and_not_shown_again(admin, tenant, mailbox, allowed):
    settings = mailbox.settings
    answer = await admin.post(way(admin, "email_smtp"), data={"name": "公司邮箱", **settings})
    (used,) = (await channels(admin)).values()
    tried = await admin.post(f"{PAGE}/{used['id']}/do/try_out", data={"to": "me@example.com"})
    shown = (await admin.get(PAGE)).text

    assert answer.status_code == 200, answer.text
    assert (used["provider"], used["name"]) == ("smtp", "公司邮箱")
    assert len(mailbox.mails) == 1
    assert await _tested(tenant) is True
    assert "\\u670d\\u52a1\\u5546\\u5df2\\u6536\\u4e0b" in tried.headers["hx-trigger"]
    assert "公司邮箱" in shown
    assert settings.get("password") is None or settings["password"] not in shown


async def test_a_test_that_is_refused_says_why_and_stays(admin, gateway, allowed):
    await admin.post(way(admin, "sms_http"), data={"name": "网关", "url": gateway.url("/sms"), "secret": SECRET})
    used = (await channels(admin))["sms"]
    gateway.answer = 503
    tried = await admin.post(f"{PAGE}/{used['id']}/do/try_out", data={"to": "13800138000"})

    assert tried.status_code == 200, tried.text
    assert "http_503" in tried.headers["hx-trigger"]
    assert '"stays":true' in tried.headers["hx-trigger"]


async def test_what_is_wrong_stands_at_its_field_and_nothing_is_written(admin):
    wrong = await admin.post(
        way(admin, "email_smtp"), data={"name": "x", "host": "mail.example.com", "sender": "not an address"}
    )
    template = await admin.post(
        way(admin, "sms_aliyun"),
        data={"name": "x", **{k: SETTINGS["aliyun"][k] for k in ("access_key_id", "access_key_secret", "sign_name")}}
        | {"templates": "短信"},
    )

    assert (wrong.status_code, template.status_code) == (422, 422)
    assert "f-sender-error" in wrong.text
    assert "f-templates-error" in template.text
    assert await channels(admin) == {}


@pytest.mark.parametrize("vendor", ["aliyun", "tencent"])
async def test_a_vendor_of_sms_takes_a_template_in_each_line(admin, vendor):
    settings = {name: value for name, value in SETTINGS[vendor].items() if name != "templates"}
    lines = "SMS_1\nSMS_2 birthday name title"
    answer = await admin.post(way(admin, f"sms_{vendor}"), data={"name": "短信", "templates": lines, **settings})

    assert answer.status_code == 200, answer.text
    assert (await channels(admin))["sms"]["provider"] == vendor


@pytest.mark.parametrize("vendor", ["wecom", "dingtalk", "feishu"])
async def test_a_robot_is_set_up_and_removed(admin, vendor):
    await admin.post(way(admin, f"chat_{vendor}"), data={"name": "群", **SETTINGS[vendor]})
    used = (await channels(admin))["chat"]
    await admin.post(f"{PAGE}/{used['id']}/do/remove")

    assert used["provider"] == vendor
    assert await channels(admin) == {}


async def test_usage_is_what_is_counted(admin, tenant, mail):
    shown = (await admin.get("/console/usage")).text
    answer = await admin.get("/api/v1/usage")
    assert answer.status_code == 200, answer.text
    told = answer.json()
    desk = await tenant.staff("desk", "agent")

    assert (told["staff"], told["messages"], told["files"]) == (1, {}, 0)
    assert "发出短信" in shown
    assert (await desk.get("/api/v1/usage")).status_code == 403
