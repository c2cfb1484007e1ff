"""`/api/v1/channels`, `/messages` and `/staff-addresses`."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, delete, get, post, put
from litestar.params import Parameter
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED, HTTP_204_NO_CONTENT
from msgspec import Struct

from guibin.audit.actions import AuditNote, record
from guibin.policy.packs import Policy
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin_tenants.principals import Principal, anyone, may, sees_all
from guibin_tenants.tables import new_id

from . import actions, channels, queries, staff_mail
from .providers import Parcel
from .queries import ChannelView, MessageView, MessageWithAttempts
from .requests import MessageFilter, NewAddress, NewChannel, NewTest

READ, WRITE = may("records:read"), may("records:write")
# Whoever sets up a channel decides where the numbers of all customers go.
CHANNELS = may("channels:write") & sees_all
State = Annotated[Literal["pending", "sent", "failed", "dropped"] | None, Parameter(query="state", default=None)]
Means = Annotated[Literal["sms", "email", "chat"] | None, Parameter(default=None)]


class TestSent(Struct, frozen=True):
    """The provider took it."""

    __test__ = False

    shown: str


class StaffAddressView(Struct, frozen=True):
    """Where somebody gets mail, masked; empty when there is none."""

    staff_id: UUID
    email: str


class ChannelController(Controller):
    path = "/api/v1/channels"
    tags = ("messages",)

    @get("/", needs=CHANNELS, summary="What messages go out through, without settings")
    async def list_channels(self) -> list[ChannelView]:
        return await queries.channels()

    @post("/", needs=CHANNELS, summary="Use a channel for its means, in place of the one before")
    async def write(self, data: NewChannel, by: Principal, now: datetime) -> ChannelView:
        return await channels.write(data, by=by, now=now)

    @get("/{channel_id:uuid}", needs=CHANNELS, summary="One channel")
    async def show(self, channel_id: UUID) -> ChannelView:
        return await queries.channel(channel_id)

    @delete("/{channel_id:uuid}", needs=CHANNELS, status_code=HTTP_204_NO_CONTENT, summary="Send nothing through it")
    async def remove(self, channel_id: UUID, by: Principal, now: datetime) -> None:
        await channels.remove(channel_id, by=by, now=now)

    @post("/{channel_id:uuid}/tests", needs=CHANNELS, status_code=HTTP_200_OK, summary="Send a test message at once")
    async def test(
        self,
        channel_id: UUID,
        data: NewTest,
        policy: Policy,
        language: str,
        by: Principal,
        now: datetime,
    ) -> TestSent:
        title, text = (policy.title(f"message.channel_test.{part}", language) for part in ("subject", "text"))
        parcel = Parcel(new_id(), data.to, title, text, now, data.kind, data.values)
        tested = await channels.test(channel_id, parcel, by=by, now=now)
        return TestSent(tested.shown)


class MessageController(Controller):
    path = "/api/v1/messages"
    tags = ("messages",)

    @get("/", needs=READ, summary="Messages, the latest first")
    async def list_messages(
        self,
        by: Principal,
        now: datetime,
        in_state: State = None,
        means: Means = None,
        customer_id: UUID | None = None,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[MessageView]:
        wanted = MessageFilter(customer_id=customer_id, state=in_state, means=means)
        page = page_of(
            await queries.messages(wanted, after=decode(cursor), limit=limit + 1),
            limit,
            lambda one: Cursor(one.created_at, one.id),
        )
        customers = tuple({one.customer_id for one in page.items if one.customer_id})
        note = AuditNote(action="message.search", subject="message", customer_ids=customers, shown=len(page.items))
        await record(note, by=by, now=now)
        return page

    @get("/{message_id:uuid}", needs=READ, summary="One message and every attempt")
    async def show(self, message_id: UUID, by: Principal, now: datetime) -> MessageWithAttempts:
        found = await queries.message(message_id)
        note = AuditNote(action="message.read", subject="message", subject_id=message_id, customer_id=found.customer_id)
        await record(note, by=by, now=now)
        return found

    @post(
        "/{message_id:uuid}/attempts",
        needs=WRITE,
        status_code=HTTP_202_ACCEPTED,
        summary="Try a message that failed once more",
    )
    async def send_again(self, message_id: UUID, by: Principal, now: datetime) -> MessageWithAttempts:
        return await actions.send_again(message_id, by=by, now=now)


class StaffAddressController(Controller):
    path = "/api/v1/staff-addresses"
    tags = ("messages",)

    @get("/{staff_id:uuid}", needs=anyone, summary="Where somebody gets mail, masked: oneself, or as an admin")
    async def show(self, staff_id: UUID, by: Principal) -> StaffAddressView:
        return StaffAddressView(staff_id, await staff_mail.address(staff_id, by=by))

    @put("/{staff_id:uuid}", needs=anyone, summary="Get notices by mail there")
    async def write(self, staff_id: UUID, data: NewAddress, by: Principal, now: datetime) -> StaffAddressView:
        return StaffAddressView(staff_id, await staff_mail.write_address(staff_id, data.email, by=by, now=now))

    @delete("/{staff_id:uuid}", needs=anyone, status_code=HTTP_204_NO_CONTENT, summary="Get no mail any more")
    async def remove(self, staff_id: UUID, by: Principal, now: datetime) -> None:
        await staff_mail.remove_address(staff_id, by=by, now=now)
