"""Reading one's own inbox."""

from datetime import datetime
from string import Template
from uuid import UUID

import msgspec
from msgspec import Struct, structs

from guibin.context import Act
from guibin.policy.packs import Policy
from guibin.web.listing import Listing, PageAsked, newest_first
from guibin.web.paging import Page
from guibin_tenants.scope import fetch_value


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


class InboxFilter(Struct, frozen=True, kw_only=True):
    """All, or those that wait to be read."""

    unread: bool = False


# One's own, each with its figures where the text will stand.
_INBOX = Listing(
    view=NoticeView,
    source="staff_notice x",
    order=newest_first("x.told_at"),
    columns={"text": "x.details::text"},
    filters={"unread": "x.read_at is null"},
    holds="x.staff_id = $by",
)


async def inbox(filters: InboxFilter, page: PageAsked, act: Act) -> Page[NoticeView]:
    """One's own notices, the newest first."""
    told = await _INBOX.page(filters, page, act)
    return Page([_worded(notice, act) for notice in told.items], told.next)


def _worded(notice: NoticeView, act: Act) -> NoticeView:
    return structs.replace(notice, text=text_of(notice.kind, notice.text, act.policy, act.language))


# SQL: how many notices wait to be read by the member of staff $1.
UNREAD = "select count(*) from staff_notice where staff_id = $1 and read_at is null"


async def unread_count(staff_id: UUID) -> int:
    """How many notices wait to be read."""
    count: int = await fetch_value(UNREAD, staff_id)
    return count


# Of a notice's details, those that are names in the policy, and under what their words stand there.
_SPOKEN = {
    "kind": "card",
    "outcome": "approval_outcome",
    "result": "callback_outcome",
    "level": "complaint_level",
    "channel": "channel",
    "means": "means",
}


def text_of(kind: str, details: str, policy: Policy, language: str) -> str:
    """What a notice says, from the policy's text; names without a word of their own stay as they are."""
    # A template knows names only: a text that a tenant writes cannot reach into our objects.
    template = Template(policy.title(f"notice.{kind}", language))
    given = msgspec.json.decode(details, type=dict[str, str])
    for detail in _SPOKEN.keys() & given.keys():
        key = f"{_SPOKEN[detail]}.{given[detail]}"
        if key in policy.texts:
            given[detail] = policy.title(key, language)
    return template.safe_substitute(given)
