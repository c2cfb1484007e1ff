"""Any other gateway: one signed POST of JSON to an address of the company's, by the rules of webhooks."""

import base64
import binascii

import httpx
import msgspec
from msgspec import Struct
from msgspec.structs import replace

from guibin.outbound import signing
from guibin.outbound.carrier import carrier
from guibin.outbound.targets import rules
from guibin.policy.words import PlainUrl, SigningKey
from guibin_tenants.refusals import FieldError

from . import providers
from .providers import Outcome, Parcel, Provider
from .vendors import JSON, failed, mainland

SECRET_BYTES_MIN = 24
# The gateway understood and will not: what it says about the moment (401, 404, 429, …) may pass.
_FINAL = frozenset({400, 410, 413, 415, 422})


class HttpSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`url` is public https, or a host the operator allows; `secret` (`whsec_…`, Standard Webhooks) signs each message."""

    url: PlainUrl
    secret: SigningKey


class Told(Struct, frozen=True):
    """What the gateway gets. `id` stays the same when a message is sent again; `to` is empty for a chat."""

    id: str
    kind: str
    to: str
    title: str
    text: str


def wrong(settings: HttpSettings) -> list[FieldError]:
    """What is wrong with them. An address may hold secrets, so it is not repeated."""
    problems = []
    problem = rules().problem(settings.url, field="settings.url")
    if problem is not None:
        problems.append(replace(problem, value=None))
    try:
        enough = len(base64.b64decode(settings.secret.removeprefix(signing.PREFIX), validate=True)) >= SECRET_BYTES_MIN
    except binascii.Error:
        enough = False
    if not enough:
        rule = f"whsec_ and at least {SECRET_BYTES_MIN} bytes in base64"
        problems.append(FieldError("settings.secret", rule, "let the gateway make one, or `openssl rand -base64 32`"))
    return problems


def shown(settings: HttpSettings) -> str:
    """The host alone: the rest may be secrets."""
    return httpx.URL(settings.url).host


async def send(settings: HttpSettings, parcel: Parcel) -> Outcome:
    """Never raises for what the gateway does. Any 2xx means that it took the message."""
    if parcel.to and mainland(parcel.to) is None:
        return Outcome("bad_number", final=True)
    told = Told(str(parcel.message_id), parcel.kind, parcel.to, parcel.title, parcel.text)
    body = msgspec.json.encode(told)
    headers = {
        "Content-Type": JSON,
        "User-Agent": "Guibin-Messages/1",
        **signing.headers(told.id, body, signed_with=[settings.secret], now=parcel.at),
    }
    answer = await carrier().post(settings.url, body, headers, timeout_s=providers.TIMEOUT_S)
    if answer.error:
        return failed(answer)
    if 200 <= answer.status < 300:
        return Outcome()
    return Outcome(f"http_{answer.status}", final=answer.status in _FINAL)


HTTP = Provider(HttpSettings, wrong, shown, send)
