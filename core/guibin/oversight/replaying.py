"""Any decision computed again from what is stored."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from guibin.context import Act

from . import case_replays, tier_replays
from .replays import Replay

Replayed = Callable[[UUID, Act], Awaitable[Replay | None]]
_REPLAYED: Mapping[str, Replayed] = {
    "membership": tier_replays.membership,
    "deadline": tier_replays.deadline,
    "complaint": case_replays.complaint,
    "approval": case_replays.approval,
    "redemption": case_replays.redemption,
}


async def of(kind: str, decision_id: UUID, act: Act) -> Replay | None:
    """None for what people decide: the level somebody gave or a script of the company's, a tier that was applied for. Raises NotFound."""
    return await _REPLAYED[kind](decision_id, act)
