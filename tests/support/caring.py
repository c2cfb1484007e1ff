"""What tests of care do: open archives with orders, move the clock to a morning, look at what waits."""

from datetime import UTC, date, datetime

TODAY = date(2026, 3, 2)
RENEWED = {"number": "N2", "ends_on": "2027-03-12", "price": {"amount": "1200.00", "currency": "CNY"}}


async def customer(client, number="1", **fields):
    answer = await client.post("/api/v1/customers", json={"number": number, "kind": "leader", "name": "张三"} | fields)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def ordered(client, person, ends_on, number="N1"):
    body = {
        "number": number,
        "product": "高清套餐",
        "price": {"amount": "1200.00", "currency": "CNY"},
        "started_on": "2025-03-01",
        "ends_on": str(ends_on),
    }
    answer = await client.post(f"/api/v1/customers/{person}/orders", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def on(clock, day, hour=9):
    clock.set(datetime(day.year, day.month, day.day, hour - 8, tzinfo=UTC))


async def open_ones(client, what):
    return (await client.get(f"/api/v1/{what}", params={"state": "open"})).json()["items"]
