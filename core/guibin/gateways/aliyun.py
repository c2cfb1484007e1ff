"""Alibaba Cloud SMS (阿里云短信服务): SendSms of 2017-05-25, signed by ACS3-HMAC-SHA256. Mainland and international numbers."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import msgspec

from guibin.policy.words import Secret, Token

from .providers import Parcel
from .templates import Approved, Filled, Vendor, provider
from .vendors import Call

HOST = "dysmsapi.aliyuncs.com"
ACTION, VERSION = "SendSms", "2017-05-25"
_ALGORITHM = "ACS3-HMAC-SHA256"
# Limits, balances and faults of the vendor's pass; these do not.
_FINAL = frozenset(
    {
        "InvalidAccessKeyId.NotFound",
        "SignatureDoesNotMatch",
        "isv.BLACK_KEY_CONTROL_LIMIT",
        "isv.INVALID_JSON_PARAM",
        "isv.INVALID_PARAMETERS",
        "isv.MOBILE_NUMBER_ILLEGAL",
        "isv.PARAM_LENGTH_LIMIT",
        "isv.PARAM_NOT_SUPPORT_URL",
        "isv.SMS_SIGNATURE_ILLEGAL",
        "isv.SMS_TEMPLATE_ILLEGAL",
        "isv.TEMPLATE_MISSING_PARAMETERS",
        "isv.TEMPLATE_PARAMS_ILLEGAL",
    }
)


class AliyunSettings(Approved, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A RAM user's access key that may send SMS and nothing else, the approved signature (签名) and templates."""

    access_key_id: Token
    access_key_secret: Secret


def request(settings: AliyunSettings, parcel: Parcel, number: str, text: Filled, *, nonce: str) -> Call:
    """The message's own id is `OutId`, by which the vendor's log names it."""
    query = canonical(
        {
            "OutId": parcel.message_id.hex,
            "PhoneNumbers": number.removeprefix("+"),
            "SignName": settings.sign_name,
            "TemplateCode": text.code,
            "TemplateParam": msgspec.json.encode(text.values).decode(),
        }
    )
    headers = {
        "host": HOST,
        "x-acs-action": ACTION,
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        "x-acs-date": parcel.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": nonce,
        "x-acs-version": VERSION,
    }
    signed = ";".join(headers)
    found = signature(query, headers, settings.access_key_secret)
    authorization = f"{_ALGORITHM} Credential={settings.access_key_id},SignedHeaders={signed},Signature={found}"
    del headers["host"]
    return Call(f"https://{HOST}/?{query}", b"", {**headers, "Authorization": authorization})


def signature(query: str, headers: Mapping[str, str], secret: str) -> str:
    """Of a POST without a body; `headers` in small letters and in order."""
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    canonical_request = "\n".join(("POST", "/", query, lines, ";".join(headers), headers["x-acs-content-sha256"]))
    text = f"{_ALGORITHM}\n{hashlib.sha256(canonical_request.encode()).hexdigest()}"
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def canonical(given: Mapping[str, str]) -> str:
    """A query as it is sent and signed: by name, everything but letters, digits and `-_.~` in percent."""
    return "&".join(f"{quote(name, safe='')}={quote(given[name], safe='')}" for name in sorted(given))


def _code(said: Mapping[str, Any]) -> str | None:
    code = said.get("Code")
    if not isinstance(code, str) or not code:
        return None
    return "" if code == "OK" else code


ALIYUN = provider(
    AliyunSettings,
    Vendor(
        host=HOST,
        request=lambda *asked: request(*asked, nonce=uuid4().hex),
        reading=_code,
        is_final=_FINAL.__contains__,
    ),
)
