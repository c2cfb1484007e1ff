"""Links by which guests answer an invitation, and say afterwards how it was."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from guibin.web import signed_links
from guibin.web.signed_links import Link

Purpose = Literal["answer", "feedback"]
PATHS: dict[Purpose, str] = {"answer": "/i/", "feedback": "/f/"}


async def path(invitation_id: UUID, expires_at: datetime, purpose: Purpose) -> str:
    """The address of the guest's own page."""
    return PATHS[purpose] + await signed_links.issue(invitation_id, expires_at, purpose=f"activity-{purpose}")


async def holds(link: Link, purpose: Purpose, *, now: datetime) -> bool:
    """True when the company in scope signed it for this purpose and it has not expired."""
    return await signed_links.holds(link, purpose=f"activity-{purpose}", now=now)
