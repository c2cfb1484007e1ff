"""Signing in by an enterprise chat: the requests that its table (`vendors.py`) names, one after the other, each to a checked address.

Kept between two sign-ins is the app's own token alone, in this process, for as long as the vendor says.
"""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

import msgspec
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from guibin.outbound.carrier import carrier
from guibin_tenants.refusals import Forbidden

from .oidc import Begun, Discovered, Provider, ProviderFails
from .vendors import VENDORS, Step, Vendor

_WITHIN_S = 10.0
# Asked for anew a little before the vendor forgets it.
_MARGIN = timedelta(minutes=5)
_LASTS_S_MAX = 7_200
_TEXT_MAX = 255
_DEPARTMENTS_MAX = 200
_JSON = {"Accept": "application/json", "Content-Type": "application/json; charset=utf-8"}
_kept: dict[UUID, tuple[str, datetime]] = {}


class NotOfTheCompany(Forbidden):
    """Your company's chat says that you do not work there, or does not let this service see you. Ask the company's admin."""


def address_of(provider: Provider, begun: Begun) -> str:
    """Where the browser goes."""
    vendor = VENDORS[provider.kind]
    return f"{vendor.page}?{urlencode(_filled(vendor.asks, _known(provider, begun)))}"


async def claims_of(provider: Provider, begun: Begun, code: str, *, now: datetime) -> dict[str, Any]:
    """What the company's chat says of whoever came back with the code.

    Raises NotOfTheCompany for whoever does not work there any more or is not shown to the app, and ProviderFails.
    """
    vendor = VENDORS[provider.kind]
    known: dict[str, Any] = _known(provider, begun) | {"code": code}
    for step in vendor.steps:
        known |= _learnt(vendor, step, await _asked(step, provider, known, now))
    for name, wanted in vendor.works_here.items():
        if known[name] is None:
            raise ProviderFails("It does not say whether they work there: the app may not read that")
        if known[name] != (wanted.format(**known) if isinstance(wanted, str) else wanted):
            raise NotOfTheCompany()
    departments = known["departments"] if isinstance(known["departments"], list) else []
    return {
        "sub": _text(known[vendor.subject]),
        "preferred_username": _text(known["userid"]).lower(),
        "name": _text(known["name"]),
        "departments": [str(each) for each in departments[:_DEPARTMENTS_MAX]],
    }


async def discovered(provider: Provider) -> Discovered:
    """Whether the vendor gives the app its token just now. Raises ProviderFails."""
    vendor = VENDORS[provider.kind]
    _learnt(vendor, vendor.app_token, await _said(vendor.app_token, _known(provider, Begun("", "", "", ""))))
    return Discovered(
        issuer=provider.issuer,
        authorization_endpoint=vendor.page,
        token_endpoint=vendor.app_token.url,
        jwks_uri="",
        keys=0,
        algorithms=(),
        proves_codes="code_challenge" in vendor.asks,
    )


async def _asked(step: Step, provider: Provider, known: dict[str, Any], now: datetime) -> dict[str, Any]:
    if not step.by_app:
        return await _said(step, known)
    said = await _said(step, known | {"app_token": await _token(provider, known, now)})
    if _refusal(said) in VENDORS[provider.kind].stale:
        _kept.pop(provider.id, None)
        said = await _said(step, known | {"app_token": await _token(provider, known, now)})
    return said


async def _token(provider: Provider, known: dict[str, Any], now: datetime) -> str:
    token, until = _kept.get(provider.id, ("", now))
    if until > now:
        return token
    vendor = VENDORS[provider.kind]
    learnt = _learnt(vendor, vendor.app_token, await _said(vendor.app_token, known))
    token, lasts_s = learnt["app_token"], learnt["lasts_s"]
    if not isinstance(token, str) or not token or not isinstance(lasts_s, int):
        raise ProviderFails("It gave the app no token")
    for gone in [key for key, (_, end) in _kept.items() if end <= now]:
        del _kept[gone]
    _kept[provider.id] = (token, now + timedelta(seconds=min(max(lasts_s, 0), _LASTS_S_MAX)) - _MARGIN)
    return token


async def _said(step: Step, known: dict[str, Any]) -> dict[str, Any]:
    """What it answers; HTTP 200 says nothing at these vendors. Raises ProviderFails where it is no answer of theirs."""
    url = step.url.format(**{name: quote(str(value), safe="") for name, value in known.items()})
    url += f"?{urlencode(_filled(step.query, known))}" if step.query else ""
    headers = _JSON | _filled(step.headers, known)
    if step.body is None:
        answer = await carrier().get(url, headers, timeout_s=_WITHIN_S)
    else:
        body = msgspec.json.encode(_filled(step.body, known))
        answer = await carrier().post(url, body, headers, timeout_s=_WITHIN_S, keeps_body=True)
    try:
        said = msgspec.json.decode(answer.body, type=dict[str, Any])
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError):
        raise ProviderFails("It did not answer, or not as it should") from None
    if answer.status != 200 and not _refusal(said):
        raise ProviderFails("It did not answer, or not as it should")
    return said


def _refusal(said: dict[str, Any]) -> int | str:
    """The code by which it refuses, 0 where it does not."""
    code = said.get("errcode") or said.get("code") or 0
    return code if isinstance(code, int | str) else -1


def _learnt(vendor: Vendor, step: Step, said: dict[str, Any]) -> dict[str, Any]:
    if refusal := _refusal(said):
        raise NotOfTheCompany() if refusal in vendor.gone else ProviderFails("It refused")
    learnt = {name: _at(said, path) for name, path in step.learns.items()}
    if step.names and not _text(learnt[step.names]):
        raise NotOfTheCompany()
    return learnt


def _at(said: Any, path: str) -> Any:
    for name in path.split("."):
        said = said.get(name) if isinstance(said, dict) else None
    return said


def _known(provider: Provider, begun: Begun) -> dict[str, Any]:
    return {
        "corp_id": provider.corp_id,
        "client_id": provider.client_id,
        "secret": provider.secret,
        "back_to": begun.back_to,
        "state": begun.state,
        "verifier": begun.verifier,
        "challenge": create_s256_code_challenge(begun.verifier),
    }


def _filled(wanted: dict[str, str], known: dict[str, Any]) -> dict[str, str]:
    return {name: text.format(**known) for name, text in wanted.items()}


def _text(value: Any) -> str:
    """A short text as it came; empty for whatever is none."""
    fits = isinstance(value, str) and 0 < len(value) <= _TEXT_MAX and value.isprintable()
    return value if fits else ""
