"""`/api/v1/mailboxes` and `/mails`: where mails are fetched from or handed over, and what the desk makes of each (S01-7)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Controller, Request, post
from litestar.openapi.spec import Operation, RequestBody
from litestar.openapi.spec.media_type import OpenAPIMediaType
from litestar.openapi.spec.schema import Schema
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from guibin.audit.answering import lists, reads
from guibin.cases.subjects import in_table
from guibin.context import Act
from guibin.files.api import TAKES_FILE, files_of
from guibin.files.subjects import Holder
from guibin.web.routing import deletes, gets, posts
from guibin_tenants.principals import may, sees_all

from . import actions, channels, queries
from .deadlines import SUBJECT
from .queries import FORM, LISTED, MailFilter, MailView
from .tables import Mail

READ, WRITE = may("records:read"), may("records:write")
# Whoever sets up a mailbox decides where the mails of all customers come from.
MAILBOXES = may("channels:write") & sees_all
HANDS_OVER = may("mails:write") & sees_all


@dataclass
class _TakesMail(Operation):
    """An operation whose body is a mail."""

    def __post_init__(self) -> None:
        mail = Schema(type="string")  # type: ignore[arg-type]  # the framework's enum of these words
        self.request_body = RequestBody({"message/rfc822": OpenAPIMediaType(mail)}, required=True)


class MailboxController(Controller):
    path = "/api/v1/mailboxes"
    tags = ("mails",)
    list_mailboxes = gets("/", queries.mailboxes, "Where mails come from, without settings", needs=MAILBOXES)
    add = posts(
        "/", channels.add, "Set up a mailbox; the secret of its door is shown once", needs=MAILBOXES, shown_once=True
    )
    show = gets("/{mailbox_id:uuid}", queries.mailbox, "One mailbox", needs=MAILBOXES)
    change_settings = posts(
        "/{mailbox_id:uuid}/settings", channels.change_settings, "Fetch from another server", needs=MAILBOXES
    )
    fetch_now = posts("/{mailbox_id:uuid}/fetches", channels.fetch_now, "Ask its server at once", needs=MAILBOXES)
    try_out = posts(
        "/{mailbox_id:uuid}/tests",
        channels.try_out,
        "Sign in at its server now and say what came of it",
        needs=MAILBOXES,
    )
    hold = posts("/{mailbox_id:uuid}/pause", channels.hold, "Leave its server alone", needs=MAILBOXES)
    go_on = deletes(
        "/{mailbox_id:uuid}/pause", channels.go_on, "Fetch again, at once", needs=MAILBOXES, status_code=HTTP_200_OK
    )
    believe = posts(
        "/{mailbox_id:uuid}/receiving-server",
        channels.believe,
        "Whose word on SPF, DKIM and DMARC is believed",
        needs=MAILBOXES,
    )
    remove = deletes(
        "/{mailbox_id:uuid}",
        channels.remove,
        "Fetch nothing more; the settings are forgotten",
        needs=MAILBOXES,
        status_code=HTTP_204_NO_CONTENT,
    )

    @post(
        "/{mailbox_id:uuid}/mails",
        needs=HANDS_OVER,
        summary="Hand over a mail as it is (message/rfc822), signed by Standard Webhooks",
        operation_class=_TakesMail,
        request_max_body_size=None,
        opt={TAKES_FILE: True},
    )
    async def arrive(self, mailbox_id: UUID, request: Request[Any, Any, Any], act: Act) -> MailView:
        return await actions.arrive(mailbox_id, await request.body(), request.headers, act)


class MailController(Controller):
    path = "/api/v1/mails"
    tags = ("mails",)
    list_mails = lists("/", LISTED, MailFilter, "Mails, newest first", recorded=SUBJECT)
    show = reads("/{mail_id:uuid}", FORM, "A mail with what was answered", SUBJECT)
    match = posts("/{mail_id:uuid}/match", actions.match, "Say whose mail it is")
    take = posts(
        "/{mail_id:uuid}/complaint",
        actions.take,
        "Make a complaint or an opinion of it",
        needs=WRITE & may("complaints:write"),
    )
    ask = posts("/{mail_id:uuid}/question", actions.ask, "Make it a question of the customer's")
    answer = posts("/{mail_id:uuid}/answers", actions.answer, "Answer the sender in the thread")
    dismiss = posts("/{mail_id:uuid}/dismissal", actions.dismiss, "Nothing comes of it, and why")
    blank = posts(
        "/{mail_id:uuid}/erasure",
        actions.blank,
        "Take away a stranger's words, address and files",
        needs=may("customers:erase"),
    )


MailFiles = files_of(
    __name__,
    Holder(
        subject=SUBJECT,
        whose=in_table(Mail),
        reads=READ,
        writes=WRITE,
        # What went on to a case with the mail.
        along="select m.subject_id from mail m where m.id = $subject_id",
    ),
    "/api/v1/mails/{mail_id:uuid}",
    "mails",
)
