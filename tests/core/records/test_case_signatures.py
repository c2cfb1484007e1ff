"""What a customer signed of a complaint or a service request is sealed, and shown only with a purpose on record (S07-12, S07-8)."""

import base64

import pytest

from guibin_tenants.scope import fetch_value

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 40 + b"\x00\x00\x00\x00IEND\xaeB`\x82"
SIGNED = {"signed_by": "王伟", "content": base64.b64encode(PNG).decode()}


async def sent(client, path, body, status=201):
    answer = await client.post(f"/api/v1/{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def resolved(client, **more):
    case = await sent(client, "complaints", {"text": "没有信号", "channel": "phone", **more})
    await sent(client, f"complaints/{case['id']}/resolution", {"remedy": "更换", "cause": "equipment"})
    return f"complaints/{case['id']}"


@pytest.fixture
async def customer(client):
    return (await sent(client, "customers", {"number": "K1", "kind": "leader", "name": "王伟"}))["id"]


@pytest.mark.rule("S07-12", "S07-8")
async def test_a_revisit_is_signed_for_once_and_shown_with_a_purpose(tenant, client, customer):
    case = await resolved(client, customer_id=customer)
    stranger = await tenant.staff("stranger", "agent")

    form = await sent(client, f"{case}/signatures", SIGNED)
    again = await sent(client, f"{case}/signatures", SIGNED, 409)
    closed = await sent(client, f"{case}/callbacks", {"outcome": "satisfied", "on_site": True})

    signature = form["signatures"][0]
    assert (signature["signed_by"], signature["occasion"], again["type"]) == (
        "王伟",
        "callback:0",
        "/problems/already-signed",
    )
    assert closed["state"] == "closed"
    address = f"case-signatures/{signature['id']}/disclosures"
    asked = {"purpose": "核对签名", "leaves_to": "nobody"}
    await sent(stranger, address, asked, 403)
    await sent(client, address, {"leaves_to": "nobody"}, 400)
    shown = await sent(client, address, asked)
    assert base64.b64decode(shown["content"]) == PNG
    async with tenant.scope():
        assert PNG not in bytes(await fetch_value("select sealed from case_signature"))
        assert await fetch_value("select fields from disclosure") == '["case_signature.signature"]'


@pytest.mark.rule("S07-12")
async def test_a_round_that_begins_again_is_signed_for_again(client, customer):
    case = await resolved(client, customer_id=customer)
    await sent(client, f"{case}/signatures", SIGNED)
    await sent(client, f"{case}/callbacks", {"outcome": "not_satisfied", "on_site": True})
    await sent(client, f"{case}/resolution", {"remedy": "再次更换", "cause": "equipment"})

    refused = await sent(client, f"{case}/callbacks", {"outcome": "satisfied", "on_site": True}, 409)
    await sent(client, f"{case}/signatures", SIGNED)
    await sent(client, f"{case}/callbacks", {"outcome": "satisfied", "on_site": True})

    assert refused["type"] == "/problems/signature-missing"


@pytest.mark.rule("S07-12")
async def test_a_caller_whom_nobody_knows_signs_nothing(client):
    case = await resolved(client)

    await sent(client, f"{case}/signatures", SIGNED, 422)
    await sent(client, f"{case}/callbacks", {"outcome": "satisfied", "on_site": True})
