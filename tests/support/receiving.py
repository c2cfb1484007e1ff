"""What tests of receptions do: bring a visit to a state, step by step over HTTP, and let deadlines fall due."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec

from guibin.context import Company as CompanyContext
from guibin.jobs.kinds import Run, handler_of
from guibin.policies.queries import effective_policy
from guibin.sla.sweep import fire_due
from guibin_tenants.authentication import system_principal
from guibin_tenants.scope import fetch
from support import Company

PATH = "/api/v1/receptions"
# Wednesday 4 March 2026, 10:00 in Shanghai: two days after the tests' clock.
ARRIVES = datetime(2026, 3, 4, 2, tzinfo=UTC)
PARTICULARS = {
    "guests": "张三丽女士,随行 2 人",
    "itinerary": "3 月 4 日上午抵达,下午返程",
    "activities": "参观展厅,座谈",
    "requirements": "不吃辣;<b>安静</b>房间",
}
PLAN = {
    "plan": "总经理迎接,参观展厅,座谈",
    "standard": "一号接待室,鲜花,茶歇",
    "itinerary": [
        {"at": "2026-03-04T10:00:00+08:00", "place": "正门", "what": "迎接"},
        {"at": "2026-03-04T10:30:00+08:00", "place": "展厅", "what": "参观"},
    ],
}


async def send(client: httpx.AsyncClient, path: str, body: dict[str, Any] | None = None, status: int = 201) -> Any:
    """POST, and the answer's body."""
    answer = await client.post(path, json=body or {})
    assert answer.status_code == status, answer.text
    return answer.json()


async def step(client: httpx.AsyncClient, reception: Any, what: str, body: Any = None, status: int = 201) -> Any:
    """One step of a reception."""
    return await send(client, f"{PATH}/{reception['id']}/{what}", body, status)


async def guest(client: httpx.AsyncClient, number: str = "G-1", **more: Any) -> str:
    """A guest is a customer of the archive; the id."""
    body = {"number": number, "name": "张三丽", "kind": "customer", **more}
    return str((await send(client, "/api/v1/customers", body))["id"])


async def received(client: httpx.AsyncClient, customer_id: str, **more: Any) -> Any:
    """News of a visit."""
    body = {"customer_id": customer_id, "source": "集团领导", "arrives_at": ARRIVES.isoformat(), **more}
    return await send(client, PATH, body)


async def decide(approver: httpx.AsyncClient, approval_id: str, *, approved: bool = True, status: int = 200) -> Any:
    """Approve or refuse."""
    path = f"/api/v1/approvals/{approval_id}/decision"
    return await send(approver, path, {"approved": approved, "reason": "" if approved else "不符合条件"}, status)


async def orders(client: httpx.AsyncClient, **wanted: Any) -> list[Any]:
    """The orders one sees."""
    answer = await client.get("/api/v1/reception-orders", params=wanted)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def tasks(client: httpx.AsyncClient, **wanted: Any) -> dict[str, Any]:
    """The tasks one sees, by name."""
    answer = await client.get("/api/v1/reception-tasks", params=wanted)
    assert answer.status_code == 200, answer.text
    return {one["name"]: one for one in answer.json()["items"]}


def kind(problem: Any) -> str:
    """What a refusal is called."""
    return str(problem["type"]).rpartition("/")[2]


def ahead(**amount: int) -> datetime:
    """So long before the arrival."""
    return ARRIVES - timedelta(**amount)


async def fall_due(tenant: Company, prefix: str) -> list[str]:
    """Fire what is due now and do the slice's work that follows, as sweep and worker would; the steps fired."""
    view, now = tenant.view, tenant.world.clock()
    company = CompanyContext(view.id, view.slug, view.packs, view.time_zone, view.language, view.simulated)
    async with tenant.scope():
        fired = await fire_due(now)
        policy = await effective_policy(tenant.world.packs, company, at=now)
        rows = await fetch("select id, kind, payload from job where kind like $1 order by id", f"{prefix}.%")
        for row in rows:
            handler = handler_of(row["kind"])
            assert handler is not None
            event = msgspec.json.decode(row["payload"], type=handler.payload)
            by = system_principal(name=row["kind"], job_id=row["id"])
            await handler.function(
                event,
                Run(
                    by=by,
                    now=now,
                    policy=policy,
                    company=company,
                    language=company.language,
                    job_id=row["id"],
                    attempt=1,
                    due_at=now,
                ),
            )
    return [f"{one.milestone.partition(':')[0]}/{one.step}" for one in fired]


async def told(tenant: Company, client: Any) -> list[str]:
    """The kinds of what a member of staff was told, in order."""
    async with tenant.scope():
        rows = await fetch("select kind from staff_notice where staff_id = $1 order by told_at, kind", client.staff_id)
    return [row["kind"] for row in rows]
