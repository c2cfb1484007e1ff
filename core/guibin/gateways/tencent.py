"""Tencent Cloud SMS (腾讯云短信): SendSms of 2021-01-11, signed by TC3-HMAC-SHA256. Mainland and international numbers."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from guibin.policy.words import Digits, Secret, Token

from .providers import Parcel
from .templates import Approved, Filled, Vendor, provider
from .vendors import JSON, Call

HOST = "sms.tencentcloudapi.com"
SERVICE, ACTION, VERSION = "sms", "SendSms", "2021-01-11"
_ALGORITHM = "TC3-HMAC-SHA256"
_SIGNED_HEADERS = "content-type;host"
# Limits, balances and faults of the vendor's pass; what begins like this does not.
_FINAL = (
    "AuthFailure",
    "FailedOperation.ContainSensitiveWord",
    "FailedOperation.PhoneNumberInBlacklist",
    "FailedOperation.SignatureIncorrectOrUnapproved",
    "FailedOperation.TemplateIncorrectOrUnapproved",
    "FailedOperation.TemplateParamSetNotMatch",
    "InvalidParameter",
    "MissingParameter",
    "UnauthorizedOperation",
    "UnsupportedOperation",
)


class TencentSettings(Approved, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sub-account's key that may send SMS and nothing else, the application, the approved signature and templates."""

    secret_id: Token
    secret_key: Secret
    sdk_app_id: Digits
    region: Literal["ap-guangzhou", "ap-beijing", "ap-nanjing"] = "ap-guangzhou"


def request(settings: TencentSettings, parcel: Parcel, number: str, text: Filled) -> Call:
    """The message's own id is the session, by which the vendor's log names it."""
    country = number if number.startswith("+") else f"+86{number}" if len(number) == 11 else f"+{number}"
    body = msgspec.json.encode(
        {
            "PhoneNumberSet": [country],
            "SmsSdkAppId": settings.sdk_app_id,
            "SignName": settings.sign_name,
            "TemplateId": text.code,
            "TemplateParamSet": list(text.values.values()),
            "SessionContext": parcel.message_id.hex,
        }
    )
    moment = int(parcel.at.timestamp())
    scope = f"{_day(moment)}/{SERVICE}/tc3_request"
    found = signature(body, moment, host=HOST, service=SERVICE, secret=settings.secret_key)
    headers = {
        "Content-Type": JSON,
        "X-TC-Action": ACTION,
        "X-TC-Version": VERSION,
        "X-TC-Region": settings.region,
        "X-TC-Timestamp": str(moment),
        "Authorization": f"{_ALGORITHM} Credential={settings.secret_id}/{scope},"
        f" SignedHeaders={_SIGNED_HEADERS}, Signature={found}",
    }
    return Call(f"https://{HOST}/", body, headers)


def signature(body: bytes, moment: int, *, host: str, service: str, secret: str) -> str:
    """Of a POST of JSON to the root of the host, at a moment in seconds."""
    headers = f"content-type:{JSON}\nhost:{host}\n"
    canonical = "\n".join(("POST", "/", "", headers, _SIGNED_HEADERS, hashlib.sha256(body).hexdigest()))
    day = _day(moment)
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"{_ALGORITHM}\n{moment}\n{day}/{service}/tc3_request\n{hashed}"
    key = _hmac(_hmac(_hmac(f"TC3{secret}".encode(), day), service), "tc3_request")
    return _hmac(key, text).hex()


def _day(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).date().isoformat()


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _code(said: Mapping[str, Any]) -> str | None:
    """Of the whole request, or of the one number in it."""
    answer = said.get("Response")
    if not isinstance(answer, dict):
        return None
    error, numbers = answer.get("Error"), answer.get("SendStatusSet")
    if error is None and isinstance(numbers, list) and len(numbers) == 1:
        error = numbers[0]
    code = error.get("Code") if isinstance(error, dict) else None
    if not isinstance(code, str) or not code:
        return None
    return "" if code == "Ok" else code


TENCENT = provider(
    TencentSettings,
    Vendor(host=HOST, request=request, reading=_code, is_final=lambda code: code.startswith(_FINAL)),
)
