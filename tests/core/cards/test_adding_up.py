"""Whatever is asked for, made, shipped, lost, returned, spoilt and issued, in whatever order and at once: it adds up."""

import asyncio
import logging

from asgi_lifespan import LifespanManager
from cards import open_card_desk
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from guibin_tenants import keyring
from support import TestClock, World, make_app, pool_put_aside

GOLD = "gold_card"
CHAIN = ("head-office", "branch", "outlet")
quantities = st.integers(1, 6)
legs = st.sampled_from(
    (("head-office", "branch"), ("branch", "outlet"), ("branch", "head-office"), ("outlet", "branch"))
)


class Cards(RuleBasedStateMachine):
    """A company's cards beside a model that only counts."""

    runner: asyncio.Runner
    world: World

    def __init__(self):
        super().__init__()
        self.made = self.issued = self.written_off = 0
        self.stock = dict.fromkeys(CHAIN, 0)
        self.coming: dict[str, tuple[str, str, int]] = {}  # shipment: from, to, quantity
        self.run(self._open())

    def run(self, coroutine):
        return self.runner.run(coroutine)

    async def _open(self):
        self.desk = await open_card_desk(self.world)
        self.request = await self.desk.request(GOLD, 100_000)
        self.waiting = [await self.desk.approved(await self.desk.member(), GOLD) for _ in range(3)]

    def ask(self, path, body):
        answer = self.run(self.desk.head.post(f"/api/v1/{path}", json=body))
        assert answer.status_code in (201, 409), answer.text
        return answer.json() if answer.status_code == 201 else None

    def shipment(self, start, end, quantity):
        down = CHAIN.index(start) < CHAIN.index(end)
        return {
            "kind": GOLD,
            "quantity": quantity,
            "from_unit_id": self.desk.units[start],
            "to_unit_id": self.desk.units[end],
            "request_id": self.request if down else None,
        }

    @rule(quantity=quantities)
    def make(self, quantity):
        assert self.ask("card-batches", {"kind": GOLD, "quantity": quantity})
        self.made += quantity
        self.stock["head-office"] += quantity

    @rule(leg=legs, quantity=quantities)
    def ship(self, leg, quantity):
        sent = self.ask("card-shipments", self.shipment(*leg, quantity))
        assert (sent is not None) == (self.stock[leg[0]] >= quantity)
        if sent:
            self.stock[leg[0]] -= quantity
            self.coming[sent["id"]] = (*leg, quantity)

    @rule(leg=legs, quantity=quantities, callers=st.integers(2, 4))
    def ship_at_once(self, leg, quantity, callers):
        """Several empty one stock at the same moment: as many get through as there are cards for."""
        body = self.shipment(*leg, quantity)

        async def all_at_once():
            return await asyncio.gather(
                *(self.desk.head.post("/api/v1/card-shipments", json=body) for _ in range(callers))
            )

        sent = [answer.json() for answer in self.run(all_at_once()) if answer.status_code == 201]
        assert len(sent) == min(callers, self.stock[leg[0]] // quantity)
        self.stock[leg[0]] -= quantity * len(sent)
        self.coming |= {one["id"]: (*leg, quantity) for one in sent}

    @precondition(lambda self: self.coming)
    @rule(missing=st.integers(0, 2), twice=st.booleans(), data=st.data())
    def receive(self, missing, twice, data):
        shipment = data.draw(st.sampled_from(sorted(self.coming)))
        _, end, quantity = self.coming.pop(shipment)
        missing = min(missing, quantity)
        body = {"received": quantity - missing, "reason": "清点"}
        assert self.ask(f"card-shipments/{shipment}/receipt", body)
        if twice:
            assert self.ask(f"card-shipments/{shipment}/receipt", body) is None
        self.stock[end] += quantity - missing
        self.written_off += missing

    @rule(unit=st.sampled_from(CHAIN), quantity=quantities, cause=st.sampled_from(("spoilt", "destroyed", "missing")))
    def write_off(self, unit, quantity, cause):
        body = {"kind": GOLD, "unit_id": self.desk.units[unit], "quantity": quantity, "cause": cause, "reason": "盘点"}
        gone = self.ask("card-write-offs", body)
        assert (gone is not None) == (self.stock[unit] >= quantity)
        if gone:
            self.stock[unit] -= quantity
            self.written_off += quantity

    @precondition(lambda self: self.waiting)
    @rule(unit=st.sampled_from(CHAIN))
    def issue(self, unit):
        application = self.waiting[-1]
        body = {
            "application_id": application["id"],
            "number": self.desk.number(),
            "unit_id": self.desk.units[unit],
            "identity_check_id": self.run(self.desk.identified(application["customer_id"])),
        }
        card = self.ask("cards", body)
        assert (card is not None) == (self.stock[unit] >= 1)
        if card:
            self.waiting.pop()
            self.stock[unit] -= 1
            self.issued += 1

    @invariant()
    def every_card_made_is_somewhere(self):
        in_transit = sum(quantity for _, _, quantity in self.coming.values())
        wanted = {
            "made": self.made,
            "in_stock": sum(self.stock.values()),
            "in_transit": in_transit,
            "issued": self.issued,
            "written_off": self.written_off,
        }
        if not self.made:
            return
        assert self.run(self.desk.balance(GOLD)) == wanted
        assert self.made == sum(wanted.values()) - self.made
        there = self.run(self.desk.stock(GOLD))
        assert {unit: there.get(unit, 0) for unit in CHAIN} == self.stock


def test_made_is_in_stock_in_transit_issued_or_written_off_whatever_happens(database, packs):
    keyring.use_root_key(b"\x07" * 32)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    clock = TestClock()
    app = make_app(database.app, packs, clock)
    with pool_put_aside(), asyncio.Runner() as runner:
        lifespan = runner.run(_started(app))
        Cards.runner = runner
        Cards.world = World(app, packs, clock, database.owner, database.app, database.redis)
        try:
            run_state_machine_as_test(
                Cards,
                settings=settings(
                    max_examples=4,
                    stateful_step_count=15,
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
