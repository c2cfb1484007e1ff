"""T21: sealed values that are opened while nothing records whose they are. Nothing is shown, nothing is written."""

import contextlib
import re
from pathlib import Path
from uuid import UUID

import pytest
from acting import acting
from looking import CUSTOMER, PURPOSE

import guibin
from guibin.audit import actions as audit
from guibin.audit.actions import AuditNote, record
from guibin.context import Root
from guibin.dispatch.execution import Workshop, perform
from guibin.dispatch.leases import Leases
from guibin.jobs.actions import enqueue
from guibin.jobs.kinds import Job, Run, handles
from guibin_tenants.authentication import system_principal
from guibin_tenants.keyring import Place, Unshown, seal, subject_key, unseal
from guibin_tenants.scope import NotOnRecord, execute, fetch_value, savepoint
from guibin_tenants.tables import new_id

# Each use is an exception to the rule that whoever is looked at is on record. Read it before it goes in here.
USES = {
    ("archive_checks/rules.py", "COMPARED"),
    ("profiles/held.py", "COMPARED"),
    ("profiles/merging.py", "SEALED_AGAIN"),
    ("receptions/editions.py", "SEALED_AGAIN"),
    ("transfers/particulars.py", "COMPARED"),
}
CUSTOMER_ID = new_id()
BY = system_principal(name="test", job_id=new_id())


class Peek(Job, frozen=True):
    """Opens what is sealed of a customer, tells no one, and leaves a mark."""

    customer_id: UUID


@handles(Peek, attempts_max=1)
async def peek(job: Peek, run: Run) -> None:
    await _look(job.customer_id)
    await execute("update customer set name = 'changed' where id = $1", job.customer_id)


async def _look(customer_id, **options):
    place = Place("sealed_value", "sealed", new_id())
    key = await subject_key(customer_id)
    return unseal(key, place, seal(key, place, "13800138000"), **options)


@pytest.fixture
async def customer(client):
    answer = await client.post("/api/v1/customers", json=CUSTOMER)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture
def forgetful(monkeypatch):
    """Whoever asks for an entry gets none, as if the line that asks were missing."""

    async def nothing(notes, **_):
        return [new_id() for _ in notes]

    return lambda: monkeypatch.setattr(audit, "record_all", nothing)


@pytest.mark.rule("S07-8", "S12-5")
async def test_an_answer_whose_entry_was_forgotten_shows_nothing(client, tenant, customer, forgetful, caplog):
    path = f"/api/v1/customers/{customer['id']}/disclosures"
    forgetful()

    answer = await client.post(path, json=PURPOSE)

    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/internal")
    assert "13800138000" not in answer.text + caplog.text
    assert customer["id"] in caplog.text
    async with tenant.scope():
        assert await fetch_value("select count(*) from disclosure") == 0


async def test_nor_is_it_kept_for_a_repeat(client, customer, forgetful, monkeypatch):
    path, key = f"/api/v1/customers/{customer['id']}/disclosures", {"Idempotency-Key": "look"}
    forgetful()
    refused = await client.post(path, json=PURPOSE, headers=key)
    monkeypatch.undo()

    answer = await client.post(path, json=PURPOSE, headers=key)

    assert (refused.status_code, answer.status_code) == (500, 201)
    entries = (await client.get("/api/v1/audit-entries", params={"action": "customer.disclose"})).json()["items"]
    assert len(entries) == 1


async def test_a_job_that_looks_without_an_entry_fails_and_leaves_nothing(tenant, world, customer):
    shop = Workshop(root=Root(packs=world.packs, clock=world.clock), worker=new_id(), leases=Leases())
    async with tenant.scope():
        job_id = await enqueue(Peek(UUID(customer["id"])), now=world.clock())

    assert await perform(shop, tenant.id, job_id, attempt=0) == "dead"

    async with tenant.scope():
        assert await fetch_value("select name from customer where id = $1", customer["id"]) == "王建国"


async def _recorded(tenant, customer_id, *, taken_back=False):
    note = AuditNote(action="test.look", subject="customer", customer_id=customer_id)
    with contextlib.suppress(LookupError):
        async with savepoint():
            await record(note, acting(by=BY, now=tenant.world.clock()))
            if taken_back:
                raise LookupError


async def _looked_within_a_savepoint_undone(customer_id):
    with contextlib.suppress(LookupError):
        async with savepoint():
            await _look(customer_id)
            raise LookupError


async def test_every_subject_must_be_on_record(tenant):
    seen, unseen = new_id(), new_id()

    async def two_looks_one_entry():
        async with tenant.scope():
            await _look(seen)
            await _look(unseen)
            await _recorded(tenant, seen)

    with pytest.raises(NotOnRecord, match=str(unseen)) as raised:
        await two_looks_one_entry()

    assert str(seen) not in str(raised.value)


async def test_the_entry_may_come_before_or_after_the_look(tenant):
    first, second = new_id(), new_id()
    async with tenant.scope():
        await _look(first)
        await _recorded(tenant, first)
        await _recorded(tenant, second)
        await _look(second)

    async with tenant.scope():
        assert await fetch_value("select count(*) from audit_entry where action = 'test.look'") == 2


async def test_an_entry_that_was_taken_back_does_not_count(tenant):
    async def look_and_take_the_entry_back():
        async with tenant.scope():
            await _look(CUSTOMER_ID)
            await _recorded(tenant, CUSTOMER_ID, taken_back=True)

    with pytest.raises(NotOnRecord):
        await look_and_take_the_entry_back()


async def test_an_entry_before_a_savepoint_outlives_it(tenant):
    async with tenant.scope():
        await _recorded(tenant, CUSTOMER_ID)
        await _recorded(tenant, new_id(), taken_back=True)
        assert await _look(CUSTOMER_ID)


async def test_a_look_cannot_be_taken_back(tenant):
    async def look_and_undo():
        async with tenant.scope():
            await _looked_within_a_savepoint_undone(CUSTOMER_ID)

    with pytest.raises(NotOnRecord):
        await look_and_undo()


@pytest.mark.parametrize("why", Unshown)
async def test_what_nobody_sees_needs_no_entry(tenant, why):
    async with tenant.scope():
        assert await _look(new_id(), unshown=why) == "13800138000"


def test_every_exception_is_known():
    root = Path(guibin.__file__).parent
    found = {
        (str(path.relative_to(root)), name)
        for path in root.rglob("*.py")
        for name in re.findall(r"unshown=(?:\w+\.)?Unshown\.(\w+)", path.read_text())
    }

    assert found == USES
    assert {name for _, name in USES} == set(Unshown.__members__)
