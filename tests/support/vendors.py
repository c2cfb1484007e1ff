"""The vendors of messages on loopback: their real names by TLS, one real receiver behind all of them."""

import contextlib
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import httpcore
from certificates import certificate
from receiver import Receiver, receiving

from guibin.gateways import aliyun, robots, tencent
from guibin.outbound.carrier import Carrier, use_carrier
from guibin.outbound.targets import Rules, use_rules

HOSTS = (robots.WECOM_HOST, robots.DINGTALK_HOST, robots.FEISHU_HOST, aliyun.HOST, tencent.HOST)
SECRET = "whsec_" + "c2VjcmV0" * 4
TEMPLATES = [{"code": "SMS_1"}, {"code": "SMS_2", "kind": "birthday", "parameters": ["name", "title"]}]
SETTINGS: dict[str, dict[str, Any]] = {
    "wecom": {"key": "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"},
    "dingtalk": {"access_token": "5a1b" * 16, "secret": "SEC" + "0f" * 32},
    "feishu": {"token": "2f6bd5a1-cc7a-4d33-9f0e-1a2b3c4d5e6f", "secret": "Sx9-canary_secret"},
    "aliyun": {
        "access_key_id": "LTAI5tCanaryCanary",
        "access_key_secret": "canary-access-key-secret",
        "sign_name": "贵宾服务",
        "templates": TEMPLATES,
    },
    "tencent": {
        "secret_id": "AKIDCanaryCanary",
        "secret_key": "canary-secret-key",
        "sdk_app_id": "1400006666",
        "sign_name": "贵宾服务",
        "templates": TEMPLATES,
    },
}
MEANS = {"wecom": "chat", "dingtalk": "chat", "feishu": "chat", "aliyun": "sms", "tencent": "sms", "http": "sms"}
# What each vendor answers when it took the message.
TAKEN: dict[str, Any] = {
    "wecom": {"errcode": 0, "errmsg": "ok"},
    "dingtalk": {"errcode": 0, "errmsg": "ok"},
    "feishu": {"code": 0, "msg": "success", "data": {}},
    "aliyun": {"Code": "OK", "Message": "OK", "BizId": "9006197469364984^0", "RequestId": "1"},
    "tencent": {"Response": {"SendStatusSet": [{"Code": "Ok", "Fee": 1}], "RequestId": "1"}},
}


def channel(provider: str, **changes: Any) -> dict[str, Any]:
    """The body that sets it up."""
    settings = SETTINGS[provider] | changes
    return {"name": provider, "means": MEANS[provider], "provider": provider, "settings": settings}


@contextlib.asynccontextmanager
async def vendors(folder: Path, *, also: Iterable[str] = ()) -> AsyncIterator[Receiver]:
    """Every vendor's host leads to this receiver; `also` are targets the operator allows."""
    server, trusted = certificate(folder, *HOSTS)
    async with receiving(server) as receiver:
        rules = Rules([*HOSTS, *also], resolver=loopback)
        use_rules(rules)
        use_carrier(Carrier(rules, trusted, ToReceiver(receiver.port)))
        try:
            yield receiver
        finally:
            use_rules(Rules())


class ToReceiver(httpcore.AnyIOBackend):
    """Port 443 is the receiver's; every other port is what it is."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.port = port

    async def connect_tcp(self, host: str, port: int, *rest: Any, **more: Any) -> httpcore.AsyncNetworkStream:
        return await super().connect_tcp(host, self.port if port == 443 else port, *rest, **more)


async def loopback(host: str, port: int) -> list[str]:
    """Every name is on this machine."""
    return ["127.0.0.1"]
