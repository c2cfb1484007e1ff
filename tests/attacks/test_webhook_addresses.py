"""Addresses of webhooks that lead nowhere: refused when they are written, and one that is there already ends as failed, with the reason."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from running import work_off

from guibin.events import ComplaintReceived, record
from guibin.outbound.carrier import Carrier
from guibin.outbound.targets import Rules, use_rules
from guibin_tenants.scope import execute
from guibin_tenants.tables import new_id

PORTS = ("65536", "-1", "0", "99999999999", "%31", "443x")
NOWHERE = (
    *(f"https://hooks.example.com:{port}/x" for port in PORTS),
    "https://",
    "https:///x",
    "https://hooks..example.com/x",
    f"https://{'a' * 64}.example.com/x",
    "https://xn--/x",
    "http://hooks.example.com/x",
    "https://hooks.example.com\\@127.0.0.1/x",
)


@pytest.mark.parametrize("port", PORTS)
async def test_a_port_that_is_none_is_refused_at_once(client, port):
    for host in ("hooks.example.com", "93.184.216.34", "[2001:4860:4860::8888]"):
        answer = await client.post("/api/v1/webhooks", json={"url": f"https://{host}:{port}/hook"})
        assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, ["url"])


@pytest.mark.parametrize("url", NOWHERE)
async def test_a_delivery_to_an_address_that_is_none_ends_as_failed_with_the_reason(tenant, client, url):
    """As it stands in the database since the rules were wider, or since they knew less."""

    async def nobody(host, port):
        return ["127.0.0.1"]

    use_rules(Rules(resolver=nobody))
    made = await client.post("/api/v1/webhooks", json={"url": "https://hooks.example.com/x"})
    async with tenant.scope():
        await execute("update webhook_endpoint set url = $1", url)
        await record(ComplaintReceived(complaint_id=new_id(), level="1"), now=tenant.world.clock())
    done = await work_off(tenant, kind="deliver_webhook")
    use_rules(Rules())

    assert (made.status_code, done) == (201, ["completed"])
    (found,) = (await client.get("/api/v1/webhook-deliveries")).json()["items"]
    log = (await client.get(f"/api/v1/webhook-deliveries/{found['id']}")).json()["log"]
    if log[0]["error"] in ("not_allowed", "not_an_address"):
        assert (found["state"], len(log)) == ("failed", 1)
    else:
        # A name may be known tomorrow: three days of attempts, then failed.
        assert log[0]["error"] in ("internal_address", "name_unknown")


@given(st.text(max_size=60) | st.from_regex(r"\Ahttps?://[^\s]{0,40}\Z"))
@example("https://hooks.example.com:65536/")
@example("https://hooks.example.com:-1/")
@example("https://[::1%25eth0]/")
async def test_no_address_makes_the_carrier_raise(anyio_backend, url):
    async def nobody(host, port):
        return []

    answer = await Carrier(Rules(resolver=nobody)).post(url, b"{}", {})

    assert (answer.status, answer.error != "") == (0, True)
