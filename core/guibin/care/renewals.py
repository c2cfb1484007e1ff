"""Renewals: filtered every week, approved a week before the end, then carried out (S07-18)."""

from collections.abc import Collection
from datetime import date, timedelta
from uuid import UUID

from guibin.approvals import actions as approvals
from guibin.approvals.actions import Decided
from guibin.audit.actions import recorded
from guibin.cases import Case
from guibin.context import Act
from guibin.events import ArchiveEnds, at_once
from guibin.policy.approvals import ApprovalFlow, Facts
from guibin.policy.care import RenewalPolicy
from guibin.profiles import orders
from guibin.profiles.orders import ORDERS, order_of
from guibin.profiles.queries import customer_of, standing
from guibin.profiles.requests import NewOrder
from guibin.tiers.queries import tiers_of
from guibin_tenants.refusals import Conflict, Invalid
from guibin_tenants.rows import change, row_of
from guibin_tenants.scope import execute, fetch, fetch_one

from . import queries
from .queries import RUNS_OUT, RenewalView
from .requests import RenewedOrder
from .tables import Renewal

WEEK = timedelta(days=7)
# Why a renewal was withdrawn: a word for programs, the console has the sentence.
OVERTAKEN = "overtaken"
_OPEN = ["open", "waived"]


class NotApproved(Conflict):
    """The renewal is not approved, or was carried out already."""

    kind = "renewal-not-approved"


def filter_day(policy: RenewalPolicy, today: date) -> date:
    """The last day on which orders were to be filtered, today included: a filter missed is made up for."""
    return today - timedelta(days=(today.isoweekday() - policy.weekday) % 7)


def horizon(policy: RenewalPolicy, filtered_on: date) -> date:
    """Orders that end before this day are put up at this filter: the next one would be too late for them."""
    return filtered_on + timedelta(days=policy.lead_days) + WEEK


async def put_up(policy: RenewalPolicy, flow: ApprovalFlow, act: Act, *, today: date) -> list[UUID]:
    """Put up for approval what ends before the next filter could catch it in time; each order and end once.

    What was put up before and is overtaken by now no longer waits for anybody.
    """
    await withdraw_stale(act)
    filtered_on = filter_day(policy, today)
    rows = await fetch(
        "insert into renewal (id, customer_id, order_id, ends_on, state, reason, filtered_on, created_at)"
        " select gen_random_uuid(), o.customer_id, o.id, o.ends_on, 'asked', '', $3, $4"
        f" from {ORDERS} and {RUNS_OUT}"
        " where o.ends_on > $1 and o.ends_on < $2 on conflict (tenant_id, order_id, ends_on) do update"
        " set state = 'asked', reason = '', filtered_on = excluded.filtered_on where renewal.state = 'withdrawn'"
        " returning id, customer_id, order_id",
        today,
        horizon(policy, filtered_on),
        filtered_on,
        act.now,
    )
    for row in rows:
        customer = await standing(row["customer_id"])
        facts = await _facts(row["order_id"], customer.kind)
        approval_id = await approvals.ask(
            Case("renewal", row["id"], row["customer_id"]),
            act,
            flow=flow.under(facts, await tiers_of(row["customer_id"], on=act.today)),
            org_unit_id=customer.org_unit_id,
        )
        await change(Renewal, row["id"], approval_id=approval_id)
    return [row["id"] for row in rows]


async def _facts(order_id: UUID, kind: str) -> Facts:
    """What approval standards look at: price, period, kind (S07-17)."""
    order = await fetch_one("select price, ends_on - started_on as days from product_order where id = $1", order_id)
    known = {"amount": order["price"], "period_days": order["days"]} if order else {}
    return {"customer_kind": kind, **known}


async def withdraw_stale(act: Act, customer_ids: Collection[UUID] | None = None) -> int:
    """Withdraw renewals of orders that ended, end on another day or are followed already; how many."""
    rows = await fetch(
        "select n.id, n.approval_id, n.state from renewal n where n.state in ('asked', 'approved')"
        " and ($1::uuid[] is null or n.customer_id = any ($1)) and not exists ("
        f" select from {ORDERS} where o.tenant_id = n.tenant_id and o.id = n.order_id and o.ends_on = n.ends_on and {RUNS_OUT}) order by n.id",
        customer_ids,
    )
    for row in rows:
        if row["state"] == "asked":
            await approvals.lapse(row["approval_id"], act, reason=OVERTAKEN)
        await execute(
            "update renewal set state = 'withdrawn', reason = $2 where id = $1 and state in ('asked', 'approved')",
            row["id"],
            OVERTAKEN,
        )
    return len(rows)


@at_once(ArchiveEnds)
async def withdraw_with_archive(ends: ArchiveEnds, act: Act) -> None:
    """What was prepared for somebody who is served no more is withdrawn: renewals, reminders, care (S07-35).

    Prepared anew, it is open again once the customer is back; for one who is erased it is withdrawn for good.
    """
    for table, states in (("renewal", ["asked", "approved"]), ("reminder", _OPEN), ("care_task", _OPEN)):
        await execute(
            f"update {table} set state = 'withdrawn' where customer_id = $1 and state = any ($2)",
            ends.customer_id,
            states,
        )


@at_once(Decided, about="renewal")
async def renewal_decided(decided: Decided, act: Act) -> None:
    """Approved, or rejected with its reason."""
    await execute(
        "update renewal set state = $2, reason = $3 where id = $1",
        decided.subject_id,
        "approved" if decided.approved else "rejected" if decided.outcome == "rejected" else "withdrawn",
        decided.reason,
    )


async def carry_out(renewal_id: UUID, new: RenewedOrder, act: Act) -> RenewalView:
    """Open the order that follows without a gap. Raises NotApproved, Invalid, NotFound, NumberTaken, NumberUnusable."""
    row = await row_of(
        Renewal,
        renewal_id,
        "select n.customer_id, n.state, n.ends_on, o.product, o.ends_on = n.ends_on and "
        f" {RUNS_OUT} as stands from renewal n {order_of('o', 'n')} {customer_of('c', 'n')} where n.id = $1 for update of n",
    )
    if row["state"] != "approved":
        raise NotApproved(f"It is {row['state']}")
    if not row["stands"]:
        raise NotApproved("The order ended, ends on another day or is followed already")
    if new.ends_on <= row["ends_on"]:
        raise Invalid.at("ends_on", f"after {row['ends_on']}", value=new.ends_on.isoformat())
    following = NewOrder(
        number=new.number, product=row["product"], price=new.price, started_on=row["ends_on"], ends_on=new.ends_on
    )
    # Before the order is opened: it withdraws whatever else waits to follow the same one.
    await change(Renewal, renewal_id, state="renewed")
    opened = await orders.order(row["customer_id"], following, act)
    await change(Renewal, renewal_id, renewed_order_id=opened.id)
    return await recorded("carry_out", Case("renewal", renewal_id, row["customer_id"]), queries.RENEWALS, act)
