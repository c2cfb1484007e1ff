"""What the tests of packs do all the time: open archives, record facts, import files, assess, look."""

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from acting import acting

from guibin.context import Company as CompanyContext
from guibin.policies.queries import effective_policy
from guibin.profiles.importing import import_customers
from guibin.spreadsheets import mapping as mappings
from guibin.spreadsheets.importing import Imported
from guibin.tiers.importing import import_facts
from guibin.tiers.tables import Application
from guibin_tenants.rows import add
from support import Company, World

EXAMPLES = Path(__file__).parents[2] / "examples"


class Desk:
    """A company with one pack's defaults, and a caller who may do everything."""

    def __init__(self, tenant: Company, client: httpx.AsyncClient) -> None:
        self.tenant = tenant
        self.client = client

    async def customer(self, number: str, kind: str, **more: Any) -> str:
        """A new archive; its id."""
        body = {"number": number, "name": f"客户{number}", "kind": kind, **more}
        answer = await self.client.post("/api/v1/customers", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def fact(
        self, customer: str, metric: str, day: date | str, *, amount: str = "", value: int | None = None, **more: str
    ):
        """One fact: money as `amount`, a number of things as `value`; neither takes an earlier one back."""
        given: dict[str, Any] = {"customer_id": customer, "metric": metric, "occurred_on": str(day), **more}
        if amount:
            given["amount"] = {"amount": amount}
        else:
            given |= {"taken_back": True} if value is None else {"value": value}
        answer = await self.client.post("/api/v1/facts", json={"facts": [given]})
        assert answer.status_code == 201, answer.text

    async def consent(self, customer: str, purpose: str, answer: str = "granted") -> None:
        """The customer's answer to a purpose."""
        path = f"/api/v1/customers/{customer}/consents"
        given = await self.client.post(path, json={"purpose": purpose, "answer": answer})
        assert given.status_code == 201, given.text

    async def registered(self, customer: str, scheme: str) -> None:
        """An approved registration on file, as from before: an assessment may take the customer in (S13-6)."""
        now = self.tenant.world.clock()
        async with self.tenant.scope():
            await add(
                Application,
                acting(by=self.tenant.principal(), now=now),
                customer_id=UUID(customer),
                kind="tier",
                scheme=scheme,
                tier="",
                reason="登记",
                form={},
                time_zone="Asia/Shanghai",
                outcome="approved",
                decided_at=now,
            )

    async def assess(self, scheme: str, as_of: date | str, *, status: int = 201, **more: Any) -> Any:
        """Assess everybody."""
        body = {"scheme": scheme, "as_of": str(as_of), **more}
        answer = await self.client.post("/api/v1/assessments", json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def membership(self, customer: str, language: str = "en") -> Any:
        """What the customer holds, and why."""
        path = f"/api/v1/customers/{customer}/membership"
        answer = await self.client.get(path, headers={"Accept-Language": language})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def tier(self, customer: str, scheme: str) -> str | None:
        """The tier held today."""
        current = (await self.membership(customer))["current"]
        return next((held["tier"] for held in current if held["scheme"] == scheme), None)

    async def results(self, assessment_id: str) -> dict[str, Any]:
        """Every result of an assessment by the customer's id."""
        found: dict[str, Any] = {}
        cursor: dict[str, str] = {}
        while True:
            path = f"/api/v1/assessments/{assessment_id}/results"
            page = (await self.client.get(path, params={"limit": "200", **cursor})).json()
            found |= {row["customer_id"]: row for row in page["items"]}
            if not page["next"]:
                return found
            cursor = {"cursor": page["next"]}

    async def load(self, kind: str, file: Path, mapping: str) -> Imported:
        """Import customers or facts with a mapping that ships as an example."""
        view, now = self.tenant.view, self.tenant.world.clock()
        company = CompanyContext(view.id, view.slug, view.packs, view.time_zone, view.language, False)
        load = {"customers": import_customers, "facts": import_facts}[kind]
        async with self.tenant.scope():
            policy = await effective_policy(self.tenant.world.packs, company, at=now)
            return await load(
                file,
                mappings.load(EXAMPLES / mapping),
                acting(by=self.tenant.principal(), now=now, policy=policy, company=company),
            )

    async def numbers(self) -> dict[str, str]:
        """Every customer's id by number."""
        async with self.tenant.scope() as scope:
            rows = await scope.connection.fetch("select number, id from customer")
        return {row["number"]: str(row["id"]) for row in rows}


async def open_desk(world: World, *packs: str) -> Desk:
    """A new company with these packs."""
    tenant = await world.tenant(packs=packs)
    return Desk(tenant, await tenant.client())
