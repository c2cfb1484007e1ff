"""`X-Forwarded-For` is anybody's to write: it counts from proxies the operator trusts, and only as an address."""

import httpx
import pytest

from guibin.app.proxies import BadProxies, Forwarded, address_of, proxies_of

PROXY, OTHER = "127.0.0.1", "203.0.113.9"


async def seen(header, *, peer=PROXY, trusted="", proto="https"):
    """The address and scheme the application is told."""
    found = []

    async def application(scope, receive, send):
        found.append((scope["client"][0], scope["scheme"]))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    transport = httpx.ASGITransport(app=Forwarded(application, proxies_of(trusted)), client=(peer, 4711))
    headers = [("X-Forwarded-For", value) for value in header] + [("X-Forwarded-Proto", proto)]
    async with httpx.AsyncClient(transport=transport, base_url="http://guibin.test", headers=headers) as caller:
        await caller.get("/")
    return found[0]


@pytest.mark.parametrize("peer", [PROXY, "::1", OTHER])
async def test_nobody_is_believed_by_default(peer):
    assert await seen(["198.51.100.7"], peer=peer) == (peer, "http")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (["198.51.100.7"], "198.51.100.7"),
        # What stands before the last foreign address the caller may have written.
        (["10.9.9.9, 198.51.100.7"], "198.51.100.7"),
        (["10.9.9.9", "198.51.100.7"], "198.51.100.7"),
        (["198.51.100.7, 10.0.0.2"], "198.51.100.7"),
        (["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        (["198.51.100.7:51000"], "198.51.100.7"),
        (["[2001:db8::1]:443"], "2001:db8::1"),
        (["2001:DB8:0::1%eth0"], "2001:db8::1"),
        (["::ffff:198.51.100.7"], "198.51.100.7"),
        # No address: whoever passed it on is the last one known.
        (["unknown"], PROXY),
        (["198.51.100.7, <script>"], PROXY),
        (["198.51.100.7, <script>, 10.0.0.2"], "10.0.0.2"),
        (["1.2.3.4.5"], PROXY),
        (["010.1.1.1"], PROXY),
        ([""], PROXY),
        ([], PROXY),
    ],
)
async def test_a_trusted_proxy_is_believed_as_far_as_trust_goes(header, expected):
    assert await seen(header, trusted="127.0.0.1, 10.0.0.0/24") == (expected, "https")


async def test_the_port_of_the_proxy_is_not_taken_for_the_callers():
    found = []

    async def application(scope, receive, send):
        found.append(scope["client"])

    for trusted in ("", PROXY):
        scope = {"type": "http", "client": (PROXY, 4711), "headers": [(b"x-forwarded-for", b"198.51.100.7")]}
        await Forwarded(application, proxies_of(trusted))(scope, None, None)

    assert found == [(PROXY, 4711), ("198.51.100.7", 0)]


async def test_a_scheme_is_one_of_two_or_not_believed():
    assert (await seen([], trusted=PROXY, proto="javascript"))[1] == "http"
    assert (await seen([], trusted=PROXY, proto="http, HTTPS"))[1] == "https"


def test_the_setting_names_addresses_and_networks():
    assert [str(network) for network in proxies_of(" 10.0.0.0/24,::1 ,")] == ["10.0.0.0/24", "::1/128"]
    with pytest.raises(BadProxies, match="GUIBIN_TRUSTED_PROXIES"):
        proxies_of("10.0.0.1/24")
    with pytest.raises(BadProxies):
        proxies_of("*")
    assert address_of("localhost") is None


async def test_a_key_bound_to_addresses_is_not_opened_by_a_header(world, tenant):
    from guibin_tenants import keys
    from guibin_tenants.keys import NewKey

    async with tenant.scope():
        new = NewKey(name="bound", scopes=("*",), addresses=("198.51.100.0/24",))
        token, _ = await keys.create(new, now=world.clock())
    async with world.client(token, **{"X-Forwarded-For": "198.51.100.7"}) as caller:
        answer = await caller.get("/api/v1/me")

    assert answer.status_code == 401
