"""Each vendor's own words: the request it gets, its signature by the vendor's published example, and what its answers mean."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from caring import customer as archive
from caring import on
from msgspec.structs import replace
from receiver import HANG, TRICKLE
from running import come_round, work_off
from standardwebhooks.webhooks import Webhook
from vendors import HOSTS, MEANS, SECRET, SETTINGS, TAKEN, channel, vendors

from guibin.care.jobs import PrepareCare
from guibin.care.posting import PostCareMessages
from guibin.gateways import aliyun, providers, robots, signed_post, tencent
from guibin.gateways.providers import Parcel
from guibin.gateways.vendors import fitting, mainland
from guibin.messages.channels import PROVIDERS
from guibin_tenants.tables import new_id

AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
NAMES = tuple(TAKEN)


def parcel(to="13912345678", text="生日快乐", **more):
    return Parcel(new_id(), to, "问候", text, AT, **more)


def settings(provider, **changes):
    return msgspec.convert(SETTINGS[provider] | changes, PROVIDERS[provider].settings)


async def send(provider, sent=None, **changes):
    return await PROVIDERS[provider].send(settings(provider, **changes), sent or parcel())


@pytest.fixture
async def vendor(anyio_backend, tmp_path):
    async with vendors(tmp_path) as receiver:
        yield receiver


def answers(receiver, said, status=200):
    receiver.answer, receiver.says = status, msgspec.json.encode(said)


def test_aliyuns_published_example_has_the_published_signature():
    query = aliyun.canonical(
        {"RegionId": "cn-shanghai", "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"}
    )
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }

    found = aliyun.signature(query, headers, "YourAccessKeySecret")

    assert found == "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"


def test_tencents_published_example_has_the_published_signature():
    body = rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'
    secret = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"

    found = tencent.signature(body, 1551113065, host="cvm.tencentcloudapi.com", service="cvm", secret=secret)

    assert found == "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"


@pytest.mark.parametrize("provider", NAMES)
async def test_a_message_reaches_the_vendor_by_its_own_name_and_is_taken(vendor, provider):
    answers(vendor, TAKEN[provider])

    outcome = await send(provider)

    (request,) = vendor.received
    assert (outcome.error, request.method) == ("", "POST")
    assert request.headers["host"] in HOSTS


async def test_robots_get_a_text_and_the_signature_they_ask_for(vendor):
    answers(vendor, TAKEN["wecom"] | TAKEN["feishu"])
    for provider in ("wecom", "dingtalk", "feishu"):
        await send(provider, parcel(to="", text='到期 <at user_id="all"></at>'))

    wecom, dingtalk, feishu = vendor.received
    assert wecom.path == f"/cgi-bin/webhook/send?key={SETTINGS['wecom']['key']}"
    assert json.loads(wecom.body) == {"msgtype": "text", "text": {"content": '到期 <at user_id="all"></at>'}}
    query = parse_qs(urlsplit(dingtalk.path).query)
    secret, moment = SETTINGS["dingtalk"]["secret"], "1772416800000"
    signed = hmac.new(secret.encode(), f"{moment}\n{secret}".encode(), hashlib.sha256).digest()
    assert query == {
        "access_token": [SETTINGS["dingtalk"]["access_token"]],
        "timestamp": [moment],
        "sign": [base64.b64encode(signed).decode()],
    }
    body = json.loads(feishu.body)
    assert feishu.path == f"/open-apis/bot/v2/hook/{SETTINGS['feishu']['token']}"
    assert (body["timestamp"], len(base64.b64decode(body["sign"]))) == ("1772416800", 32)
    # Who writes a notice's words calls nobody by them.
    assert body["content"] == {"text": '到期 ＜at user_id="all">＜/at>'}


async def test_an_sms_is_the_vendors_template_filled_with_what_it_takes(vendor):
    answers(vendor, TAKEN["aliyun"] | TAKEN["tencent"])
    greeting = parcel(kind="birthday", values={"name": "张三", "title": "先生", "link": "x"}, to="+86 139-1234-5678")
    abroad = parcel(to="+85212345678", text="其他")
    for provider in ("aliyun", "tencent"):
        await send(provider, greeting)
        await send(provider, abroad)

    queries = [parse_qs(urlsplit(one.path).query) for one in vendor.received[:2]]
    bodies = [json.loads(one.body) for one in vendor.received[2:]]
    assert [one["PhoneNumbers"] for one in queries] == [["13912345678"], ["85212345678"]]
    assert [one["TemplateCode"] for one in queries] == [["SMS_2"], ["SMS_1"]]
    assert [json.loads(one["TemplateParam"][0]) for one in queries] == [
        {"name": "张三", "title": "先生"},
        {"text": "其他"},
    ]
    assert [one["PhoneNumberSet"] for one in bodies] == [["+8613912345678"], ["+85212345678"]]
    assert [(one["TemplateId"], one["TemplateParamSet"]) for one in bodies] == [
        ("SMS_2", ["张三", "先生"]),
        ("SMS_1", ["其他"]),
    ]
    assert {one.headers["x-tc-action"] for one in vendor.received[2:]} == {"SendSms"}
    assert {one.headers["x-acs-action"] for one in vendor.received[:2]} == {"SendSms"}


@pytest.mark.parametrize("provider", ["aliyun", "tencent"])
async def test_without_a_template_or_a_value_nothing_is_sent(vendor, provider):
    only_birthdays = [{"code": "SMS_2", "kind": "birthday", "parameters": ["name"]}]

    other = await send(provider, parcel(kind="festival"), templates=only_birthdays)
    nameless = await send(provider, parcel(kind="birthday"), templates=only_birthdays)

    assert [(one.error, one.final) for one in (other, nameless)] == [("no_template", True)] * 2
    assert vendor.received == []


@pytest.mark.parametrize("provider", [name for name, means in MEANS.items() if means == "sms"])
@pytest.mark.parametrize("to", ["1391234567/../../admin", "13912345678?x=1", "abc", "１３９１２３４５６７８", "+86"])
async def test_a_number_that_is_none_reaches_no_vendor(vendor, provider, to):
    given = {"url": "https://sms.example.com/", "secret": SECRET} if provider == "http" else SETTINGS[provider]
    outcome = await PROVIDERS[provider].send(msgspec.convert(given, PROVIDERS[provider].settings), parcel(to=to))

    assert (outcome.error, outcome.final, vendor.received) == ("bad_number", True, [])


@pytest.mark.parametrize(
    ("provider", "said", "error", "final"),
    [
        ("wecom", {"errcode": 45009, "errmsg": "api freq out of limit"}, "45009", False),
        ("wecom", {"errcode": 93000, "errmsg": "invalid webhook url"}, "93000", True),
        ("dingtalk", {"errcode": -1, "errmsg": "系统繁忙"}, "refused", False),
        ("dingtalk", {"errcode": 310000, "errmsg": "keywords not in content"}, "310000", True),
        ("feishu", {"code": 11232, "msg": "frequency limited"}, "11232", False),
        ("feishu", {"code": 19021, "msg": "sign match fail"}, "19021", True),
        ("aliyun", {"Code": "isv.BUSINESS_LIMIT_CONTROL"}, "isv.BUSINESS_LIMIT_CONTROL", False),
        ("aliyun", {"Code": "isv.MOBILE_NUMBER_ILLEGAL"}, "isv.MOBILE_NUMBER_ILLEGAL", True),
        ("aliyun", {"Code": "x" * 99}, "refused", False),
        ("aliyun", {"Code": "a\nb"}, "refused", False),
        ("tencent", {"Response": {"Error": {"Code": "AuthFailure.SecretIdNotFound"}}}, "AuthFailure.SecretIdNotFound", True),
        ("tencent", {"Response": {"SendStatusSet": [{"Code": "LimitExceeded.DeliveryFrequencyLimit"}]}}, "LimitExceeded.DeliveryFrequencyLimit", False),
        ("tencent", {"Response": {"SendStatusSet": []}}, "http_200", False),
        ("wecom", {"errcode": "0"}, "http_200", False),
        ("feishu", ["0"], "http_200", False),
    ],
)  # fmt: skip
async def test_what_a_vendor_refuses_is_a_word_and_either_for_good_or_not(vendor, provider, said, error, final):
    answers(vendor, said)

    outcome = await send(provider)

    assert (outcome.error, outcome.final) == (error, final)


@pytest.mark.parametrize("provider", NAMES)
async def test_a_vendor_that_fails_is_not_believed_and_a_redirect_is_not_followed(vendor, provider):
    answers(vendor, TAKEN[provider], status=500)
    failed = await send(provider)
    vendor.answer = (302, {"Location": vendor.url("/inside")})
    redirected = await send(provider)
    vendor.answer, vendor.says = 200, b"<html>"
    nonsense = await send(provider)

    assert [one.error for one in (failed, redirected, nonsense)] == ["http_500", "http_302", "http_200"]
    assert {one.path for one in vendor.received} & {"/inside"} == set()


@pytest.mark.parametrize("answer", [HANG, TRICKLE])
@pytest.mark.parametrize("provider", NAMES)
async def test_a_vendor_that_hangs_or_trickles_is_given_up(vendor, provider, answer, monkeypatch):
    monkeypatch.setattr(providers, "TIMEOUT_S", 0.3)
    vendor.answer = answer

    assert (await send(provider)).error == "timeout"


async def test_any_other_gateway_gets_a_signed_post_that_the_specifications_library_verifies(gateway, allowed):
    given = signed_post.HttpSettings(url=gateway.url("/sms"), secret=SECRET)
    now = datetime.now(UTC)  # the library verifies by the real clock
    taken = await signed_post.send(given, replace(parcel(kind="birthday"), at=now))
    gateway.answer = 422
    refused = await signed_post.send(given, parcel())
    gateway.answer = 503
    later = await signed_post.send(given, parcel(to=""))

    request = gateway.received[0]
    told = Webhook(SECRET).verify(request.body, request.headers)
    assert set(told) == {"id", "kind", "to", "title", "text"}
    assert (told["to"], told["kind"], told["id"]) == ("13912345678", "birthday", request.headers["webhook-id"])
    assert [(one.error, one.final) for one in (taken, refused, later)] == [
        ("", False),
        ("http_422", True),
        ("http_503", False),
    ]


async def test_a_greeting_goes_out_through_a_vendor_and_its_number_stays_between_them(tenant, client, tmp_path):
    policy = {"care": {"occasions": [{"name": "birthday", "kind": "birthday", "messages": ["sms"], "lead_days": 3}]}}
    await client.post("/api/v1/policy/versions", json={"overrides": policy, "note": "test"})
    async with vendors(tmp_path) as vendor:
        answers(vendor, TAKEN["aliyun"])
        made = await client.post("/api/v1/channels", json=channel("aliyun"))
        await archive(client, "1", birthday="1980-03-20", sex="male", confidential={"mobile": "13912345678"})
        on(tenant.world.clock, date(2026, 3, 20), 9)
        await come_round(tenant, PrepareCare())
        await come_round(tenant, PostCareMessages())
        await work_off(tenant)

    assert (made.status_code, made.json()["shown"]) == (201, f"{aliyun.HOST} · 贵宾服务")
    (request,) = vendor.received
    query = parse_qs(urlsplit(request.path).query)
    assert (query["PhoneNumbers"], query["TemplateCode"]) == (["13912345678"], ["SMS_2"])
    assert json.loads(query["TemplateParam"][0]) == {"name": "张三", "title": "先生"}
    (message,) = (await client.get("/api/v1/messages")).json()["items"]
    assert message["state"] == "sent"


async def test_a_test_chooses_and_fills_a_template(client, tmp_path):
    async with vendors(tmp_path) as vendor:
        answers(vendor, TAKEN["tencent"])
        made = (await client.post("/api/v1/channels", json=channel("tencent"))).json()
        path = f"/api/v1/channels/{made['id']}/tests"
        whole = await client.post(path, json={"to": "13900000000"})
        values = {"name": "李四", "title": "女士"}
        filled = await client.post(path, json={"to": "13900000000", "kind": "birthday", "values": values})
        empty = await client.post(path, json={"to": "13900000000", "kind": "birthday"})

    assert [one.status_code for one in (whole, filled, empty)] == [200, 200, 409]
    assert empty.json()["detail"].endswith("no_template")
    assert [json.loads(one.body)["TemplateId"] for one in vendor.received] == ["SMS_1", "SMS_2"]


def test_numbers_are_taken_as_people_write_them():
    mobiles = ("13912345678", "+8613912345678", "8613912345678", "008613912345678", "+86 139 1234 5678")
    assert {mainland(number) for number in mobiles} == {"13912345678"}
    assert [mainland(number) for number in ("+85212345678", "", "+", "1" * 21)] == ["+85212345678", None, None, None]


def test_a_long_text_ends_at_the_edge_of_a_character():
    assert fitting("短", bytes_max=10) == "短"
    assert fitting("长" * 10, bytes_max=10) == "长长…"
    content = json.loads(robots.wecom_call(settings("wecom"), parcel(text="长" * 2000)).body)["text"]["content"]
    assert len(content.encode()) <= 2048
