"""Open complaints go to whoever takes over, responsibility and all, and to the successor of a dissolved org unit."""

from datetime import datetime
from uuid import UUID

from guibin import events
from guibin.events import ComplaintHandedOver
from guibin.profiles.handed_cases import Cases, charge_cases
from guibin.profiles.handing_over import HandOver


async def tell(complaint_id: UUID, new: HandOver, now: datetime) -> None:
    """The successor hears of each."""
    told = ComplaintHandedOver(complaint_id=complaint_id, to_staff_id=new.to_id, to_unit_id=None)
    await events.record(told, now=now)


charge_cases(
    Cases(
        what="complaints",
        table="complaint",
        open="state <> 'closed'",
        hand_overs="complaint_hand_over",
        reference="complaint_id",
    ),
    tell=tell,
)
