"""Who looks at a case just now, and who is writing: kept in Valkey for as long as their page says so, and nowhere else.

Nothing confidential: ids of staff under the ids of a company and a case. Where there is no Valkey, nobody is shown.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import redis.asyncio
from msgspec import Struct
from redis.exceptions import RedisError

from guibin.cases import Case
from guibin_tenants.scope import refuse_waiting

# A page says again that it is there; who has not for so long is gone.
SAID_EVERY_S = 15
GONE_AFTER_S = 40
PEOPLE_MAX = 20
WITHIN_S = 0.5
Doing = Literal["looks", "writes", "leaves"]
_LOOKS, _WRITES = "looks", "writes"
_log = logging.getLogger("guibin.live")


class Place(Struct, frozen=True):
    """A company's case."""

    company_id: UUID
    case: Case


class Here(Struct, frozen=True):
    """Somebody else at the case."""

    staff_id: UUID
    writes: bool


class Seen(Struct, frozen=True):
    """Who else is there, and whether anything is different now for whoever looks at them."""

    others: Sequence[Here] = ()
    changed: bool = False


class Presence:
    """Everybody's presence, at the Valkey of `url`; without one nobody's."""

    def __init__(self, url: str) -> None:
        self._client = (
            redis.asyncio.Redis.from_url(
                url, socket_timeout=WITHIN_S, socket_connect_timeout=WITHIN_S, decode_responses=True
            )
            if url
            else None
        )

    async def say(self, place: Place, who: UUID, doing: Doing, *, now: datetime) -> Seen:
        """`who` is at the case, or leaves it. Waits for Valkey, and so never while a transaction is open."""
        if self._client is None:
            return Seen()
        refuse_waiting("Valkey")
        try:
            return await self._say(
                f"presence:{place.company_id}:{place.case.subject}:{place.case.id}", who, doing, now.timestamp()
            )
        except (RedisError, OSError, TimeoutError) as error:
            _log.warning("nobody's presence is shown: %s", type(error).__name__)
            return Seen()

    async def close(self) -> None:
        """Let go of its connections."""
        if self._client is not None:
            await self._client.aclose()

    async def _say(self, key: str, who: UUID, doing: Doing, now: float) -> Seen:
        assert self._client is not None
        places = {name: f"{key}:{name}" for name in (_LOOKS, _WRITES)}
        until = now + GONE_AFTER_S
        is_at = {_LOOKS: doing != "leaves", _WRITES: doing == "writes"}
        async with self._client.pipeline(transaction=True) as asked:
            for name, place in places.items():
                asked.zremrangebyscore(place, "-inf", now)
                asked.zadd(place, {str(who): until}) if is_at[name] else asked.zrem(place, str(who))
                asked.expire(place, GONE_AFTER_S)
                asked.zrange(place, 0, PEOPLE_MAX)
            done = await asked.execute()
        # zadd says how many are new, zrem how many there were.
        changed, looking, writing = any((done[0], done[1], done[4], done[5])), done[3], set(done[7])
        others = [Here(UUID(one), one in writing) for one in looking if one != str(who)]
        return Seen(others, changed)
