"""A company's admin who would have the service call where the admin wants: through settings, names, redirects and answers."""

import asyncio
from datetime import UTC, datetime
from urllib.parse import parse_qs

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from receiver import TRICKLE, receiving
from vendors import HOSTS, SECRET, SETTINGS, ToReceiver, channel, loopback, vendors

from guibin.gateways import aliyun, robots, signed_post, smtp, tencent
from guibin.gateways.providers import Parcel
from guibin.gateways.signed_post import HttpSettings
from guibin.gateways.templates import Filled
from guibin.messages.channels import PROVIDERS
from guibin.outbound.carrier import Carrier, use_carrier
from guibin.outbound.gate import AT_ONCE_MAX, Gate
from guibin.outbound.targets import NotReachable, Rules, resolve, use_rules
from guibin_tenants.tables import new_id

PARCEL = Parcel(new_id(), "13912345678", "t", "x", datetime(2026, 3, 2, tzinfo=UTC))
CALLS = {
    "wecom": robots.wecom_call,
    "dingtalk": robots.dingtalk_call,
    "feishu": robots.feishu_call,
    "aliyun": lambda s, p: aliyun.request(s, p, p.to, Filled("SMS_1", {"text": p.text}), nonce="0"),
    "tencent": lambda s, p: tencent.request(s, p, p.to, Filled("SMS_1", {"text": p.text})),
}
KNOWN_PARAMETERS = {
    "wecom": {"key"},
    "dingtalk": {"access_token", "timestamp", "sign"},
    "feishu": set(),
    "aliyun": {"OutId", "PhoneNumbers", "SignName", "TemplateCode", "TemplateParam"},
    "tencent": set(),
}
# What turned a setting into another address, another parameter or another header in a library that reads addresses itself.
POISON = (
    "abcd?template=http://127.0.0.1/",
    "abcd&template=file:///etc/passwd",
    "abcd&verify=no",
    "abcd&%76erify=no",
    "abcd%26redirect%3Dyes",
    "abcd@127.0.0.1",
    "a:b@127.0.0.1@gw.example",
    "../../../cgi-bin/other",
    "..%2f..%2fother",
    "abcd/../../x",
    "abcd#fragment",
    "abcd\r\nHost: 127.0.0.1",
    "abcd\nX: y",
    "abcd\u2028efgh",
    "ａｂｃｄ",
    "abcd efgh",
    "http://127.0.0.1/",
    "",
)
# Hosts that are internal however they are written.
INTERNAL = (
    "https://127.0.0.1/sms",
    "https://2130706433/sms",
    "https://0x7f000001/sms",
    "https://0177.0.0.1/sms",
    "https://127.1/sms",
    "https://[::1]/sms",
    "https://[::ffff:127.0.0.1]/sms",
    "https://[::ffff:7f00:1]/sms",
    "https://[64:ff9b::7f00:1]/sms",
    "https://[2002:7f00:1::]/sms",
    "https://169.254.169.254/latest/meta-data",
    "https://localhost/sms",
    "https://a:b@127.0.0.1@gw.example/sms",
    "https://gw.example@127.0.0.1/sms",
    "https://gw.example\\@127.0.0.1/sms",
    "https://gw.example:65536/sms",
    "https://gw.example:-1/sms",
    "https://gw.example:0/sms",
    "http://gw.example/sms",
    "json://a:b@127.0.0.1@gw.example",
    "jsons://gw.example/sms?%76erify=no",
    "file:///etc/passwd",
    "gopher://127.0.0.1/",
)


@pytest.mark.parametrize("provider", ["apprise", "slack", "json", "SMTP", ""])
async def test_no_provider_takes_an_address_that_a_library_would_read(client, provider):
    for address in (
        "slack://a/b/c?template=http://127.0.0.1/x",
        "json://a:b@127.0.0.1@gw.example",
        "json://gw/?%76erify=no",
    ):
        for means in ("sms", "chat", "email"):
            body = {"name": "x", "means": means, "provider": provider, "settings": {"address": address}}
            assert (await client.post("/api/v1/channels", json=body)).status_code == 400


