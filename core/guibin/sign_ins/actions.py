"""What an admin does about somebody's sign-ins: end one, or all of them."""

from uuid import UUID

from msgspec import Struct

from guibin.administration.actions import in_charge_of
from guibin.audit.actions import noted
from guibin.context import Act
from guibin_tenants import staff


class Ended(Struct, frozen=True):
    """How many sessions ended."""

    ended: int


async def end(staff_id: UUID, session_id: UUID, act: Act) -> None:
    """End one of somebody's sign-ins. Raises NotFound, Forbidden for somebody who holds more."""
    account = await in_charge_of(staff_id, act.by)
    await staff.end_own_session(session_id, account.id)
    await noted("staff.end_session", act, subject="staff", subject_id=account.id, shown=0)


async def end_all(staff_id: UUID, act: Act) -> Ended:
    """End all of somebody's sign-ins; browsers stay known. Raises NotFound, Forbidden for somebody who holds more."""
    account = await in_charge_of(staff_id, act.by)
    ended = await staff.end_other_sessions(account.id, but="")
    await noted("staff.end_session", act, subject="staff", subject_id=account.id, shown=0)
    return Ended(ended)
