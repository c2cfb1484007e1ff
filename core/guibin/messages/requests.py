"""What callers send."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from .aliyun import AliyunSettings
from .robots import DingtalkSettings, FeishuSettings, WecomSettings
from .signed_post import HttpSettings
from .smtp import SmtpSettings
from .tencent import TencentSettings

_SAYS_SOMETHING = r"^[^\x00]*[^\x00\s][^\x00]*\Z"
Name = Annotated[str, Meta(min_length=1, max_length=60, pattern=_SAYS_SOMETHING)]
PerDay = Annotated[int, Meta(ge=0, le=1_000_000)]
To = Annotated[str, Meta(min_length=3, max_length=254, pattern=r"^[^\x00-\x20]+\Z")]


class _NewChannel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="provider"):
    """A way out for one `means`; it takes the place of the one before."""

    name: Name
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

    to: To = "nobody"
    kind: Annotated[str, Meta(max_length=60, pattern=r"^[a-z0-9_]+\Z")] = "channel_test"
    values: Annotated[dict[str, Annotated[str, Meta(max_length=200)]], Meta(max_length=20)] = {}


class NewAddress(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a member of staff gets mail."""

    email: To


class MessageFilter(Struct, frozen=True):
    """Which messages are asked for."""

    customer_id: UUID | None = None
    state: str | None = None
    means: str | None = None