@pytest.mark.parametrize("provider", SETTINGS)
async def test_no_setting_is_another_address_parameter_or_header(client, provider):
    for name in (name for name, value in SETTINGS[provider].items() if isinstance(value, str)):
        for poison in POISON:
            answer = await client.post("/api/v1/channels", json=channel(provider, **{name: poison}))
            if answer.status_code == 201:
                # Words for people, and secrets that only make a signature: neither stands in an address as it is.
                assert name in ("sign_name", "secret", "access_key_secret", "secret_key"), (name, poison)
            else:
                assert answer.status_code == 400
                assert answer.json()["errors"][0]["field"] == f"settings.{name}"
            _goes_to_the_vendor(provider, {**SETTINGS[provider], name: poison})


@pytest.mark.parametrize("provider", SETTINGS)
async def test_no_setting_is_unknown(client, provider):
    for unknown in ("template", "verify", "redirect", "url", "address", "host", "proxy", "timeout"):
        answer = await client.post("/api/v1/channels", json=channel(provider, **{unknown: "http://127.0.0.1/"}))
        assert (answer.status_code, unknown in answer.text) == (400, True)


@pytest.mark.parametrize("provider", SETTINGS)
@given(data=st.data())
def test_whatever_is_taken_goes_to_the_vendors_own_address(provider, data):
    words = st.text(max_size=80) | st.from_regex(r"\A[A-Za-z0-9_-]{4,60}\Z") | st.sampled_from(POISON)
    named = {name: data.draw(words) for name, value in SETTINGS[provider].items() if isinstance(value, str)}

    _goes_to_the_vendor(provider, SETTINGS[provider] | named)


def _goes_to_the_vendor(provider, given):
    try:
        settings = msgspec.convert(given, PROVIDERS[provider].settings)
    except msgspec.ValidationError:
        return
    call = CALLS[provider](settings, PARCEL)
    plain = CALLS[provider](msgspec.convert(SETTINGS[provider], PROVIDERS[provider].settings), PARCEL)
    url, usual = httpx.URL(call.url), httpx.URL(plain.url)
    assert (url.scheme, url.host, url.port, url.userinfo, url.fragment) == ("https", usual.host, None, b"", "")
    assert url.host in HOSTS
    assert set(parse_qs(url.query.decode(), keep_blank_values=True)) <= KNOWN_PARAMETERS[provider]
    assert url.path.rpartition("/")[0] == usual.path.rpartition("/")[0]
    for name, value in call.headers.items():
        assert (name + value).isascii()
        assert (name + value).isprintable()


@pytest.mark.parametrize("url", INTERNAL)
async def test_no_gateway_of_the_companys_is_internal_and_its_address_is_not_repeated(client, url):
    body = {"name": "x", "means": "sms", "provider": "http", "settings": {"url": url, "secret": SECRET}}
    answer = await client.post("/api/v1/channels", json=body)

    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, ["settings.url"])
    assert url not in answer.text


@pytest.mark.parametrize("url", INTERNAL)
async def test_what_was_written_while_the_rules_were_wider_is_not_called_and_not_tried_again(anyio_backend, url):
    use_rules(Rules())

    outcome = await signed_post.send(HttpSettings(url=url, secret=SECRET), PARCEL)

    assert (outcome.error in ("not_allowed", "not_an_address"), outcome.final) == (True, True)


@pytest.mark.parametrize("secret", ["whsec_", "whsec_short", "whsec_!!!", "plain-secret-of-some-length", "whsec_YWJj"])
async def test_a_gateway_without_a_real_secret_is_refused(client, secret):
    settings = {"url": "https://sms.example.com/", "secret": secret}
    body = {"name": "x", "means": "sms", "provider": "http", "settings": settings}
    answer = await client.post("/api/v1/channels", json=body)

    assert answer.status_code in (400, 422)
    assert [one["field"] for one in answer.json()["errors"]] == ["settings.secret"]


