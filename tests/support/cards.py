"""What tests of cards do: a head office, a branch and an outlet; members; cards asked for, made, shipped, issued."""

import itertools
from typing import Any

import httpx

from support import Company, World

IDENTITY = "11010519491231002X"
_numbers = itertools.count(1)


class CardDesk:
    """A company and its callers: `head`, `branch` and `outlet` by key, `manager` and `admin` who decide."""

    def __init__(self, tenant: Company, pack: str) -> None:
        self.tenant, self.pack = tenant, pack
        self.units: dict[str, str] = {}
        self.head: httpx.AsyncClient
        self.branch: httpx.AsyncClient
        self.outlet: httpx.AsyncClient
        self.other: httpx.AsyncClient

    async def post(self, path: str, body: dict[str, Any] | None = None, *, by: Any = None, status: int = 201) -> Any:
        """What the answer says; `by` is the head office unless said otherwise."""
        answer = await (by or self.head).post(f"/api/v1/{path}", json=body or {})
        assert answer.status_code == status, f"{answer.status_code} {answer.text}"
        return answer.json()

    async def get(self, path: str, *, by: Any = None, **params: str) -> Any:
        """What is there."""
        answer = await (by or self.head).get(f"/api/v1/{path}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def approve(self, approval_id: str, *, times: int = 0) -> None:
        """Every step said yes, or `times` of them, each by another key, as the company's own approval system would."""
        steps = (await self.get(f"approvals/{approval_id}"))["steps"]
        waiting = [step for step in steps if step.get("approved") is None]
        for _ in waiting[: times or None]:
            other = await self.tenant.client("approvals:decide", "approvals:read")
            await self.post(
                f"approvals/{approval_id}/decision", {"approved": True, "reason": "符合"}, by=other, status=200
            )

    async def request(self, kind: str, quantity: int, *, unit: str = "outlet") -> str:
        """An approved quantity request; its id."""
        body = {"kind": kind, "quantity": quantity, "reason": "发卡需要", "unit_id": self.units[unit]}
        asked = await self.post("card-requests", body)
        await self.approve(asked["approval_id"])
        return str(asked["id"])

    async def ship(self, kind: str, quantity: int, start: str, end: str, request: str | None, **more: Any) -> Any:
        """Dispatched; not yet received."""
        body = {
            "kind": kind,
            "quantity": quantity,
            "from_unit_id": self.units[start],
            "to_unit_id": self.units[end],
            "request_id": request,
        }
        return await self.post("card-shipments", body, **more)

    async def supply(self, kind: str, quantity: int) -> None:
        """So many cards in the outlet's stock, by the whole way down."""
        request = await self.request(kind, quantity)
        await self.post("card-batches", {"kind": kind, "quantity": quantity})
        for start, end in (("head-office", "branch"), ("branch", "outlet")):
            sent = await self.ship(kind, quantity, start, end, request)
            await self.post(f"card-shipments/{sent['id']}/receipt", {"received": quantity})

    async def stock(self, kind: str) -> dict[str, int]:
        """How many each unit has, by the unit's code."""
        codes = {unit: code for code, unit in self.units.items()}
        return {codes[row["unit_id"]]: row["quantity"] for row in await self.get("card-stocks", kind=kind)}

    async def balance(self, kind: str) -> dict[str, int]:
        """Where all cards of the kind are."""
        rows = await self.get("card-stocks/balances")
        found = next(row for row in rows if row["kind"] == kind)
        return {name: found[name] for name in ("made", "in_stock", "in_transit", "issued", "written_off")}

    async def customer(
        self, kind: str = "person", *, name: str = "王建国", unit: str = "outlet", **confidential: str
    ) -> str:
        """An archive of the outlet's; its id."""
        number = f"P{next(_numbers):04}"
        body = {"number": number, "kind": kind, "name": name, "org_unit_id": self.units[unit]}
        body |= {"confidential": confidential} if confidential else {}
        return str((await self.post("customers", body))["id"])

    async def consent(self, customer: str, purpose: str, answer: str = "granted") -> None:
        """What the customer says to the scheme."""
        await self.post(f"customers/{customer}/consents", {"purpose": purpose, "answer": answer})

    async def join(self, customer: str, scheme: str, tier: str) -> None:
        """The customer holds the tier from today, by an approved application."""
        body = {"customer_id": customer, "scheme": scheme, "tier": tier, "reason": "符合条件"}
        if scheme in ("personal_vip", "cooperative_vip"):
            body |= {"form": f"{scheme}_application", "answers": {"applies_voluntarily": True}}
        asked = await self.post("applications", body)
        await self.approve(asked["approval_id"])

    async def member(self, scheme: str = "personal", tier: str = "gold", **more: Any) -> str:
        """A person with an identity number on file who agreed and holds the tier."""
        customer = await self.customer(identity_number=IDENTITY, **more)
        await self.consent(customer, scheme)
        await self.join(customer, scheme, tier)
        return customer

    async def identified(self, customer: str, *, name: str = "王建国", number: str = IDENTITY, **more: Any) -> str:
        """A check of the customer's document; its id."""
        body = {"name": name, "number": number} | ({"field": more.pop("field")} if "field" in more else {})
        return str((await self.post(f"customers/{customer}/identity-checks", body, **more))["id"])

    async def apply(self, customer: str, kind: str, *, status: int = 201, **more: Any) -> Any:
        """Put up for a card, the document checked first."""
        body = {"customer_id": customer, "kind": kind, "reason": "申领", **more}
        if "identity_check_id" not in body:
            body["identity_check_id"] = await self.identified(customer)
        return await self.post("card-applications", body, status=status)

    async def approved(self, customer: str, kind: str, **more: Any) -> Any:
        """An approved application."""
        asked = await self.apply(customer, kind, **more)
        await self.approve(asked["approval_id"])
        return asked

    async def issue(self, application: Any, number: str = "", *, status: int = 201, by: Any = None, **more: Any) -> Any:
        """The card handed over at the outlet."""
        body = {"application_id": application["id"], "number": number or self.number(), **more}
        body.setdefault("unit_id", self.units["outlet"])
        if "identity_check_id" not in body:
            body["identity_check_id"] = await self.identified(application["customer_id"])
        return await self.post("cards", body, by=by, status=status)

    async def card(self, customer: str, kind: str, number: str = "", **more: Any) -> Any:
        """A card handed over and opened."""
        issued = await self.issue(await self.approved(customer, kind, **more), number)
        return await self.post(f"cards/{issued['id']}/activation")

    def number(self) -> str:
        """A card number with a right check digit."""
        body = f"62258801{next(_numbers):07}"
        doubled = [int(digit) * (1 if place % 2 else 2) for place, digit in enumerate(reversed(body))]
        return f"{body}{-sum(sum(divmod(value, 10)) for value in doubled) % 10}"

    async def look(self, card: Any) -> Any:
        """The card as it is now."""
        return await self.get(f"cards/{card['id']}")


async def open_card_desk(world: World, pack: str = "lounge") -> CardDesk:
    """A company with the pack: head office, a branch under it, an outlet under that, another outlet."""
    tenant = await world.tenant(packs=(pack,))
    desk = CardDesk(tenant, pack)
    await tenant.unit("branch")
    await tenant.unit("outlet", "branch")
    await tenant.unit("other", "branch")
    desk.head = await tenant.client()
    rows = (await desk.head.get("/api/v1/org-units")).json()
    desk.units = {row["code"]: row["id"] for row in (rows["items"] if isinstance(rows, dict) else rows)}
    for code in ("branch", "outlet", "other"):
        setattr(desk, code, await tenant.client(org_unit_id=tenant.units[code]))
    return desk
