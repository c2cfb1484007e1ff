"""T4: two companies with outlets, random operations over HTTP, against a model in memory.

Whatever anybody does, each caller sees exactly what the model says: the own company's, the own outlet's, nothing else.
"""

import asyncio
import logging
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg
import pytest
from asgi_lifespan import LifespanManager
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    multiple,
    rule,
    run_state_machine_as_test,
)

from guibin_tenants import keyring, registry
from support import TestClock, World, make_app, pool_put_aside

OUTLETS = ("east", "west")
ERASED = ""
companies = st.sampled_from((0, 1))
callers = st.sampled_from(("head-office", *OUTLETS))
numbers = st.sampled_from(("V001", "V002", "V003"))
names = st.sampled_from(("张三丽", "李四", "买买提·艾力"))


@dataclass
class Firm:
    """One company as the model knows it."""

    tenant: object
    callers: dict
    auditor: object
    units: dict[str, UUID]
    customers: dict[str, tuple[str, str, str]] = field(default_factory=dict)  # id: outlet, number, name
    complaints: dict[str, str | None] = field(default_factory=dict)  # id: customer
    reads: dict[str, int] = field(default_factory=dict)  # customer: how often shown in full
    suspended: bool = False

    def sees(self, caller: str, customer: str) -> bool:
        return customer in self.customers and caller in ("head-office", self.customers[customer][0])


