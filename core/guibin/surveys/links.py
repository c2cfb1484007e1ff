"""Links by which customers answer a survey."""

from datetime import datetime
from uuid import UUID

from guibin.web import signed_links
from guibin.web.signed_links import Link, parse

__all__ = ["PATH", "Link", "holds", "issue", "parse"]

PATH = "/s/"
_PURPOSE = "survey-link"


async def issue(invitation_id: UUID, expires_at: datetime) -> str:
    """The token of an invitation, the same each time."""
    return await signed_links.issue(invitation_id, expires_at, purpose=_PURPOSE)


async def holds(link: Link, *, now: datetime) -> bool:
    """True when the company in scope signed it and it has not expired."""
    return await signed_links.holds(link, purpose=_PURPOSE, now=now)
