"""Reading what happened since, as whoever listens may hear it."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from guibin.cases.followed import FOLLOWED, ON_BOARD, seen_in
from guibin_tenants.principals import Principal, wall_display
from guibin_tenants.rows import many
from guibin_tenants.scope import ALL_UNITS, fetch, fetch_one

# Of what was missed at most so many are told again; whoever missed more reads anew.
AGAIN_MAX = 500


class EventView(Struct, frozen=True):
    """Something happened: an event's or a recorded action's name, to what, when. What it was is read from the subject."""

    id: UUID
    type: str
    subject: str
    subject_id: UUID
    at: datetime


class Batch(Struct, frozen=True):
    """What is there to be told, and the transaction from which on the next look must begin to pass nothing over."""

    since: int
    happened: list[EventView]


class Resumed(Struct, frozen=True):
    """What was missed; None when that is not known any more, or too much."""

    since: int
    happened: list[EventView] | None


async def batch(since: int, most: int) -> Batch:
    """What transactions from `since` on wrote, of the whole company: rows may come again, none is passed over."""
    horizon = await horizon_now()
    found = await many(
        EventView, "from stream_event where recorded_in >= $1 order by recorded_in, id limit $2", since, most
    )
    return Batch(horizon, found)


async def horizon_now() -> int:
    """Every transaction below it has ended: what it wrote is to be seen."""
    row = await fetch_one("select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as horizon")
    assert row is not None
    return int(row["horizon"])


async def heard_by(by: Principal, happened: Iterable[EventView]) -> list[EventView]:
    """What of it `by` may hear: of subjects they may read, behind no wall of theirs, for nobody else. In a scope that
    stands where they stand."""
    told = [each for each in happened if _concerns(each, by)]
    if by.units == ALL_UNITS:
        return told
    asked: dict[str, set[UUID]] = defaultdict(set)
    for each in told:
        if FOLLOWED[each.subject].table is not None:
            asked[each.subject].add(each.subject_id)
    seen = {(subject, row["id"]) for subject, ids in asked.items() for row in await fetch(seen_in(subject), list(ids))}
    return [each for each in told if FOLLOWED[each.subject].table is None or (each.subject, each.subject_id) in seen]


async def missed(last: str, by: Principal) -> Resumed:
    """What happened after the event that was told as `last` (`Last-Event-ID`)."""
    since, _, event_id = last.partition("-")
    if not (since.isascii() and since.isdigit() and len(since) < 19) or not _is_id(event_id):
        return Resumed(await horizon_now(), None)
    known = await fetch_one("select from stream_event where id = $1", UUID(event_id))
    found = await batch(int(since), AGAIN_MAX)
    # Of another cluster, whose transactions have other numbers; or from before what is still kept.
    if known is None or int(since) > found.since or len(found.happened) == AGAIN_MAX:
        return Resumed(found.since, None)
    after = [each for each in found.happened if each.id != UUID(event_id)]
    return Resumed(found.since, await heard_by(by, after))


def _concerns(event: EventView, by: Principal) -> bool:
    if wall_display(by):
        return event.subject in ON_BOARD
    followed = FOLLOWED.get(event.subject)
    if followed is None or not followed.needs(by):
        return False
    return followed.table is not None or event.subject_id == by.person


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
