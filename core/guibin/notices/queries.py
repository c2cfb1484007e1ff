"""Reading one's own inbox."""

from datetime import datetime
from string import Template
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.policy.packs import Policy
from guibin.web.paging import Cursor
from guibin_tenants.scope import fetch, fetch_value


class NoticeView(Struct, frozen=True, kw_only=True):
    """One notice, in the reader's language."""

    id: UUID
    kind: str
    text: str
    subject: str
    subject_id: UUID
    customer_id: UUID | None
    told_at: datetime
    read_at: datetime | None


async def inbox(
    staff_id: UUID, *, unread: bool, after: Cursor | None, limit: int, policy: Policy, language: str
) -> list[NoticeView]:
    """The newest first."""
    rows = await fetch(
        "select id, kind, subject, subject_id, customer_id, details, told_at, read_at from staff_notice"
        " where staff_id = $1 and (not $2 or read_at is null)"
        " and ($3::timestamptz is null or (told_at, id) < ($3, $4::uuid))"
        " order by told_at desc, id desc limit $5",
        staff_id,
        unread,
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    return [
        NoticeView(
            id=row["id"],
            kind=row["kind"],
            text=text_of(row["kind"], row["details"], policy, language),
            subject=row["subject"],
            subject_id=row["subject_id"],
            customer_id=row["customer_id"],
            told_at=row["told_at"],
            read_at=row["read_at"],
        )
        for row in rows
    ]


async def unread_count(staff_id: UUID) -> int:
    """How many notices wait to be read."""
    found: int = await fetch_value(
        "select count(*) from staff_notice where staff_id = $1 and read_at is null", staff_id
    )
    return found


def text_of(kind: str, details: str, policy: Policy, language: str) -> str:
    """What a notice says, from the policy's text."""
    # A template knows names only: a text that a tenant writes cannot reach into our objects.
    wanted = Template(policy.title(f"notice.{kind}", language))
    return wanted.safe_substitute(msgspec.json.decode(details, type=dict[str, str]))