async def test_a_vendors_name_that_leads_inside_is_not_called(anyio_backend, tmp_path):
    """A resolver that answers for the vendor with an address inside, first or among others."""
    for found in (["127.0.0.1"], ["93.184.216.34", "10.0.0.7"], ["::ffff:127.0.0.1"], ["64:ff9b::a9fe:a9fe"]):
        async with vendors(tmp_path) as vendor:

            async def inside(host, port, found=found):
                return found

            rules = Rules(resolver=inside)
            use_rules(rules)
            use_carrier(Carrier(rules))
            settings = msgspec.convert(SETTINGS["wecom"], PROVIDERS["wecom"].settings)
            outcome = await robots.send_wecom(settings, PARCEL)

            assert (outcome.error, vendor.received) == ("internal_address", [])


async def test_whoever_answers_in_the_vendors_place_without_its_certificate_gets_nothing(anyio_backend, tmp_path):
    async with vendors(tmp_path) as vendor:
        rules = Rules(HOSTS, resolver=loopback)
        use_rules(rules)
        # The receiver's certificate is none that anybody but the other test trusts.
        use_carrier(Carrier(rules, network=ToReceiver(vendor.port)))
        outcome = await robots.send_wecom(msgspec.convert(SETTINGS["wecom"], robots.WecomSettings), PARCEL)

        assert (outcome.error, vendor.received) == ("tls", [])


async def test_a_gateways_redirect_is_not_followed(anyio_backend):
    async with receiving() as inside, receiving() as outside:
        use_rules(Rules([outside.host, inside.host]))
        outside.answer = (307, {"Location": inside.url("/latest/meta-data")})
        try:
            outcome = await signed_post.send(HttpSettings(url=outside.url(), secret=SECRET), PARCEL)
        finally:
            use_rules(Rules())

        assert (outcome.error, len(outside.received), inside.received) == ("http_307", 1, [])


async def test_an_answer_that_trickles_ends_at_the_deadline_of_the_whole(anyio_backend):
    """Each byte comes in time, so a limit for each read would never end it."""
    async with receiving() as receiver:
        receiver.answer = TRICKLE
        began = asyncio.get_running_loop().time()
        answer = await Carrier(Rules([receiver.host])).post(receiver.url(), b"{}", {}, timeout_s=0.3)

        assert (answer.status, answer.error) == (0, "timeout")
        assert asyncio.get_running_loop().time() - began < 0.6


async def test_names_that_are_never_answered_keep_no_thread_that_others_need(anyio_backend, monkeypatch):
    """Forty companies' name servers are silent; what else needs a thread has one."""
    silent = asyncio.Event()
    loop = asyncio.get_running_loop()

    def never(*given, **more):
        asyncio.run_coroutine_threadsafe(silent.wait(), loop).result(5)
        return []

    monkeypatch.setattr("socket.getaddrinfo", never)
    monkeypatch.setattr("guibin.outbound.targets.RESOLVE_WITHIN_S", 0.2)
    asked = [asyncio.create_task(resolve(f"{number}.example.com", 443)) for number in range(40)]
    await asyncio.sleep(0)
    elsewhere = await asyncio.wait_for(asyncio.to_thread(lambda: "done"), 2)
    found = await asyncio.gather(*asked, return_exceptions=True)
    silent.set()

    assert elsewhere == "done"
    assert [(type(one), one.why) for one in found] == [(NotReachable, "name_timeout")] * 40


async def test_one_companys_slow_vendor_leaves_another_company_its_room(anyio_backend):
    gate, hostile, calm = Gate(), new_id(), new_id()
    let_go = asyncio.Event()
    inside = 0

    async def hang(target):
        nonlocal inside
        async with gate.passing(hostile, target) as room:
            if room:
                inside += 1
                await let_go.wait()
            return room

    tasks = [asyncio.create_task(hang(new_id())) for _ in range(20)]
    done, _ = await asyncio.wait(tasks, timeout=0.6)
    async with gate.passing(calm, new_id()) as room:
        calmly = room
    let_go.set()

    assert (inside, [one.result() for one in done]) == (AT_ONCE_MAX, [False] * 15)
    assert calmly is True


@pytest.mark.parametrize(
    "separator", ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"]
)
def test_no_mail_setting_holds_a_second_line(separator):
    for name in ("host", "sender", "username", "password", "sender_name"):
        settings = {"host": "mail.example.com", "sender": "a@example.com", name: f"a{separator}b"}
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(settings, smtp.SmtpSettings)
