"""Customers who hold a tier, and were contacted, without an assessment or a form."""

from datetime import UTC, date, datetime

from guibin_tenants.scope import execute
from guibin_tenants.tables import new_id


async def member(tenant, customer_id, *, scheme="key_account", tier="key", starts_on=date(2026, 1, 1)):
    """Let the customer hold the tier from that day on."""
    async with tenant.scope():
        await execute(
            "insert into membership (id, customer_id, scheme, tier, starts_on, since_on, basis, reason, ended_because,"
            " recorded_at) values ($1, $2, $3, $4, $5, $5, 'exception', '', '', $6)",
            new_id(),
            customer_id,
            scheme,
            tier,
            starts_on,
            datetime(2026, 1, 1, tzinfo=UTC),
        )


async def contacted(client, customer_id, at, **said):
    """Record a contact at that moment; what the API answers."""
    body = {"customer_id": customer_id, "channel": "phone", "direction": "out", "content": "问候", "happened_at": at}
    answer = await client.post("/api/v1/interactions", json=body | said)
    assert answer.status_code == 201, answer.text
    return answer.json()
