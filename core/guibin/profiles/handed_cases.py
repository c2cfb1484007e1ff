"""Cases with an owner and a handler, such as complaints: handed over alike, each with its hand-over on record."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from guibin.context import Act
from guibin_tenants.scope import execute, fetch, fetch_value

from .handing_over import HandOver, charge, on_dissolution

Told = Callable[[UUID, HandOver, datetime], Awaitable[None]]


class Cases(Struct, frozen=True, kw_only=True):
    """A table of cases: what they are called, which are open (SQL), and where hand-overs are written under `reference`.

    The table has `owner_id`, `owner_name`, `handler_id`, `handler_unit_id` and `version`. `walled` hand-overs carry the
    customer's id.
    """

    what: str
    table: str
    open: str
    hand_overs: str
    reference: str
    walled: bool = False

    @property
    def theirs(self) -> str:
        """`$1` is whose they are, `$2` of which customers, null for all."""
        return (
            f"{self.open} and (owner_id = any ($1) or handler_id = any ($1))"
            " and ($2::uuid[] is null or customer_id = any ($2))"
        )


async def _tell_nobody(case_id: UUID, new: HandOver, now: datetime) -> None:
    return None


def charge_cases(cases: Cases, *, tell: Told = _tell_nobody) -> None:
    """Make the cases known: handed over to whoever takes over, and to the successor of a dissolved org unit.

    First-contact responsibility ends only here, where its owner is gone (S07-11). Clocks run on. `tell` records what the
    rest of the product hears of each.
    """

    async def count(from_ids: tuple[UUID, ...], customer_ids: tuple[UUID, ...] | None) -> int:
        open_cases: int = await fetch_value(
            f"select count(*) from {cases.table} where {cases.theirs}", list(from_ids), _listed(customer_ids)
        )
        return open_cases

    async def hand_over(new: HandOver, act: Act) -> int:
        rows = await fetch(
            f"select id from {cases.table} where {cases.theirs} order by id for update",
            list(new.from_ids),
            _listed(new.customer_ids),
        )
        ids = [row["id"] for row in rows]
        await _record(cases, ids, new, act)
        await execute(
            f"update {cases.table} set owner_name = case when owner_id = any ($2) then $4 else owner_name end,"
            " owner_id = case when owner_id = any ($2) then $3 else owner_id end,"
            " handler_id = case when handler_id = any ($2) then $3 else handler_id end, version = version + 1"
            " where id = any ($1)",
            ids,
            list(new.from_ids),
            new.to_id,
            new.to_name,
        )
        for case_id in ids:
            await tell(case_id, new, act.now)
        return len(ids)

    async def follow_unit(unit_id: UUID, successor_id: UUID, act: Act) -> None:
        await execute(
            f"update {cases.table} set handler_unit_id = $2, version = version + 1"
            f" where handler_unit_id = $1 and {cases.open}",
            unit_id,
            successor_id,
        )

    on_dissolution(follow_unit)
    charge(cases.what, count, hand_over, columns=(f"{cases.table}.owner_id", f"{cases.table}.handler_id"))


async def _record(cases: Cases, ids: list[UUID], new: HandOver, act: Act) -> None:
    walled = ("customer_id, ", "c.customer_id, ") if cases.walled else ("", "")
    await execute(
        f"insert into {cases.hand_overs} (id, {cases.reference}, {walled[0]}to_staff_id, reason, handed_by,"
        f" handed_by_name, handed_at) select gen_random_uuid(), c.id, {walled[1]}$2, $3, $4, $5, $6"
        f" from {cases.table} c where c.id = any ($1)",
        ids,
        new.to_id,
        new.reason,
        act.by.id,
        act.by.name,
        act.now,
    )


def _listed(customer_ids: tuple[UUID, ...] | None) -> list[UUID] | None:
    return None if customer_ids is None else list(customer_ids)
