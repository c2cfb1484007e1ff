"""What a passkey proves: a signature over a challenge that is good once, asked for by a page of ours, from whoever its
authenticator knows by a finger, a face or a PIN. So one of them alone is two factors."""

import json
import struct
from datetime import datetime
from uuid import UUID

import webauthn
from msgspec import Struct
from webauthn.helpers import (
    base64url_to_bytes,
    options_to_json,
    parse_authentication_credential_json,
    parse_client_data_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from . import passkeys
from .access import access_changed
from .passkeys import PasskeySeen, Purpose
from .rows import add
from .scope import current_tenant, execute, fetch, fetch_one, fetch_value

# What a made-up credential breaks on its way through the parsers of the library.
_UNREADABLE = (
    WebAuthnException,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    RecursionError,
    struct.error,
    EOFError,
)


class Site(Struct, frozen=True):
    """Where passkeys hold: the domain they are bound to, and the address whose pages may ask for them."""

    domain: str
    origin: str


class Holder(Struct, frozen=True):
    """Whose passkey is to be made, as their device shows it."""

    staff_id: UUID
    login: str
    name: str
    company: str


async def asked_to_make(holder: Holder, site: Site, *, now: datetime) -> str:
    """What a browser is asked, as JSON, to make a passkey. Raises TooManyPasskeys."""
    kept = await _credentials(holder.staff_id)
    if len(kept) >= passkeys.KEPT_MAX:
        raise passkeys.TooManyPasskeys()
    options = webauthn.generate_registration_options(
        rp_id=site.domain,
        rp_name=holder.company,
        user_id=_handle(holder.staff_id),
        user_name=holder.login,
        user_display_name=holder.name,
        challenge=await passkeys.challenge("register", holder.staff_id, now),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=kept,
    )
    return options_to_json(options)


async def asked_to_sign(staff_id: UUID | None, site: Site, purpose: Purpose, *, now: datetime) -> str:
    """What a browser is asked, as JSON, to sign for this with a passkey of this account, or of whoever has one there for None."""
    options = webauthn.generate_authentication_options(
        rp_id=site.domain,
        challenge=await passkeys.challenge(purpose, staff_id, now),
        allow_credentials=await _credentials(staff_id) if staff_id else None,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


def asked_of_nobody(site: Site) -> str:
    """What looks like it, for a company that there is not: nothing signed over it is ever taken."""
    options = webauthn.generate_authentication_options(
        rp_id=site.domain, user_verification=UserVerificationRequirement.REQUIRED
    )
    return options_to_json(options)


async def keep(credential: str, site: Site, *, staff_id: UUID, name: str, now: datetime) -> PasskeySeen | None:
    """The passkey that was made as this account was asked to; None for anything else. Its challenge is used up."""
    challenge = await take_challenge(credential, "register", staff_id, now=now)
    if challenge is None:
        return None
    try:
        made = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.domain,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except _UNREADABLE:
        return None
    # Somebody's already, if not this account's own: no authenticator makes the same twice.
    if await fetch_value("select true from passkey where credential_id = $1", made.credential_id):
        return None
    await access_changed()
    row_id = await add(
        passkeys.Passkey,
        staff_id=staff_id,
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        name=name,
        synced=made.credential_backed_up,
        created_at=now,
    )
    return PasskeySeen(id=row_id, name=name, synced=made.credential_backed_up, created_at=now, used_at=None)


async def take_challenge(credential: str, purpose: Purpose, staff_id: UUID | None, *, now: datetime) -> bytes | None:
    """The challenge that this credential signed, if it was given for this and is not over; it is used up, whatever follows."""
    try:
        given = json.loads(credential)["response"]["clientDataJSON"]
        challenge = parse_client_data_json(base64url_to_bytes(given)).challenge
    except _UNREADABLE:
        return None
    return challenge if await passkeys.take(challenge, purpose, staff_id, now=now) else None


async def use(credential: str, challenge: bytes, site: Site, *, now: datetime) -> UUID | None:
    """Whose passkey signed the challenge here, with a finger, face or PIN; None for anything else, and for one whose count says
    that there are two of it."""
    try:
        read = parse_authentication_credential_json(credential)
    except _UNREADABLE:
        return None
    row = await fetch_one(
        "select id, staff_id, public_key, sign_count from passkey where credential_id = $1 for update", read.raw_id
    )
    handle = read.response.user_handle
    if row is None or (handle is not None and handle != _handle(row["staff_id"])):
        return None
    try:
        signed = webauthn.verify_authentication_response(
            credential=read,
            expected_challenge=challenge,
            expected_rp_id=site.domain,
            expected_origin=site.origin,
            credential_public_key=bytes(row["public_key"]),
            credential_current_sign_count=row["sign_count"],
            require_user_verification=True,
        )
    except _UNREADABLE:
        return None
    await execute(
        "update passkey set sign_count = $2, synced = $3, used_at = $4 where id = $1",
        row["id"],
        signed.new_sign_count,
        signed.credential_backed_up,
        now,
    )
    whose: UUID = row["staff_id"]
    return whose


async def _credentials(staff_id: UUID) -> list[PublicKeyCredentialDescriptor]:
    rows = await fetch("select credential_id from passkey where staff_id = $1", staff_id)
    return [PublicKeyCredentialDescriptor(id=bytes(row["credential_id"])) for row in rows]


def _handle(staff_id: UUID) -> bytes:
    """By what an authenticator finds a passkey again: the account, of this company alone."""
    return current_tenant().bytes + staff_id.bytes
