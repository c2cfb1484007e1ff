"""OpenID Connect, code with PKCE: asking a provider and believing what it signed. Every request is made to a checked address.

Nothing is kept of a provider between two sign-ins: its keys are those it names at that moment.
"""

import secrets
from base64 import b64encode
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit
from uuid import UUID

import msgspec
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from msgspec import Struct

from guibin.outbound.carrier import carrier
from guibin_tenants.refusals import Conflict

ALGORITHMS = ("RS256", "PS256", "ES256", "ES384", "EdDSA")
# Clocks differ.
LEEWAY_S = 60
TOKEN_AGE_MAX_S = 600
_WITHIN_S = 10.0
_DISCOVERY = "/.well-known/openid-configuration"
_Kind = TypeVar("_Kind")
_JSON = {"Accept": "application/json"}


class ProviderFails(Conflict):
    """The company's provider did not answer as it should. Nobody is signed in; try again, or sign in with a password."""


class Provider(Struct, frozen=True):
    """Whose word it is, and under which number and secret the company is known there; what kind it is (`vendors.Kind`), and
    under which number the company itself is known to an enterprise chat."""

    id: UUID
    issuer: str
    client_id: str
    secret: str
    kind: str = "openid"
    corp_id: str = ""


class Documents(Struct, frozen=True):
    """What a provider says of itself (OpenID Connect Discovery 1.0)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    code_challenge_methods_supported: tuple[str, ...] = ()


class Discovered(Struct, frozen=True, kw_only=True):
    """What a provider answered just now: where it signs people in, where codes are redeemed, how it signs (`algorithms` of its
    keys that are believed here), and whether it says that it asks for the proof of a code (PKCE)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    keys: int
    algorithms: tuple[str, ...]
    proves_codes: bool


class Begun(Struct, frozen=True):
    """What goes to the provider by way of the browser, and what must come back."""

    state: str
    nonce: str
    verifier: str
    back_to: str


class _Tokens(Struct, frozen=True):
    id_token: str


async def documents_of(issuer: str) -> Documents:
    """Raises ProviderFails, also where it says that it is another."""
    found = await _read(issuer.rstrip("/") + _DISCOVERY, Documents)
    if found.issuer != issuer:
        raise ProviderFails("It calls itself by another name than the company wrote down")
    return found


async def discovered(issuer: str) -> Discovered:
    """What it says of itself and its keys. Raises ProviderFails."""
    documents = await documents_of(issuer)
    keys = (await _keys(documents)).keys
    kinds = {"RSA": ("RS256", "PS256"), "EC": ("ES256", "ES384"), "OKP": ("EdDSA",)}
    said = {alg for key in keys for alg in ([key.alg] if key.alg else kinds.get(key.key_type, ()))}
    return Discovered(
        issuer=documents.issuer,
        authorization_endpoint=documents.authorization_endpoint,
        token_endpoint=documents.token_endpoint,
        jwks_uri=documents.jwks_uri,
        keys=len(keys),
        algorithms=tuple(alg for alg in ALGORITHMS if alg in said),
        proves_codes="S256" in documents.code_challenge_methods_supported,
    )


def begin(state: str, back_to: str) -> Begun:
    """New secrets for one sign-in."""
    return Begun(state, secrets.token_urlsafe(32), secrets.token_urlsafe(48), back_to)


def address_of(documents: Documents, provider: Provider, begun: Begun, *, anew: bool = False) -> str:
    """Where the browser goes; `anew` asks that whoever is there proves it again, also where the provider knows them."""
    asked = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": begun.back_to,
        "scope": "openid profile email",
        "state": begun.state,
        "nonce": begun.nonce,
        "code_challenge": create_s256_code_challenge(begun.verifier),
        "code_challenge_method": "S256",
    }
    asked |= {"prompt": "login", "max_age": "0"} if anew else {}
    to = documents.authorization_endpoint
    return f"{to}{'&' if urlsplit(to).query else '?'}{urlencode(asked)}"


async def claims_of(provider: Provider, begun: Begun, code: str, *, now: datetime) -> dict[str, Any]:
    """What the provider says of whoever came back with the code. Raises ProviderFails for whatever is not signed by it, for us,
    for this very sign-in, just now."""
    documents = await documents_of(provider.issuer)
    token = await _token(documents, provider, begun, code)
    keys = await _keys(documents)
    try:
        signed = jwt.decode(token, keys, algorithms=list(ALGORITHMS))
        claims = dict(signed.claims)
        jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=LEEWAY_S,
            iss={"essential": True, "value": provider.issuer},
            aud={"essential": True, "value": provider.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": begun.nonce},
        ).validate(claims)
    except (JoseError, ValueError, TypeError, KeyError):
        raise ProviderFails("What it says is not signed by it, for this company and this sign-in") from None
    _refuse_others(claims, provider, now)
    return claims


def _refuse_others(claims: dict[str, Any], provider: Provider, now: datetime) -> None:
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    authorized = claims.get("azp", None if several else provider.client_id)
    old = int(now.timestamp()) - claims["iat"] > TOKEN_AGE_MAX_S + LEEWAY_S
    subject = claims["sub"]
    if authorized != provider.client_id or old or not _is_subject(subject):
        raise ProviderFails("What it says is for somebody else, or of some time ago")


def _is_subject(subject: object) -> bool:
    return isinstance(subject, str) and 0 < len(subject) <= 255 and "\x00" not in subject


async def _token(documents: Documents, provider: Provider, begun: Begun, code: str) -> str:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": begun.back_to,
        "code_verifier": begun.verifier,
    }
    headers = {**_JSON, "Content-Type": "application/x-www-form-urlencoded"}
    if "client_secret_basic" in documents.token_endpoint_auth_methods_supported:
        pair = f"{quote(provider.client_id, safe='')}:{quote(provider.secret, safe='')}"
        headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    else:
        form |= {"client_id": provider.client_id, "client_secret": provider.secret}
    answer = await carrier().post(
        documents.token_endpoint, urlencode(form).encode(), headers, timeout_s=_WITHIN_S, keeps_body=True
    )
    return _decoded(answer.body if answer.status == 200 else b"", _Tokens).id_token


async def _keys(documents: Documents) -> KeySet:
    said = await _read(documents.jwks_uri, dict[str, Any])
    try:
        return KeySet.import_key_set(said)  # type: ignore[arg-type]  # as it came
    except (JoseError, ValueError, TypeError, KeyError):
        raise ProviderFails("Its keys are not such as these") from None


async def _read(url: str, kind: type[_Kind]) -> _Kind:
    answer = await carrier().get(url, _JSON, timeout_s=_WITHIN_S)
    return _decoded(answer.body if answer.status == 200 else b"", kind)


def _decoded(body: bytes, kind: type[_Kind]) -> _Kind:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError):
        raise ProviderFails("It did not answer, or not as it should") from None
