"""A company's channels: settings checked, sealed, opened for one attempt, and tested."""

from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from guibin.audit.actions import noted
from guibin.context import Act
from guibin.gateways.aliyun import ALIYUN
from guibin.gateways.providers import Outcome, Parcel, Provider
from guibin.gateways.robots import DINGTALK, FEISHU, WECOM
from guibin.gateways.signed_post import HTTP
from guibin.gateways.smtp import SMTP
from guibin.gateways.tencent import TENCENT
from guibin.outbound.gate import GATE
from guibin_tenants import keyring
from guibin_tenants.keyring import Place
from guibin_tenants.refusals import refuse
from guibin_tenants.rows import add, change
from guibin_tenants.scope import current_tenant, execute, fetch_one, one_at_a_time, step_outside
from guibin_tenants.tables import new_id

from . import queries
from .queries import ChannelView
from .refusals import TestRefused
from .requests import NewChannel
from .tables import MessageChannel

PROVIDERS: dict[str, Provider] = {
    "smtp": SMTP,
    "wecom": WECOM,
    "dingtalk": DINGTALK,
    "feishu": FEISHU,
    "aliyun": ALIYUN,
    "tencent": TENCENT,
    "http": HTTP,
}


class OpenChannel(Struct, frozen=True):
    """A channel with its settings in clear, for one attempt."""

    provider: str
    settings: Any
    per_day_max: int | None

    async def send(self, parcel: Parcel) -> Outcome:
        """Hand it to the provider."""
        return await PROVIDERS[self.provider].send(self.settings, parcel)


async def write(new: NewChannel, act: Act) -> ChannelView:
    """Use this channel for its means from now on. Raises Invalid naming each wrong setting, never what stood there."""
    name = str(new.__struct_config__.tag)
    provider = PROVIDERS[name]
    problems = provider.wrong(new.settings)
    refuse(problems, "The channel cannot be used")
    channel_id = new_id()
    # Two at once wait for each other here: the later one takes the place of the earlier.
    await one_at_a_time("/channels")
    await execute(
        "update message_channel set removed_at = $2 where means = $1 and removed_at is null", new.means, act.now
    )
    await add(
        MessageChannel,
        act,
        id=channel_id,
        name=new.name,
        means=new.means,
        provider=name,
        sealed=keyring.seal(await keyring.tenant_key(), _place(channel_id), msgspec.json.encode(new.settings).decode()),
        shown=provider.shown(new.settings)[:200],
        per_day_max=new.per_day_max,
    )
    await _note("channel.write", channel_id, act)
    return await queries.channel(channel_id)


async def remove(channel_id: UUID, act: Act) -> None:
    """Send nothing through it any more; its settings are forgotten. Raises NotFound."""
    await queries.channel(channel_id)
    await change(MessageChannel, channel_id, removed_at=act.now, sealed=b"")
    await _note("channel.remove", channel_id, act)


async def opened(means: str) -> OpenChannel | None:
    """The channel in use for this means; None without one."""
    row = await fetch_one(
        "select id, provider, sealed, per_day_max from message_channel where means = $1 and removed_at is null", means
    )
    if row is None or row["provider"] not in PROVIDERS:
        return None
    text = keyring.unseal(await keyring.tenant_key(), _place(row["id"]), bytes(row["sealed"]))
    settings = msgspec.json.decode(text, type=PROVIDERS[row["provider"]].settings)
    return OpenChannel(row["provider"], settings, row["per_day_max"])


async def test(channel_id: UUID, parcel: Parcel, act: Act) -> ChannelView:
    """Send one message through it at once, outside any transaction; that it was tried stays on record.

    Raises NotFound, TestRefused with the word for why, also when the company has too much under way.
    """
    view = await queries.channel(channel_id)
    if view.means == "chat":
        parcel = replace(parcel, to="")
    channel = await opened(view.means)
    await _note("channel.test", channel_id, act)
    company_id = current_tenant()
    async with step_outside(), GATE.passing(company_id, channel_id) as room:
        outcome = await channel.send(parcel) if room and channel else Outcome("no_channel" if room else "no_room")
    if outcome.error:
        raise TestRefused(f"{view.shown}: {outcome.error}")
    await change(MessageChannel, channel_id, tested_at=act.now)
    return view


async def _note(action: str, channel_id: UUID, act: Act) -> None:
    await noted(action, act, subject="message_channel", subject_id=channel_id)


def _place(channel_id: UUID) -> Place:
    return Place("message_channel", "sealed", channel_id)
