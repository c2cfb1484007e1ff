"""Deadlines of orders for cards, told to those who must hear of them (S12-8)."""

import asyncpg

from guibin.cases import Case
from guibin.events import DeadlineBreached, DeadlineEscalated, DeadlineWarned
from guibin.jobs.kinds import Run
from guibin.notices.actions import Notice
from guibin.notices.deadlines import KIND, Passed, of_row, tells

from .orders import SUBJECT


@of_row("select number, unit_id, ordered_by from card_order where id = $1")
async def concerned(order: asyncpg.Record, event: Passed, run: Run) -> Notice:
    """Whoever ordered, and the roles of the step at the head office."""
    return Notice(
        KIND[type(event)],
        Case(SUBJECT, event.subject_id),
        org_unit_id=order["unit_id"],
        roles=event.roles,
        staff_ids=(order["ordered_by"],),
        details={"number": order["number"]},
    )


tells(
    SUBJECT,
    concerned,
    jobs={
        DeadlineWarned: "card_stock.tell_order_due",
        DeadlineBreached: "card_stock.tell_order_late",
        DeadlineEscalated: "card_stock.tell_order_escalated",
    },
)
