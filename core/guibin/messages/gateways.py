"""SMS gateways and enterprise chats through apprise."""

import asyncio
import logging
import re
import threading
from typing import Annotated
from urllib.parse import urlsplit

import apprise
from msgspec import Meta, Struct

from guibin.outbound.targets import rules
from guibin_tenants.refusals import FieldError

from .providers import TIMEOUT_S, Outcome, Parcel, Provider

NUMBER = "{number}"
# These call their vendor's own host and no other.
VENDORS = frozenset(
    {
        "clickatell",
        "d7sms",
        "dingtalk",
        "feishu",
        "lark",
        "msg91",
        "plivo",
        "pushplus",
        "schan",
        "slack",
        "twilio",
        "vonage",
        "wecombot",
        "wxpusher",
    }
)
# These call a host that stands in their address: only one that the operator allows.
GENERIC = frozenset({"json", "jsons", "form", "forms", "xml", "xmls"})
_NUMBER = re.compile(r"\+?[0-9]{5,20}")
# Parameters by which an address would loosen what holds for all.
_OWN_RULES = re.compile(r"[?&](redirect|verify|retry|wait|rto|cto)=", re.IGNORECASE)
_PORTS = {"s": 443, "": 80}

# What apprise and its client say about a request quotes numbers and texts. A filter, because whoever configures logging
# afterwards enables loggers and sets their levels again.
for _name in ("apprise", "urllib3.connectionpool", "urllib3"):
    logging.getLogger(_name).addFilter(lambda _: False)
_at_once = threading.BoundedSemaphore(8)


class GatewaySettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An address as apprise takes it, such as `wecombot://key` or `twilio://sid:token@from/{number}`."""

    address: Annotated[str, Meta(min_length=4, max_length=1_000, pattern=r"^[^\x00-\x20]+\Z")]


def wrong(settings: GatewaySettings) -> list[FieldError]:
    """What is wrong with the address. It holds secrets, so only its scheme is ever repeated."""
    scheme = _scheme(settings.address)
    if scheme not in VENDORS | GENERIC:
        known = ", ".join(sorted(VENDORS | GENERIC))
        return [FieldError("settings.address", "a provider that is known", f"one of {known}", scheme[:40])]
    if scheme in GENERIC and not _allowed(settings.address):
        fix = "have the operator name the gateway's host in GUIBIN_OUTBOUND_ALLOWED"
        return [FieldError("settings.address", "a host the operator allows", fix, scheme)]
    if _OWN_RULES.search(settings.address):
        return [
            FieldError(
                "settings.address",
                "an address that keeps certificates and redirects as they are",
                value=f"{scheme}://…",
            )
        ]
    if _plugin(settings.address.replace(NUMBER, "13800138000")) is None:
        return [FieldError("settings.address", f"an address as apprise describes {scheme}://", value=f"{scheme}://…")]
    return []


def shown(settings: GatewaySettings) -> str:
    """The provider alone: the rest are keys."""
    return f"{_scheme(settings.address)}://…"


async def send(settings: GatewaySettings, parcel: Parcel) -> Outcome:
    """Never raises for what the provider does. Apprise does not say why one refused, so it is tried again."""
    address = settings.address
    if wrong(settings):
        return Outcome("not_allowed", final=True)
    if NUMBER in address:
        if not _NUMBER.fullmatch(parcel.to):
            return Outcome("bad_number", final=True)
        address = address.replace(NUMBER, parcel.to.removeprefix("+"))
    try:
        async with asyncio.timeout(TIMEOUT_S):
            taken = await asyncio.to_thread(_notify, address, parcel)
    except TimeoutError:
        return Outcome("timeout")
    return Outcome() if taken else Outcome("refused")


def _notify(address: str, parcel: Parcel) -> bool:
    plugin = _plugin(address)
    if plugin is None or not _at_once.acquire(timeout=TIMEOUT_S):
        return False
    try:
        return bool(plugin.notify(body=parcel.text, title=parcel.title))
    except (OSError, ValueError, TypeError):
        return False
    finally:
        _at_once.release()


def _plugin(address: str) -> apprise.NotifyBase | None:
    # A redirect could lead inside, and apprise would keep files of its own.
    asset = apprise.AppriseAsset(
        http_redirects=False, storage_mode=apprise.PersistentStoreMode.MEMORY, app_id="Guibin", app_desc="", app_url=""
    )
    made = apprise.Apprise.instantiate(address, asset=asset, suppress_exceptions=True)
    return made if isinstance(made, apprise.NotifyBase) else None


def _allowed(address: str) -> bool:
    try:
        parts = urlsplit(address)
        port = parts.port or _PORTS["s" if parts.scheme.endswith("s") else ""]
    except ValueError:
        return False
    return bool(parts.hostname) and NUMBER not in (parts.hostname or "") and rules().allows(str(parts.hostname), port)


def _scheme(address: str) -> str:
    return address.partition("://")[0].lower()


GATEWAY = Provider(GatewaySettings, ("sms", "chat"), wrong, shown, send)
