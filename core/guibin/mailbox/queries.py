"""Mailboxes as they may be seen, and mails, the newest first."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from guibin.cases.followed import FOLLOWED, Followed
from guibin.messages.queries import of_message
from guibin.profiles.queries import called
from guibin.sla.queries import DeadlineLine, timer_of
from guibin.web.listing import Listing, newest_first
from guibin_tenants.principals import may
from guibin_tenants.rows import lines, many, struct_of
from guibin_tenants.scope import fetch_value

from .deadlines import MILESTONE, SUBJECT
from .tables import Mail, State
from .tables import Mailbox as Box


class MailboxView(Struct, frozen=True, kw_only=True):
    """A mailbox; its settings are not shown. `failing_since` is None while it works."""

    id: UUID
    name: str
    address: str
    org_unit_id: UUID | None
    shown: str
    receiving_server: str
    paused_at: datetime | None
    fetched_at: datetime | None
    next_at: datetime | None
    failures: int
    failing_since: datetime | None
    last_error: str
    written_by_name: str
    written_at: datetime


class MailView(Struct, frozen=True, kw_only=True):
    """A mail. `customer_id` is None until it is known whose it is; `subject` and `subject_id` are the case it belongs to."""

    id: UUID
    mailbox_id: UUID
    org_unit_id: UUID | None
    customer_id: UUID | None
    sender_masked: str
    sender_name: str
    title: str
    text: str
    quoted: str
    left_out: list[str]
    packed: list[str]
    automatic: str
    spf: str
    dkim: str
    dmarc: str
    state: State
    because: str
    subject: str
    subject_id: UUID | None
    follows_id: UUID | None
    sent_at: datetime | None
    arrived_at: datetime
    matched_by_name: str
    matched_at: datetime | None
    handled_by_name: str
    handled_at: datetime | None


class ReplyLine(Struct, frozen=True):
    """What goes out in its thread, and how that stands: pending, sent, failed or dropped."""

    id: UUID
    text: str
    written_by_name: str
    written_at: datetime
    state: str | None
    because: str | None


class MailLine(MailView, frozen=True, kw_only=True):
    """A mail with its customer's name."""

    customer_name: str | None


class MailForm(MailLine, frozen=True, kw_only=True):
    """A mail with what was answered and until when it waits."""

    replies: list[ReplyLine]
    deadlines: list[DeadlineLine]


class MailFilter(Struct, frozen=True, kw_only=True):
    """Which mails. `arrived_from` is inclusive, `arrived_before` exclusive."""

    state: State | None = None
    customer_id: UUID | None = None
    mailbox_id: UUID | None = None
    subject_id: UUID | None = None
    arrived_from: datetime | None = None
    arrived_before: datetime | None = None


# Mails of before had the names as one text; of a blanked mail nothing of them is left.
_LEFT_OUT = """case when jsonb_typeof(x.not_taken) = 'array' and x.not_taken <> '[]'::jsonb then x.not_taken
    when x.left_out <> '' then to_jsonb(string_to_array(x.left_out, '、')) else '[]'::jsonb end"""
LISTED = Listing(
    view=MailView,
    source="mail x",
    order=newest_first("x.arrived_at"),
    columns={
        "left_out": _LEFT_OUT,
        # Blanked, it is a text.
        "packed": "case when jsonb_typeof(x.packed) = 'array' then x.packed else '[]'::jsonb end",
    },
    filters={"arrived_from": "x.arrived_at >= $value", "arrived_before": "x.arrived_at < $value"},
)
LINES = LISTED.wider(MailLine, customer_name=called("x.customer_id"))
FORM = LINES.wider(
    MailForm,
    replies=lines(
        ReplyLine,
        f"from (select r.id, r.text, r.written_by_name, r.written_at, went.state, went.because from mail_reply r"
        f" {of_message('r.message_id')} where r.mail_id = x.id) reply order by written_at, id",
    ),
    deadlines=lines(DeadlineLine, f"from (select 1) one join {timer_of('x', MILESTONE)} order by started_at desc"),
)
# What customer $1 wrote and what went out in answer, whole, the first first.
SAID = """select number, said_at, direction, text from (
    select m.title as number, m.arrived_at as said_at, 'in' as direction, m.text from mail m where m.customer_id = $1
    union all select m.title, r.written_at, 'out', r.text from mail_reply r
        join mail m on m.tenant_id = r.tenant_id and m.id = r.mail_id where m.customer_id = $1
    ) said where text <> '' order by said_at, number"""
FOLLOWED.give(SUBJECT, Followed(may("records:read"), Mail, matter="title"))


async def mailboxes() -> list[MailboxView]:
    """Those in use, the oldest first."""
    return await many(MailboxView, "from mailbox where removed_at is null order by written_at, id")


async def mailbox(mailbox_id: UUID) -> MailboxView:
    """One in use. Raises NotFound."""
    return await struct_of(MailboxView, Box, mailbox_id, "from mailbox where removed_at is null and id = $1")


async def arrived_since(moment: datetime) -> int:
    """How many mails came since."""
    return int(await fetch_value("select count(*) from mail where arrived_at >= $1", moment))