class Companies(RuleBasedStateMachine):
    """Random people of two companies at work."""

    runner: asyncio.Runner
    world: World
    customers = Bundle("customers")
    complaints = Bundle("complaints")

    def __init__(self):
        super().__init__()
        self.firms = [self.run(self._open_firm()) for _ in range(2)]

    def run(self, coroutine):
        return self.runner.run(coroutine)

    async def _open_firm(self):
        tenant = await self.world.tenant()
        units = {code: await tenant.unit(code) for code in OUTLETS}
        callers = {code: await tenant.client(org_unit_id=unit) for code, unit in units.items()}
        callers["head-office"] = await tenant.client()
        return Firm(tenant, callers, await tenant.client("audit:read"), units)

    def ask(self, company, caller, method, path, **more):
        """The answer; 403 whatever is asked while the company is suspended."""
        answer = self.run(self.firms[company].callers[caller].request(method, path, **more))
        if self.firms[company].suspended:
            assert answer.status_code == 403, answer.text
            return None
        assert answer.status_code < 500, answer.text
        return answer

    @rule(target=customers, company=companies, caller=callers, number=numbers, name=names)
    def open_archive(self, company, caller, number, name):
        firm = self.firms[company]
        body = {"number": number, "name": name, "kind": "leader", "confidential": {"mobile": "13800138000"}}
        answer = self.ask(company, caller, "POST", "/api/v1/customers", json=body)
        if answer is None:
            return multiple()
        if number in {taken for _, taken, _ in firm.customers.values()}:
            assert answer.status_code == 409, answer.text
            return multiple()
        assert answer.status_code == 201, answer.text
        firm.customers[answer.json()["id"]] = (caller, number, name)
        return answer.json()["id"]

    @rule(company=companies, caller=callers, customer=customers)
    def look(self, company, caller, customer):
        firm = self.firms[company]
        answer = self.ask(company, caller, "GET", f"/api/v1/customers/{customer}")
        if answer is not None and firm.sees(caller, customer):
            assert (answer.status_code, answer.json()["number"]) == (200, firm.customers[customer][1])
            firm.reads[customer] = firm.reads.get(customer, 0) + 1
        elif answer is not None:
            assert answer.status_code == 404, answer.text

    @rule(company=companies, caller=callers, customer=customers, name=names)
    def rename(self, company, caller, customer, name):
        firm = self.firms[company]
        answer = self.ask(company, caller, "PATCH", f"/api/v1/customers/{customer}", json={"name": name})
        if answer is not None and firm.sees(caller, customer):
            assert answer.status_code == 200, answer.text
            firm.customers[customer] = (*firm.customers[customer][:2], name)
        elif answer is not None:
            assert answer.status_code == 404, answer.text

    @rule(company=companies, caller=callers, customer=customers, outlet=st.sampled_from(OUTLETS))
    def move(self, company, caller, customer, outlet):
        """To another outlet of the caller's company: files and walls move along."""
        firm = self.firms[company]
        body = {"org_unit_id": str(firm.units[outlet])}
        answer = self.ask(company, caller, "POST", f"/api/v1/customers/{customer}/assignment", json=body)
        if answer is None:
            return
        allowed = firm.sees(caller, customer) and caller in ("head-office", outlet)
        assert (answer.status_code == 201) == allowed, (answer.status_code, answer.text)
        if allowed:
            firm.customers[customer] = (outlet, *firm.customers[customer][1:])

    @rule(target=complaints, company=companies, caller=callers, customer=customers)
    def complain(self, company, caller, customer):
        firm = self.firms[company]
        body = {"text": "信号中断", "channel": "phone", "customer_id": customer}
        answer = self.ask(company, caller, "POST", "/api/v1/complaints", json=body)
        if answer is None:
            return multiple()
        if not firm.sees(caller, customer):
            assert answer.status_code in (404, 422), answer.text
            return multiple()
        assert answer.status_code == 201, answer.text
        firm.complaints[answer.json()["id"]] = customer
        return answer.json()["id"]

    @rule(company=companies, caller=callers, complaint=complaints)
    def look_at_complaint(self, company, caller, complaint):
        firm = self.firms[company]
        answer = self.ask(company, caller, "GET", f"/api/v1/complaints/{complaint}")
        if answer is not None:
            visible = complaint in firm.complaints and firm.sees(caller, firm.complaints[complaint])
            assert answer.status_code == (200 if visible else 404), answer.text

    @rule(company=companies, caller=callers)
    def search(self, company, caller):
        firm = self.firms[company]
        for query in ({}, {"q": "13800138000"}, {"q": "zhang"}):
            sent = ("POST", "/api/v1/customers/searches") if query else ("GET", "/api/v1/customers")
            given = {"json" if query else "params": {"limit": 200, **query}}
            answer = self.ask(company, caller, *sent, **given)
            if answer is not None:
                wanted = "张三丽" if query.get("q") == "zhang" else ""
                expected = {
                    i
                    for i, (_, _, name) in firm.customers.items()
                    if firm.sees(caller, i) and name != ERASED and wanted in name
                }
                assert {item["id"] for item in answer.json()["items"]} == expected

    @rule(company=companies, caller=callers)
    def list_complaints(self, company, caller):
        firm = self.firms[company]
        answer = self.ask(company, caller, "GET", "/api/v1/complaints", params={"limit": 200})
        if answer is not None:
            expected = {complaint for complaint, customer in firm.complaints.items() if firm.sees(caller, customer)}
            assert {item["id"] for item in answer.json()["items"]} == expected

    @rule(company=companies, customer=consumes(customers))
    def erase(self, company, customer):
        firm = self.firms[company]
        answer = self.ask(company, "head-office", "DELETE", f"/api/v1/customers/{customer}")
        if answer is not None and firm.sees("head-office", customer):
            assert answer.status_code == 204, answer.text
            firm.customers[customer] = (*firm.customers[customer][:2], ERASED)
        elif answer is not None:
            assert answer.status_code == 404, answer.text

    @rule(company=companies)
    def suspend_or_resume(self, company):
        firm = self.firms[company]
        self.run(self._set_suspended(firm.tenant.slug, not firm.suspended))
        firm.suspended = not firm.suspended

    async def _set_suspended(self, slug, suspended):
        connection = await asyncpg.connect(self.world.owner_url)
        try:
            if suspended:
                await registry.suspend(connection, slug, because="unpaid", now=self.world.clock())
            else:
                await registry.resume(connection, slug)
        finally:
            await connection.close()

    def teardown(self):
        """Each company's record names its own files only, and every full read that was answered."""
        for firm in self.firms:
            if firm.suspended:
                continue
            entries = self.run(self._entries(firm))
            named = {customer for entry in entries for customer in entry["customer_ids"]}
            others = {customer for other in self.firms if other is not firm for customer in other.customers}
            assert named.isdisjoint(others)
            for customer, count in firm.reads.items():
                read = [e for e in entries if e["action"] == "customer.read" and customer in e["customer_ids"]]
                assert len(read) == count

    async def _entries(self, firm):
        entries, cursor = [], {}
        while True:
            page = (await firm.auditor.get("/api/v1/audit-entries", params={"limit": 200, **cursor})).json()
            entries += page["items"]
            if not page["next"]:
                return entries
            cursor = {"cursor": page["next"]}


@pytest.mark.rule("S07-8", "S02-6")
def test_companies_and_outlets_see_what_the_model_says(database, packs, monkeypatch):
    # A server remembers a credential for two seconds; here a suspension counts at once.
    monkeypatch.setattr("guibin_tenants.remembering.REMEMBERED_FOR_S", 0.0)
    keyring.use_root_key(b"\x07" * 32)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    clock = TestClock()
    app = make_app(database.app, packs, clock)
    with pool_put_aside(), asyncio.Runner() as runner:
        lifespan = runner.run(_started(app))
        Companies.runner = runner
        Companies.world = World(app, packs, clock, database.owner, database.app, database.redis)
        try:
            run_state_machine_as_test(
                Companies,
                settings=settings(
                    max_examples=12,
                    stateful_step_count=25,
                    deadline=None,
                    report_multiple_bugs=False,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(lifespan.__aexit__(None, None, None))


async def _started(app):
    lifespan = LifespanManager(app)
    await lifespan.__aenter__()
    return lifespan
