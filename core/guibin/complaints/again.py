"""The level that a complaint got when it was taken in, judged again. Changes nothing."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from guibin.context import Act
from guibin.hookspecs import ComplaintDraft
from guibin.profiles.queries import kinds_of
from guibin_tenants.rows import struct_of

from .levels import Draft, by_packs_or_policy, suggested
from .tables import Complaint, LevelBy


class Taken(Struct, frozen=True):
    """A complaint as it was taken in: `first` is the level it got then, `level_by` who or what gave it; without text when it was erased."""

    text: str
    channel: str
    customer_id: UUID | None
    level_by: LevelBy
    first: str
    recorded_at: datetime


async def taken(complaint_id: UUID) -> Taken:
    """Raises NotFound."""
    return await struct_of(
        Taken,
        Complaint,
        complaint_id,
        "from (select c.*, coalesce((select v.from_level from complaint_level_change v where v.tenant_id = c.tenant_id"
        " and v.complaint_id = c.id order by v.changed_at, v.id limit 1), c.level) as first from complaint c where c.id = $1) x",
    )


async def level(of: Taken, act: Act) -> str:
    """The level by the policy and the packs of `act`, and by its automations where one of them gave it; empty where that one gives
    none any more."""
    kind = (await kinds_of([of.customer_id])).get(of.customer_id) if of.customer_id else None
    if of.level_by == "automation":
        own = await suggested(Draft(of.text, of.channel, kind, of.customer_id), act)
        return own.level.name if own else ""
    judged = await by_packs_or_policy(act.policy.complaints, act.hooks, ComplaintDraft(of.text, of.channel, kind))
    return judged.level.name if judged.by == of.level_by else ""
