"""`/api/v1/channels`, `/messages` and `/staff-addresses`."""

from uuid import UUID

from litestar import Controller, get, post, put
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED, HTTP_204_NO_CONTENT
from msgspec import Struct

from guibin.audit.answering import lists, reads
from guibin.context import Act
from guibin.gateways.providers import Parcel
from guibin.web.routing import deletes, gets, posts
from guibin_tenants.principals import Principal, anyone, may, sees_all
from guibin_tenants.tables import new_id

from . import actions, channels, queries, staff_mail
from .queries import MESSAGES, ChannelView
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
    list_channels = gets("/", queries.channels, "What messages go out through, without settings", needs=CHANNELS)
    write = posts("/", channels.write, "Use a channel for its means, in place of the one before", needs=CHANNELS)
    show = gets("/{channel_id:uuid}", queries.channel, "One channel", needs=CHANNELS)
    remove = deletes(
        "/{channel_id:uuid}",
        channels.remove,
        "Send nothing through it",
        needs=CHANNELS,
        status_code=HTTP_204_NO_CONTENT,
    )

    @post("/{channel_id:uuid}/tests", needs=CHANNELS, status_code=HTTP_200_OK, summary="Send a test message at once")
    async def test(self, channel_id: UUID, data: NewTest, act: Act) -> TestSent:
        return TestSent((await send_test(channel_id, data, act)).shown)


async def send_test(channel_id: UUID, new: NewTest, act: Act) -> ChannelView:
    """A message that says what it is for goes out at once. Raises as `channels.test`."""
    title, text = (act.policy.title(f"message.channel_test.{part}", act.language) for part in ("subject", "text"))
    return await channels.test(channel_id, Parcel(new_id(), new.to, title, text, act.now, new.kind, new.values), act)


class MessageController(Controller):
    path = "/api/v1/messages"
    tags = ("messages",)
    list_messages = lists("/", MESSAGES, MessageFilter, "Messages, the latest first", recorded="message")
    show = reads("/{message_id:uuid}", queries.WITH_ATTEMPTS, "One message and every attempt", "message")
    send_again = posts(
        "/{message_id:uuid}/attempts",
        actions.send_again,
        "Try a message that failed once more",
        status_code=HTTP_202_ACCEPTED,
    )


class StaffAddressController(Controller):
    path = "/api/v1/staff-addresses"
    tags = ("messages",)

    @get("/{staff_id:uuid}", needs=anyone, summary="Where somebody gets mail, masked: oneself, or as an admin")
    async def show(self, staff_id: UUID, by: Principal) -> StaffAddressView:
        return StaffAddressView(staff_id, await staff_mail.address(staff_id, by=by))

    @put("/{staff_id:uuid}", needs=anyone, confirmed=True, summary="Get notices by mail there")
    async def write(self, staff_id: UUID, data: NewAddress, act: Act) -> StaffAddressView:
        return StaffAddressView(staff_id, await staff_mail.write_address(staff_id, data.email, act))

    remove = deletes(
        "/{staff_id:uuid}",
        staff_mail.remove_address,
        "Get no mail any more",
        needs=anyone,
        status_code=HTTP_204_NO_CONTENT,
    )
