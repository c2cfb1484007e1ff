"""Robots of enterprise chats: WeCom (企业微信), DingTalk (钉钉) and Feishu (飞书), which take a text for their group."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from guibin.policy.words import SecretIfAny, Token

from .providers import Outcome, Parcel, Provider, nothing_wrong
from .vendors import JSON, Call, fitting, hand_over

WECOM_HOST = "qyapi.weixin.qq.com"
DINGTALK_HOST = "oapi.dingtalk.com"
FEISHU_HOST = "open.feishu.cn"
# The key is not one of this vendor's, or the robot's own rules refuse: only the company mends that.
_WECOM_FINAL = frozenset({"40008", "44004", "93000"})
_DINGTALK_FINAL = frozenset({"300001", "300005", "310000", "400013", "400101", "400102", "430101", "430104"})
_FEISHU_FINAL = frozenset({"19001", "19002", "19021", "19022", "19024"})
# An empty secret leaves the robot's signature out; its other ways to know us are the company's to set up there.


class WecomSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`key` of the robot's address."""

    key: Token


class DingtalkSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`access_token` of the robot's address; `secret` (加签) signs each message."""

    access_token: Token
    secret: SecretIfAny = ""


class FeishuSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`token`, the last part of the robot's address; `secret` (签名校验) signs each message."""

    token: Token
    secret: SecretIfAny = ""


def wecom_call(settings: WecomSettings, parcel: Parcel) -> Call:
    """A text, at most 2,048 bytes of it."""
    url = f"https://{WECOM_HOST}/cgi-bin/webhook/send?{urlencode({'key': settings.key})}"
    return _call(url, {"msgtype": "text", "text": {"content": fitting(parcel.text, bytes_max=2_048)}})


def dingtalk_call(settings: DingtalkSettings, parcel: Parcel) -> Call:
    """A text, signed over the moment in milliseconds."""
    given = {"access_token": settings.access_token}
    if settings.secret:
        moment = str(int(parcel.at.timestamp() * 1000))
        signature = _hmac(settings.secret, f"{moment}\n{settings.secret}")
        given |= {"timestamp": moment, "sign": signature}
    url = f"https://{DINGTALK_HOST}/robot/send?{urlencode(given)}"
    return _call(url, {"msgtype": "text", "text": {"content": fitting(parcel.text, bytes_max=18_000)}})


def feishu_call(settings: FeishuSettings, parcel: Parcel) -> Call:
    """A text, signed over the moment in seconds. Its tags, which could call everybody, are plain text."""
    text = fitting(parcel.text, bytes_max=18_000).replace("<", "＜")
    body: dict[str, Any] = {"msg_type": "text", "content": {"text": text}}
    if settings.secret:
        moment = str(int(parcel.at.timestamp()))
        body |= {"timestamp": moment, "sign": _hmac(f"{moment}\n{settings.secret}", "")}
    return _call(f"https://{FEISHU_HOST}/open-apis/bot/v2/hook/{settings.token}", body)


async def send_wecom(settings: WecomSettings, parcel: Parcel) -> Outcome:
    """To the group of the robot."""
    return await hand_over(wecom_call(settings, parcel), reading=_errcode, is_final=_WECOM_FINAL.__contains__)


async def send_dingtalk(settings: DingtalkSettings, parcel: Parcel) -> Outcome:
    """To the group of the robot."""
    return await hand_over(dingtalk_call(settings, parcel), reading=_errcode, is_final=_DINGTALK_FINAL.__contains__)


async def send_feishu(settings: FeishuSettings, parcel: Parcel) -> Outcome:
    """To the group of the robot."""
    return await hand_over(feishu_call(settings, parcel), reading=_code, is_final=_FEISHU_FINAL.__contains__)


def _call(url: str, body: Mapping[str, Any]) -> Call:
    return Call(url, msgspec.json.encode(body), {"Content-Type": JSON})


def _hmac(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()


def _errcode(said: Mapping[str, Any]) -> str | None:
    return _number(said.get("errcode"))


def _code(said: Mapping[str, Any]) -> str | None:
    return _number(said.get("code", said.get("StatusCode")))


def _number(code: object) -> str | None:
    if not isinstance(code, int) or isinstance(code, bool):
        return None
    return str(code) if code else ""


WECOM = Provider(WecomSettings, nothing_wrong, lambda _: WECOM_HOST, send_wecom)
DINGTALK = Provider(DingtalkSettings, nothing_wrong, lambda _: DINGTALK_HOST, send_dingtalk)
FEISHU = Provider(FeishuSettings, nothing_wrong, lambda _: FEISHU_HOST, send_feishu)
