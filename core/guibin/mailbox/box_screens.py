"""The company's mailboxes as whoever sets them up sees them: whether they work, why not, when mails were fetched last (S01-7)."""

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, Response, get
from msgspec import Meta, Struct

from guibin.console.commands import Command, Commands
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Outcome, Shell
from guibin.context import Act
from guibin.policy.words import Line, OneLine, Recipient, saying, up_to
from guibin_tenants import org_units
from guibin_tenants.principals import may, sees_all

from . import channels, queries
from .channels import TriedOut
from .queries import MailboxView
from .requests import ImapSettings, NewMailbox

MAILBOXES = may("channels:write") & sees_all
PATH, NAME = f"{PREFIX}/mailboxes", "mailbox.boxes"
ENTRIES = (Entry(title=f"{NAME}.title", path=PATH, icon="mail", needs=MAILBOXES, group="govern", order=75),)
_Port = Annotated[int, Meta(ge=1, le=65_535)]
_Tls = Literal["tls", "starttls", "none"]
_Pem = Annotated[str, up_to(20_000)]


class Server(Struct, frozen=True, kw_only=True):
    """Where mails are fetched from, as a form."""

    host: OneLine
    username: OneLine
    password: Annotated[str, up_to(200, 1)]
    port: _Port = 993
    tls: _Tls = "tls"
    folder: OneLine = "INBOX"
    ca: _Pem = ""

    @property
    def settings(self) -> ImapSettings:
        """As the API takes them."""
        return ImapSettings(
            host=self.host,
            username=self.username,
            password=self.password,
            port=self.port,
            tls=self.tls,
            folder=self.folder,
            ca=self.ca,
        )


class Setup(Server, frozen=True, kw_only=True):
    """A mailbox and its server, as a form."""

    name: Annotated[str, saying(60)]
    address: Recipient
    receiving_server: Line = ""


async def add(unit_id: UUID, new: Setup, act: Act) -> None:
    """As `channels.add`, for this org unit; the head office's mails are nobody's outlet's. Raises as it does."""
    head = await org_units.head_office()
    await channels.add(
        NewMailbox(
            name=new.name,
            address=new.address,
            org_unit_id=None if head is not None and head.id == unit_id else unit_id,
            receiving_server=new.receiving_server,
            imap=new.settings,
        ),
        act,
    )


async def change_server(mailbox_id: UUID, new: Server, act: Act) -> None:
    """As `channels.change_settings`."""
    await channels.change_settings(mailbox_id, new.settings, act)


async def _said(done: Sequence[TriedOut], shell: Shell) -> Outcome:
    return Outcome(done[0].said, stays=not done[0].works)


UNITS = Commands(NAME, "unit_id", f"{PATH}/units", Command(name="add", action=add, icon="plus"), needs=MAILBOXES)
BOXES = Commands(
    NAME,
    "mailbox_id",
    PATH,
    Command(name="try_out", action=channels.try_out, tells=_said),
    Command(name="fetch", action=channels.fetch_now),
    Command(name="server", action=change_server),
    Command(name="believe", action=channels.believe),
    Command(name="hold", action=channels.hold),
    Command(name="go_on", action=channels.go_on),
    Command(name="remove", action=channels.remove, danger=True),
    needs=MAILBOXES,
)


def offered(box: MailboxView) -> tuple[str, ...]:
    """What can be done to it now."""
    fetched = box.shown != ""
    return (
        *(("try_out",) if fetched else ()),
        *(("fetch", "hold") if fetched and box.paused_at is None else ()),
        *(("go_on",) if box.paused_at is not None else ()),
        "server",
        "believe",
        "remove",
    )


class MailboxScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=MAILBOXES)
    async def boxes(self, shell: Shell) -> Response[str]:
        head = await org_units.head_office()
        return shell.page(
            "mailbox/boxes.html",
            boxes=await queries.mailboxes(),
            names={unit.id: unit.name for unit in await org_units.all_units()},
            head=head,
            add=UNITS.allowed(shell, "add"),
            commands_of=lambda box: BOXES.allowed(shell, *offered(box)),
            of_unit=UNITS.address,
            of_box=BOXES.address,
            error_of=lambda box: shell.named(f"mailbox_error.{box.last_error}") if box.last_error else "",
        )

    ask_unit, do_unit = UNITS.handlers("/units/{unit_id:uuid}", needs=MAILBOXES)

    ask_box, do_box = BOXES.handlers("/{mailbox_id:uuid}", needs=MAILBOXES)
