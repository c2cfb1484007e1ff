"""Links by which customers answer a survey."""

from datetime import datetime
from uuid import UUID

import asyncpg

from guibin.web import signed_links
from guibin.web.signed_links import Link, parse

__all__ = ["PATH", "Link", "behind", "issue", "parse"]

PATH = "/s/"
PURPOSE = "survey-link"


async def issue(invitation_id: UUID, expires_at: datetime) -> str:
    """The token of an invitation, the same each time."""
    return await signed_links.issue(invitation_id, expires_at, purpose=PURPOSE)


async def behind(link: Link, statement: str, *, now: datetime) -> asyncpg.Record:
    """The row of a link. Raises UnknownLink, and SpentLink to whoever truly holds it."""
    return await signed_links.behind(link, statement, purpose=PURPOSE, now=now)
