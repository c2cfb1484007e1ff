"""Account managers with customers, and the reports of a company."""

import pytest

from guibin_tenants.scope import fetch


@pytest.fixture
def new_customer(client):
    """Open an archive; its id."""

    async def new(number="K1", **more):
        body = {"number": number, "kind": "leader", "name": "王伟", **more}
        answer = await client.post("/api/v1/customers", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    return new


@pytest.fixture
def told(tenant):
    """The kinds of what a member of staff was told, in order. A session would have expired meanwhile."""

    async def read(client):
        async with tenant.scope():
            rows = await fetch(
                "select kind from staff_notice where staff_id = $1 order by told_at, kind", client.staff_id
            )
        return [row["kind"] for row in rows]

    return read


@pytest.fixture
def figure(client):
    """A figure of a report: numerator over denominator."""

    async def read(name, period, kind="service", **params):
        answer = await client.get(f"/api/v1/reports/{kind}", params={"period": period, **params})
        assert answer.status_code == 200, answer.text
        found = {one["definition"]["name"]: one for one in answer.json()["figures"]}[name]
        return found["numerator"], found["denominator"]

    return read
