"""The ways out by page: mail, SMS and chat, set up by a form for each provider, tested, and how the week went."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, get
from msgspec import Struct
from msgspec.structs import replace

from guibin.console.commands import Command, Commands
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Outcome, Shell
from guibin.context import Act
from guibin.gateways.aliyun import AliyunSettings
from guibin.gateways.robots import DingtalkSettings, FeishuSettings, WecomSettings
from guibin.gateways.signed_post import HttpSettings
from guibin.gateways.smtp import SmtpSettings
from guibin.gateways.tencent import TencentSettings
from guibin.policy.words import Digits, Name, Recipient, Secret, SignName, Token, up_to
from guibin_tenants.refusals import Invalid

from . import channels, queries, requests
from .api import CHANNELS, send_test
from .queries import ChannelView
from .refusals import TestRefused
from .requests import NewTest, PerDay

PATH, NAME = f"{PREFIX}/channels", "messages.channels"
ENTRIES = (Entry(title=f"{NAME}.title", path=PATH, icon="send", needs=CHANNELS, group="govern", order=82),)
# What stands before the name of a setting where a channel is refused.
_SETTINGS = "settings."
Lines = Annotated[str, up_to(4_000, 1)]


class Smtp(SmtpSettings, frozen=True, kw_only=True):
    """A mail server, as a form."""

    name: Name
    per_day_max: PerDay | None = None


class Wecom(WecomSettings, frozen=True, kw_only=True):
    """A robot of WeCom, as a form."""

    name: Name
    per_day_max: PerDay | None = None


class Dingtalk(DingtalkSettings, frozen=True, kw_only=True):
    """A robot of DingTalk, as a form."""

    name: Name
    per_day_max: PerDay | None = None


class Feishu(FeishuSettings, frozen=True, kw_only=True):
    """A robot of Feishu, as a form."""

    name: Name
    per_day_max: PerDay | None = None


class Http(HttpSettings, frozen=True, kw_only=True):
    """Any other gateway, as a form."""

    name: Name
    per_day_max: PerDay | None = None


class Aliyun(Struct, frozen=True, kw_only=True):
    """SMS of Alibaba Cloud, as a form: a template in each line."""

    name: Name
    access_key_id: Token
    access_key_secret: Secret
    sign_name: SignName
    templates: Lines
    per_day_max: PerDay | None = None


class Tencent(Struct, frozen=True, kw_only=True):
    """SMS of Tencent Cloud, as a form: a template in each line."""

    name: Name
    secret_id: Token
    secret_key: Secret
    sdk_app_id: Digits
    sign_name: SignName
    templates: Lines
    per_day_max: PerDay | None = None


class Trial(Struct, frozen=True, kw_only=True):
    """Where a test message goes."""

    to: Recipient


class Tried(Struct, frozen=True):
    """What came of a test: `error` empty when the provider took it."""

    error: str = ""


def _templates(lines: str) -> list[dict[str, Any]]:
    """A line is a code, alone or before the kind of message and what it takes."""
    words = [line.split() for line in lines.splitlines() if line.strip()]
    return [{"code": line[0]} | ({"kind": line[1], "parameters": line[2:]} if line[1:] else {}) for line in words]


def _uses(provider: str, means: str, settings: type[Struct]) -> Callable[..., Awaitable[ChannelView]]:
    """An action that takes the provider's form. Raises as `channels.write`, naming the form's fields."""

    async def use(new: Struct, act: Act) -> ChannelView:
        given = msgspec.structs.asdict(new)
        kept = {name: given[name] for name in settings.__struct_fields__ if name in given}
        if "templates" in kept:
            kept["templates"] = _templates(kept["templates"])
        whole = {
            "provider": provider,
            "means": means,
            "name": given["name"],
            "per_day_max": given["per_day_max"],
            "settings": kept,
        }
        try:
            channel = msgspec.convert(whole, requests.NewChannel)
        except msgspec.ValidationError:
            raise Invalid.at("templates", "a code, or a code, a kind and what it takes") from None
        try:
            return await channels.write(channel, act)
        except Invalid as refusal:
            fields = tuple(replace(each, field=each.field.removeprefix(_SETTINGS)) for each in refusal.fields)
            raise Invalid(refusal.detail, fields=fields) from None

    return use


async def try_out(channel_id: UUID, new: Trial, act: Act) -> Tried:
    """As `channels.test`; a refusal is what came of it."""
    return await _tried(channel_id, NewTest(to=new.to), act)


async def try_chat(channel_id: UUID, act: Act) -> Tried:
    """As `channels.test`, to the chat's group."""
    return await _tried(channel_id, NewTest(), act)


async def _tried(channel_id: UUID, new: NewTest, act: Act) -> Tried:
    try:
        await send_test(channel_id, new, act)
    except TestRefused as refusal:
        return Tried(refusal.detail.rpartition(": ")[2])
    return Tried()


async def _said(done: Sequence[Tried], shell: Shell) -> Outcome:
    error = done[0].error
    if not error:
        return Outcome(shell.says(f"{NAME}.taken"))
    return Outcome(shell.says(f"{NAME}.refused", why=why(error, shell)), stays=True)


def why(error: str, shell: Shell) -> str:
    """Why a message did not go out, in words; a provider's own code as it is."""
    for place in (NAME, "webhooks"):
        if shell.studio.words.has(f"{place}.error.{error}"):
            return shell.says(f"{place}.error.{error}")
    return error


# Each provider's name, what it serves, its settings and its form.
_PROVIDERS: tuple[tuple[str, str, type[Struct], type[Struct]], ...] = (
    ("smtp", "email", SmtpSettings, Smtp),
    ("aliyun", "sms", AliyunSettings, Aliyun),
    ("tencent", "sms", TencentSettings, Tencent),
    ("http", "sms", HttpSettings, Http),
    ("wecom", "chat", WecomSettings, Wecom),
    ("dingtalk", "chat", DingtalkSettings, Dingtalk),
    ("feishu", "chat", FeishuSettings, Feishu),
    ("http", "chat", HttpSettings, Http),
)
MEANS: Mapping[str, tuple[str, ...]] = {
    means: tuple(f"{means}_{name}" for name, serves, *_ in _PROVIDERS if serves == means)
    for means in ("email", "sms", "chat")
}
SET_UP = Commands(
    NAME,
    "channel_id",
    f"{PATH}/ways",
    *(
        Command(name=f"{means}_{name}", action=_uses(name, means, settings), new=form)
        for name, means, settings, form in _PROVIDERS
    ),
    needs=CHANNELS,
)
USED = Commands(
    NAME,
    "channel_id",
    PATH,
    Command(name="try_out", action=try_out, tells=_said),
    Command(name="try_chat", action=try_chat, tells=_said),
    Command(name="remove", action=channels.remove, danger=True),
    needs=CHANNELS,
)


class ChannelScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=CHANNELS)
    async def ways(self, shell: Shell) -> Response[str]:
        return shell.page(
            "messages/channels.html",
            used={each.means: each for each in await queries.channels()},
            weeks=await queries.last_week(shell.act.now),
            means=MEANS,
            commands=SET_UP.known,
            set_up=lambda name: SET_UP.address(shell.act.company.id, name),
            of_used=USED.address,
            asks=USED.known,
            why=lambda error: why(error, shell),
        )

    ask_way, do_way = SET_UP.handlers("/ways/{channel_id:uuid}", needs=CHANNELS)
    ask_used, do_used = USED.handlers("/{channel_id:uuid}", needs=CHANNELS)
