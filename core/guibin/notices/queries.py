"""Reading one's own inbox."""

from datetime import datetime
from functools import cache
from string import Template
from uuid import UUID

import msgspec
from msgspec import Struct, structs

from guibin.audit.actions import searched
from guibin.cases.followed import FOLLOWED, matter_of
from guibin.context import Act
from guibin.notation.dates import worded
from guibin.policy.packs import Policy
from guibin.profiles.queries import called
from guibin.web.listing import Listing, PageAsked, newest_first
from guibin.web.paging import Page
from guibin_tenants.principals import may
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import fetch_value


class NoticeView(Struct, frozen=True, kw_only=True):
    """One notice, in the reader's language: what happened, to which customer, and the beginning of what the case is about; neither
    where the reader may not read it."""

    id: UUID
    kind: str
    text: str
    subject: str
    subject_id: UUID
    customer_id: UUID | None
    customer_name: str | None
    matter: str | None
    told_at: datetime
    read_at: datetime | None


class InboxFilter(Struct, frozen=True, kw_only=True):
    """All, or those that wait to be read."""

    unread: bool = False


MATTER_CHARS = 80
_READ = may("customers:read")


@cache
def _inbox() -> Listing[NoticeView]:
    """One's own, each with its figures where the text will stand. Made when all that tells of cases is known."""
    return Listing(
        view=NoticeView,
        source="staff_notice x",
        order=newest_first("x.told_at"),
        columns={
            "text": "x.details::text",
            "customer_name": called("x.customer_id"),
            "matter": matter_of("x.subject", "x.subject_id", MATTER_CHARS),
        },
        filters={"unread": "x.read_at is null"},
        holds="x.staff_id = $by",
    )


async def inbox(filters: InboxFilter, page: PageAsked, act: Act) -> Page[NoticeView]:
    """One's own notices, the newest first; whose names they show is on record."""
    found = await _inbox().page(filters, page, act)
    told = Page([_worded(notice, act) for notice in found.items], found.next)
    if any(notice.customer_name or notice.matter for notice in told.items):
        await searched("notice", told, act)
    return told


async def notice(notice_id: UUID, act: Act) -> NoticeView:
    """One of one's own, as it is found by whoever opens it: without a name. Raises NotFound."""
    found = await _inbox().where("x.id = $id and x.staff_id = $by", id=notice_id, by=act.by.id)
    if not found:
        raise NotFound(f"There is no notice {notice_id} for you")
    return structs.replace(found[0], customer_name=None, matter=None)


def _worded(notice: NoticeView, act: Act) -> NoticeView:
    of = FOLLOWED.get(notice.subject)
    return structs.replace(
        notice,
        text=text_of(notice.kind, notice.text, act.policy, act.language),
        customer_name=notice.customer_name if _READ(act.by) else None,
        matter=notice.matter if of is not None and of.needs(act.by) else None,
    )


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
    "signal": "signal",
    "task": "signal_task",
    "duty": "duty",
    "qualification": "staff_qualification",
    "tier": "tier",
    "automation": "automation",
    "flow": "approval",
    "invitation": "invitation",
    "inspection": "inspection",
    "criterion": "inspection_criterion",
    "review": "plan_review",
    "step": "step",
    "error": "mailbox_error",
    "keeper": "evidence_keeper",
    "failure": "checkpoint_failure",
}
# Those that are days and spans.
_SPANS = frozenset({"on", "span"})


def text_of(kind: str, details: str, policy: Policy, language: str) -> str:
    """What a notice says, from the policy's text; names without a word of their own stay as they are."""
    # A template knows names only: a text that a tenant writes cannot reach into our objects.
    template = Template(policy.title(f"notice.{kind}", language))
    given = msgspec.json.decode(details, type=dict[str, str])
    for detail in _SPOKEN.keys() & given.keys():
        key, scheme = f"{_SPOKEN[detail]}.{given[detail]}", given.get("scheme", "")
        if key in policy.texts or f"{scheme}/{key}" in policy.texts:
            given[detail] = policy.title(key, language, scheme=scheme)
    for detail in _SPANS & given.keys():
        given[detail] = worded(given[detail], language)
    return template.safe_substitute(given)


class ToldLine(Struct, frozen=True):
    """Who was told of something, and when."""

    name: str
    told_at: datetime


def told_of(subject_id: str, kind: str) -> str:
    """SQL after the columns of `ToldLine`: who was told of the matter of this id by a notice of the kind, the first first."""
    return (
        f"from staff_notice n join staff s on s.tenant_id = n.tenant_id and s.id = n.staff_id where n.subject_id = {subject_id}"
        f" and n.kind = '{kind}' order by n.told_at, s.name"
    )
