"""`/api/v1/channels`, `/messages` and `/staff-addresses`."""

from uuid import UUID

from litestar import Controller, get, post, put
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED, HTTP_204_NO_CONTENT
from msgspec import Struct

from guibin.audit.actions import done, searched
from guibin.context import Act
from guibin.gateways.providers import Parcel
from guibin.sla.milestones import Case
from guibin.web.listing import PageAsked, from_query
from guibin.web.paging import Page
from guibin.web.routing import deletes, gets, posts
from guibin_tenants.principals import Principal, anyone, may, sees_all
from guibin_tenants.tables import new_id

from . import actions, channels, queries, staff_mail
from .queries import MESSAGES, MessageView, MessageWithAttempts
from .requests import MessageFilter, NewAddress, NewTest

READ, WRITE = may("records:read"), may("records:write")
# Whoever sets up a channel decides where the numbers of all customers go.
CHANNELS = may("channels:write") & sees_all


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
    list_channels = gets(
        "/", queries.channels, needs=CHANNELS, summary="What messages go out through, without settings"
    )
    write = posts(
        "/", channels.write, needs=CHANNELS, summary="Use a channel for its means, in place of the one before"
    )
    show = gets("/{channel_id:uuid}", queries.channel, needs=CHANNELS, summary="One channel")
    remove = deletes(
        "/{channel_id:uuid}",
        channels.remove,
        needs=CHANNELS,
        status_code=HTTP_204_NO_CONTENT,
        summary="Send nothing through it",
    )

    @post("/{channel_id:uuid}/tests", needs=CHANNELS, status_code=HTTP_200_OK, summary="Send a test message at once")
    async def test(self, channel_id: UUID, data: NewTest, act: Act) -> TestSent:
        title, text = (act.policy.title(f"message.channel_test.{part}", act.language) for part in ("subject", "text"))
        parcel = Parcel(new_id(), data.to, title, text, act.now, data.kind, data.values)
        tested = await channels.test(channel_id, parcel, act)
        return TestSent(tested.shown)


class MessageController(Controller):
    path = "/api/v1/messages"
    tags = ("messages",)

    @get("/", needs=READ, summary="Messages, the latest first", dependencies={"filters": from_query(MessageFilter)})
    async def list_messages(self, filters: MessageFilter, page: PageAsked, act: Act) -> Page[MessageView]:
        return await searched("message", await MESSAGES.page(filters, page, act), act)

    @get("/{message_id:uuid}", needs=READ, summary="One message and every attempt")
    async def show(self, message_id: UUID, act: Act) -> MessageWithAttempts:
        message = await queries.message(message_id)
        await done("read", Case("message", message_id, message.customer_id), act)
        return message

    send_again = posts(
        "/{message_id:uuid}/attempts",
        actions.send_again,
        needs=WRITE,
        status_code=HTTP_202_ACCEPTED,
        summary="Try a message that failed once more",
    )


class StaffAddressController(Controller):
    path = "/api/v1/staff-addresses"
    tags = ("messages",)

    @get("/{staff_id:uuid}", needs=anyone, summary="Where somebody gets mail, masked: oneself, or as an admin")
    async def show(self, staff_id: UUID, by: Principal) -> StaffAddressView:
        return StaffAddressView(staff_id, await staff_mail.address(staff_id, by=by))

    @put("/{staff_id:uuid}", needs=anyone, summary="Get notices by mail there")
    async def write(self, staff_id: UUID, data: NewAddress, act: Act) -> StaffAddressView:
        return StaffAddressView(staff_id, await staff_mail.write_address(staff_id, data.email, act))

    remove = deletes(
        "/{staff_id:uuid}",
        staff_mail.remove_address,
        needs=anyone,
        status_code=HTTP_204_NO_CONTENT,
        summary="Get no mail any more",
    )
