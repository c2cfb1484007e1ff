"""Where somebody is signed in, as they see and end it themselves."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from guibin.audit.actions import noted
from guibin.context import Act
from guibin_tenants import staff


class SessionView(Struct, frozen=True, kw_only=True):
    """One sign-in of yours: in what, from where, since when, when it was last used to the minute. `is_this` is the one that asks."""

    id: UUID
    device: str
    address: str
    created_at: datetime
    used_at: datetime
    expires_at: datetime
    is_this: bool


class Ended(Struct, frozen=True):
    """How many sessions ended."""

    ended: int


async def mine(digest: str, act: Act, now: datetime) -> list[SessionView]:
    """One's own sessions, the one used last first; `digest` is of the one that asks, `now` the real one."""
    return [
        SessionView(
            id=one.id,
            device=one.device,
            address=one.address,
            created_at=one.created_at,
            used_at=one.used_at,
            expires_at=one.expires_at,
            is_this=one.digest == digest,
        )
        for one in await staff.sessions_of(act.by.id, now=now)
    ]


async def end(session_id: UUID, act: Act) -> None:
    """End one of one's own. Raises NotFound."""
    await staff.end_own_session(session_id, act.by.id)
    await noted("session.end", act, subject="session", subject_id=session_id, shown=0)


async def end_others(digest: str, act: Act) -> Ended:
    """End all of one's own but the one that asks."""
    ended = await staff.end_other_sessions(act.by.id, but=digest)
    await noted("session.end", act, subject="session", subject_id=act.by.id, shown=ended)
    return Ended(ended)
