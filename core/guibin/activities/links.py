"""Links by which guests answer an invitation, and say afterwards how it was."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg

from guibin.web import signed_links
from guibin.web.signed_links import Link

Purpose = Literal["answer", "feedback"]
# What is shown at the door, as a code to be scanned.
_ADMISSION = "activity-admission"
PATHS: dict[Purpose, str] = {"answer": "/i/", "feedback": "/f/"}


async def path(invitation_id: UUID, expires_at: datetime, purpose: Purpose) -> str:
    """The address of the guest's own page."""
    return PATHS[purpose] + await signed_links.issue(invitation_id, expires_at, purpose=f"activity-{purpose}")


async def behind(link: Link, purpose: Purpose, statement: str, *, now: datetime) -> asyncpg.Record:
    """The row of a link that was made for this purpose. Raises UnknownLink, and SpentLink to whoever truly holds it."""
    return await signed_links.behind(link, statement, purpose=f"activity-{purpose}", now=now)


async def admission(invitation_id: UUID, expires_at: datetime) -> str:
    """What the guest shows at the door."""
    return await signed_links.issue(invitation_id, expires_at, purpose=_ADMISSION)


async def admitted(code: str, *, now: datetime) -> UUID | None:
    """The invitation that a code shown at the door is of; None for any other text."""
    link = signed_links.parse(code.strip())
    holds = link is not None and await signed_links.holds(link, purpose=_ADMISSION, now=now)
    return link.invitation_id if link is not None and holds else None
