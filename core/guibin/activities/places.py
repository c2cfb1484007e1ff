"""Places and the waiting list. Whoever calls these holds the lock on the activity's row.

In the queue counts who asked first; a party that does not fit lets the next one that does go ahead, so that no seat
stays empty while somebody waits.
"""

from datetime import datetime
from uuid import UUID

import asyncpg

from guibin.cases import Case
from guibin.context import Act
from guibin.entitlements import actions as entitlements
from guibin.jobs.actions import enqueue
from guibin.jobs.kinds import Job
from guibin.notices.actions import Notice, notify
from guibin_tenants.rows import change
from guibin_tenants.scope import ALL_UNITS, current_scope, execute, fetch, fetch_one

from .tables import ActivityPlace


class FillPlaces(Job, frozen=True):
    """Let the waiting move up, across all org units: whoever freed the place may not see who waits."""

    activity_id: UUID


async def fill(activity_id: UUID, *, now: datetime) -> int:
    """Give free places to those who wait, in order; how many invitations moved up.

    Within an org unit's wall it is left to a job that sees the whole queue. Nobody moves up once it has begun.
    """
    row = await fetch_one("select title, capacity, given, waiting, starts_at from activity where id = $1", activity_id)
    if row is None or not row["waiting"] or row["starts_at"] <= now:
        return 0
    if current_scope().units != ALL_UNITS:
        await enqueue(FillPlaces(activity_id), now=now)
        return 0
    free = None if row["capacity"] is None else row["capacity"] - row["given"]
    moved = 0
    for place in await _queue(activity_id):
        if free is not None and place["persons"] > free:
            continue
        free = None if free is None else free - place["persons"]
        await _give(place, activity_id, row["title"], now=now)
        moved += 1
    return moved


async def leave(place: asyncpg.Record, activity_id: UUID, act: Act, *, reason: str) -> None:
    """A place, or a place in the queue, is given up, and whoever waits moves up."""
    await let_go(place, act, reason=reason)
    given = place["persons"] if place["given_at"] is not None else 0
    await execute(
        "update activity set given = given - $2, waiting = waiting - $3 where id = $1",
        activity_id,
        given,
        0 if given else 1,
    )


async def let_go(place: asyncpg.Record, act: Act, *, reason: str) -> None:
    """The place ends, and what was reserved for it is free again."""
    await change(ActivityPlace, place["id"], left_at=act.now)
    if place["redemption_id"] is not None:
        await entitlements.reverse(place["redemption_id"], act, reason=reason)


async def _queue(activity_id: UUID) -> list[asyncpg.Record]:
    return await fetch(
        "select id, invitation_id, customer_id, persons from activity_place"
        " where activity_id = $1 and left_at is null and given_at is null order by asked_at, id",
        activity_id,
    )


async def _give(place: asyncpg.Record, activity_id: UUID, title: str, *, now: datetime) -> None:
    await change(ActivityPlace, place["id"], given_at=now)
    await execute(
        "update activity set given = given + $2, waiting = waiting - 1 where id = $1", activity_id, place["persons"]
    )
    notice = Notice(
        "activity_moved_up",
        Case("activity_invitation", place["invitation_id"], place["customer_id"]),
        roles=("account_manager",),
        details={"title": title},
    )
    await notify(notice, key=f"activity-moved-up/{place['id']}", now=now)
