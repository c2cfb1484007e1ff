"""What somebody with an access, or without one any more, might try (S02-6)."""

from datetime import timedelta

import pytest
from emergencies import PATH, opened, sees


async def test_ended_in_the_same_moment_it_lends_nothing_more(bank):
    access = await opened(bank.manager, customer_id=bank.customer)
    before = await sees(bank.manager, bank.customer)
    ended = await bank.manager.post(f"{PATH}/{access['id']}/ending")

    assert ended.json()["ended_at"] == access["opened_at"]
    assert (before, await sees(bank.manager, bank.customer)) == (200, 404)


async def test_a_customer_who_moves_is_still_the_one_who_was_lent_and_whoever_judges_sees_where_they_are(bank, clock):
    await bank.unit("south")
    access = await opened(bank.manager, customer_id=bank.customer)
    async with bank.scope() as scope:
        moved = "update customer set org_unit_id = $2, account_manager_id = null where id = $1"
        await scope.connection.execute(moved, bank.customer, bank.units["south"])
    during = await sees(bank.manager, bank.customer)
    clock.set(clock.now + timedelta(minutes=30))
    wests = await bank.staff("wests", "auditor", unit="west")
    verdict = {"verdict": "justified", "reason": "已核实"}

    refused = await wests.post(f"{PATH}/{access['id']}/review", json=verdict)
    judged = await bank.auditor.post(f"{PATH}/{access['id']}/review", json=verdict)

    assert (during, refused.status_code, judged.status_code) == (200, 403, 201)


async def test_a_customer_erased_during_the_access_is_gone(bank):
    await opened(bank.manager, customer_id=bank.customer)
    before = await sees(bank.manager, bank.customer)
    whole = await bank.client()
    assert (await whole.delete(f"/api/v1/customers/{bank.customer}")).status_code < 300
    shown = await bank.manager.get(f"/api/v1/customers/{bank.customer}")

    assert before == 200
    assert shown.status_code in (404, 410) or "王建国" not in shown.text
    assert "138" not in shown.text


async def test_a_merged_archive_lends_no_other(bank, clock):
    await opened(bank.manager, customer_id=bank.customer)
    whole = await bank.client()
    merged = await whole.post(
        f"/api/v1/customers/{bank.other}/merges",
        json={"merged_id": bank.customer, "reason": "同一人", "choices": {"name": "kept"}},
    )
    assert merged.status_code == 201, merged.text
    after = [await sees(bank.manager, bank.customer), await sees(bank.manager, bank.other)]

    assert after == [200, 404]


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/complaints?customer_id={}",
        "/api/v1/service-requests?customer_id={}",
        "/api/v1/messages?customer_id={}",
        "/api/v1/customers?q=VIP-1",
        "/api/v1/customers/{}/copies",
        "/console/customers?q=VIP-1",
        "/console//customers/{}",
        "/console/customers/{}/copy",
        "/console/customers/{}/merge",
    ],
)
async def test_lists_searches_and_what_may_be_done_stay_as_they_were(bank, path):
    asked = path.format(bank.customer)
    before = await bank.manager.get(asked)
    await opened(bank.manager, customer_id=bank.customer)
    after = await bank.manager.get(asked)

    assert await sees(bank.manager, bank.customer) == 200
    assert after.status_code == before.status_code
    assert "王建国" not in after.text
