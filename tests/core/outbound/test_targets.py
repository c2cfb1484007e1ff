"""T27: no internal target, however it is written, whatever it resolves to and wherever it redirects to."""

import socket

import pytest
from certificates import certificate
from receiver import HUGE, receiving

from guibin.outbound.addresses import is_disguised, is_public
from guibin.outbound.carrier import ANSWER_BYTES_MAX, Carrier
from guibin.outbound.targets import NotReachable, Rules

PUBLIC = "93.184.216.34"
INTERNAL = (
    "127.0.0.1",
    "127.255.255.254",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.127.255.255",
    "0.0.0.0",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fd00::1",
    "fec0::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "2002:7f00:1::",
    "2002:a00:1::",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2001:0:7f00:1::",
    "2001:db8::1",
    "nonsense",
    "",
)


@pytest.mark.parametrize("address", INTERNAL)
def test_an_internal_address_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [PUBLIC, "8.8.8.8", "100.63.255.255", "172.32.0.1", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808"],
)
def test_a_public_address_is_public(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.1", "0x7f.0.0.1", "017700000001"]
)
def test_numbers_that_are_addresses_are_seen_through(host):
    # The resolver of the machine takes them for what they are: that is the danger.
    assert socket.gethostbyname(host) == "127.0.0.1"
    assert is_disguised(host)
    assert Rules().problem(f"https://{host}/hook") is not None


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("http://example.com/hook", "https"),
        ("https://127.0.0.1/hook", "a public host"),
        ("https://127.0.0.1./hook", "a public host"),
        ("https://[::1]/hook", "a public host"),
        ("https://[::ffff:7f00:1]/hook", "a public host"),
        ("https://[64:ff9b::7f00:1]/hook", "a public host"),
        ("https://localhost/hook", "a public host"),
        ("https://intranet/hook", "a public host"),
        ("https://user:secret@example.com/hook", "an address without user and password"),
        ("https://example.com\\@127.0.0.1/", "an address without user and password"),
        ("https://ex%61mple.com/", "an address such as https://example.com/hooks"),
        ("https://１２７.0.0.1/", "an address such as https://example.com/hooks"),
        ("ftp://example.com/", "an address such as https://example.com/hooks"),
        ("file:///etc/passwd", "an address such as https://example.com/hooks"),
        ("gopher://example.com", "an address such as https://example.com/hooks"),
        ("https://", "an address such as https://example.com/hooks"),
        ("https://exa mple.com/", "an address such as https://example.com/hooks"),
    ],
)
def test_an_address_is_refused_when_it_is_written(url, rule):
    assert Rules().problem(url).rule == rule


@pytest.mark.parametrize("url", ["https://example.com/hook?a=1", "https://例子.中国/接口", f"https://{PUBLIC}:8443/"])
def test_a_public_address_is_taken(url):
    assert Rules().problem(url) is None


async def test_one_internal_address_among_many_refuses_all(anyio_backend):
    async def both(host, port):
        return [PUBLIC, "10.0.0.7"]

    with pytest.raises(NotReachable) as refused:
        await Rules(resolver=both).addresses("example.com", 443)

    assert refused.value.why == "internal_address"


async def test_a_name_that_is_rebound_after_it_was_checked_is_not_reached(anyio_backend):
    answers = [[PUBLIC], ["127.0.0.1"]]

    async def rebinding(host, port):
        return answers.pop(0)

    async with receiving() as receiver:
        rules = Rules(resolver=rebinding)
        assert await rules.addresses("rebound.example.com", receiver.port) == [PUBLIC]

        answer = await Carrier(rules).post(f"https://rebound.example.com:{receiver.port}/hook", b"{}", {})

    assert (answer.status, answer.error, receiver.received, answers) == (0, "internal_address", [], [])


async def test_a_name_is_resolved_once_for_a_connection_and_the_connection_goes_there(anyio_backend):
    asked = []

    async def counting(host, port):
        asked.append(host)
        return ["127.0.0.1"]

    async with receiving() as receiver:
        name = f"hooks.example.com:{receiver.port}"
        answer = await Carrier(Rules([name], resolver=counting)).post(f"http://{name}/hook", b"{}", {})

        assert (answer.status, asked, receiver.received[0].headers["host"]) == (200, ["hooks.example.com"], name)


async def test_tls_is_checked_against_the_name_and_not_the_address(anyio_backend, tmp_path):
    server, trusted = certificate(tmp_path, "hooks.example.com")

    async def here(host, port):
        return ["127.0.0.1"]

    async with receiving(server) as receiver:
        rules = Rules(["hooks.example.com", "other.example.com"], resolver=here)
        carrier = Carrier(rules, trusted)
        right = await carrier.post(f"https://hooks.example.com:{receiver.port}/", b"{}", {})
        wrong = await carrier.post(f"https://other.example.com:{receiver.port}/", b"{}", {})
        unknown = await Carrier(rules).post(f"https://hooks.example.com:{receiver.port}/", b"{}", {})

    assert (right.status, right.error) == (200, "")
    assert (wrong.status, wrong.error, unknown.error) == (0, "tls", "tls")


async def test_a_redirect_is_an_answer_and_is_not_followed(anyio_backend):
    async with receiving() as inside, receiving() as outside:
        outside.answer = (307, {"Location": inside.url("/metadata")})
        answer = await Carrier(Rules([outside.host, inside.host])).post(outside.url(), b"{}", {})

        assert (answer.status, len(outside.received), inside.received) == (307, 1, [])


async def test_an_endless_answer_is_cut_off(anyio_backend):
    async with receiving() as receiver:
        receiver.answer = HUGE
        answer = await Carrier(Rules([receiver.host])).post(receiver.url(), b"{}", {})

    assert (answer.status, answer.error, ANSWER_BYTES_MAX) == (200, "answer_too_large", 65_536)


async def test_what_the_operator_did_not_name_stays_closed(anyio_backend):
    async with receiving() as receiver:
        answer = await Carrier(Rules()).post(receiver.url(), b"{}", {})
        by_tls = await Carrier(Rules()).post(receiver.url().replace("http:", "https:"), b"{}", {})

    assert (answer.error, by_tls.error, receiver.received) == ("not_allowed", "not_allowed", [])


async def test_the_proxy_of_the_environment_is_not_used(anyio_backend, monkeypatch):
    async with receiving() as proxy, receiving() as receiver:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"):
            monkeypatch.setenv(name, proxy.url("/"))
        answer = await Carrier(Rules([receiver.host])).post(receiver.url(), b"{}", {})

    assert (answer.status, proxy.received) == (200, [])
