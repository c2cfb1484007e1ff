"""What callers send."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from guibin.gateways.aliyun import AliyunSettings
from guibin.gateways.robots import DingtalkSettings, FeishuSettings, WecomSettings
from guibin.gateways.signed_post import HttpSettings
from guibin.gateways.smtp import SmtpSettings
from guibin.gateways.tencent import TencentSettings
from guibin.policy.words import Line, Recipient, TemplateCode, Word, saying

from .tables import State

PerDay = Annotated[int, Meta(ge=0, le=1_000_000)]


class _NewChannel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="provider"):
    """A way out for one `means`; it takes the place of the one before."""

    name: Annotated[str, saying(60)]
    per_day_max: PerDay | None = None


class NewSmtpChannel(_NewChannel, frozen=True, kw_only=True, tag="smtp"):
    """Mail through a server of the company's."""

    means: Literal["email"]
    settings: SmtpSettings


class NewWecomChannel(_NewChannel, frozen=True, kw_only=True, tag="wecom"):
    """A WeCom group's robot."""

    means: Literal["chat"]
    settings: WecomSettings


class NewDingtalkChannel(_NewChannel, frozen=True, kw_only=True, tag="dingtalk"):
    """A DingTalk group's robot."""

    means: Literal["chat"]
    settings: DingtalkSettings


class NewFeishuChannel(_NewChannel, frozen=True, kw_only=True, tag="feishu"):
    """A Feishu group's robot."""

    means: Literal["chat"]
    settings: FeishuSettings


class NewAliyunChannel(_NewChannel, frozen=True, kw_only=True, tag="aliyun"):
    """Alibaba Cloud SMS."""

    means: Literal["sms"]
    settings: AliyunSettings


class NewTencentChannel(_NewChannel, frozen=True, kw_only=True, tag="tencent"):
    """Tencent Cloud SMS."""

    means: Literal["sms"]
    settings: TencentSettings


class NewHttpChannel(_NewChannel, frozen=True, kw_only=True, tag="http"):
    """Any other gateway, by one signed POST."""

    means: Literal["sms", "chat"]
    settings: HttpSettings


NewChannel = (
    NewSmtpChannel
    | NewWecomChannel
    | NewDingtalkChannel
    | NewFeishuChannel
    | NewAliyunChannel
    | NewTencentChannel
    | NewHttpChannel
)


class NewTest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to send a test message: an address or number of one's own, left out for a chat.

    `kind` and `values` choose and fill a template, where an SMS vendor keeps the texts.
    """

    to: Recipient = "nobody"
    kind: Word = "channel_test"
    values: Annotated[dict[TemplateCode, Line], Meta(max_length=20)] = {}


class NewAddress(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a member of staff gets mail."""

    email: Recipient


class MessageFilter(Struct, frozen=True, kw_only=True):
    """Which messages are asked for."""

    state: State | None = None
    means: Literal["sms", "email", "chat"] | None = None
    customer_id: UUID | None = None
