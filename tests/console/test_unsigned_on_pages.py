"""Why nobody signed is asked by a form only where the customer may have to sign (S07-12)."""

import base64

import pytest

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 40 + b"\x00\x00\x00\x00IEND\xaeB`\x82"
SIGNED = {"signed_by": "王伟", "content": base64.b64encode(PNG).decode()}
FIELD = 'name="unsigned_because"'


@pytest.fixture
async def desk(tenant):
    return await tenant.staff("desk", "account_manager")


@pytest.fixture
async def customer(desk):
    answer = await desk.post("/api/v1/customers", json={"number": "V1", "name": "王伟", "kind": "leader"})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def resolved(desk, **more):
    taken = await desk.post("/api/v1/complaints", json={"text": "没有信号", "channel": "phone", **more})
    path = f"/complaints/{taken.json()['id']}"
    done = await desk.post(f"/api/v1{path}/resolution", json={"remedy": "更换了机顶盒"})
    assert done.status_code == 201, done.text
    return path


async def asks(desk, path, command):
    page = await desk.get(f"/console{path}/do/{command}", headers={"HX-Request-Type": "partial"})
    assert page.status_code == 200, page.text
    return FIELD in page.text


async def test_a_callback_asks_it_of_a_customer_who_has_not_signed(desk, customer):
    of_nobody, of_customer = await resolved(desk), await resolved(desk, customer_id=customer)
    signed = await resolved(desk, customer_id=customer)
    assert (await desk.post(f"/api/v1{signed}/signatures", json=SIGNED)).status_code == 201

    found = [await asks(desk, path, "call_back") for path in (of_nobody, of_customer, signed)]

    assert found == [False, True, False]


async def test_a_visit_is_filed_with_it_only_where_it_settled_something_unsigned(desk, customer, world):
    found = []
    for need in ("画面卡顿", ""):
        planned = await desk.post(
            "/api/v1/visits",
            json={"customer_id": customer, "planned_at": world.clock().isoformat(), "purpose": "走访"},
        )
        assert planned.status_code == 201, planned.text
        path = f"/visits/{planned.json()['id']}"
        handling = {"need": need, "handling": "更换机顶盒", "handled": True} if need else {}
        record = await desk.post(f"/api/v1{path}/record", json={"content": "了解情况", **handling})
        assert record.status_code == 201, record.text
        found.append(await asks(desk, path, "file"))

    assert found == [True, False]
