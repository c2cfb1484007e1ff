"""A deadline that goes up the ladder: whom it comes to, and those who worked on the case."""

from datetime import datetime
from uuid import UUID

import msgspec

from guibin.events import DeadlineWarned
from guibin.sla.queries import levels_above

from .actions import Notice, notify


async def escalate(
    notice: Notice, event: DeadlineWarned, *, concerned: tuple[UUID, ...] = (), now: datetime
) -> tuple[UUID, ...]:
    """Tell the level that `notice.roles` name, or the next when everybody of it is away; who was told now.

    Whoever heard of this deadline before, because a level below was away or holds two roles, is not told again. Those
    `concerned` read that it went up, not that it came to them.
    """
    key = f"{event.timer_id}/{event.generation}"
    upward = msgspec.structs.replace(notice, otherwise=await levels_above(event.timer_id, event.due_at))
    told = await notify(upward, key=f"{key}/escalated", now=now)
    others = tuple(sorted(set(concerned) - set(told)))
    if told and others:
        passed = msgspec.structs.replace(notice, kind="deadline_passed_up", roles=(), staff_ids=others)
        await notify(passed, key=f"{key}/{event.step}", now=now)
    return told
