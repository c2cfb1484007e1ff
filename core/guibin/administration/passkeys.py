"""Passkeys: one's own, made, named and removed; as the second factor after the password, and as the whole of signing in."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.audit.actions import noted
from guibin.context import Act
from guibin.policy.words import saying, up_to
from guibin_tenants import devices, passkey_proofs, passkeys, second_factors, staff
from guibin_tenants.passkey_proofs import Holder, Site
from guibin_tenants.passkeys import NAME_CHARS_MAX, PasskeySeen
from guibin_tenants.refusals import Invalid, NotFound, SecondFactorNeeded, Suspended, Unauthenticated
from guibin_tenants.registry import TenantView
from guibin_tenants.scope import fetch_value, tenant_scope
from guibin_tenants.staff import OpenSession, Place

from . import agents, signing_in
from .second_factors import SecondFactorRequired, is_required
from .signing_in import NOBODY, Entered, NothingToProve, OwnSession

Name = Annotated[str, saying(NAME_CHARS_MAX)]
# What a browser's `PublicKeyCredential.toJSON()` gives, as text.
Credential = Annotated[str, up_to(20_000, 1)]


# What somebody signed in is asked for once more.
Again = Literal["confirm", "unlock"]


class NoPasskey(NotFound):
    """You have no passkey. Tell your password or a code."""


class PasskeyAsked(Struct, frozen=True):
    """What a page hands to `navigator.credentials` (`PublicKeyCredential.parse…FromJSON`); good once, for five minutes."""

    options: dict[str, Any]


class NewPasskey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the browser made of what was asked, as JSON text, and what you call it."""

    name: Name
    credential: Credential


class PasskeyName(Struct, frozen=True, forbid_unknown_fields=True):
    """What you call it."""

    name: Name


class PasskeyMade(Struct, frozen=True):
    """The passkey; with the first one recovery codes, shown this once, each of which stands in for it once."""

    passkey: PasskeySeen
    codes: tuple[str, ...] = ()


class Signed(Struct, frozen=True):
    """What a browser signed, for which site, and from where; `at` names no login and no password."""

    credential: str
    site: Site
    at: signing_in.Attempt


class Here(Struct, frozen=True):
    """Where a passkey is made: the site, the session of this digest, and the real moment."""

    site: Site
    digest: str
    now: datetime


async def mine(act: Act) -> list[PasskeySeen]:
    """One's own, the oldest first."""
    return await passkeys.of(act.by.id)


async def ask(site: Site, act: Act, now: datetime) -> PasskeyAsked:
    """What the browser is asked to make a passkey. Raises TooManyPasskeys. `now` is the real one."""
    account = await staff.by_id(act.by.id)
    company = await fetch_value("select name from tenant where id = $1", act.company.id)
    holder = Holder(account.id, account.login, account.name, company)
    return asked(await passkey_proofs.asked_to_make(holder, site, now=now))


async def keep(new: NewPasskey, here: Here, act: Act) -> PasskeyMade:
    """A passkey was made: it is asked at every sign-in, and one's other sessions end. Raises Invalid for what was not asked."""
    kept = await passkey_proofs.keep(new.credential, here.site, staff_id=act.by.id, name=new.name, now=here.now)
    if kept is None:
        raise Invalid.at("credential", "what your browser made of the options that were asked for just now")
    seen = await second_factors.seen(act.by.id)
    codes = () if seen.codes_left else await second_factors.renew_recovery_codes(act.by.id)
    await staff.note_proof(here.digest, now=here.now)
    await staff.end_other_sessions(act.by.id, but=here.digest)
    await noted("passkey.keep", act, subject="staff", subject_id=act.by.id, shown=0)
    return PasskeyMade(kept, codes)


async def rename(passkey_id: UUID, new: PasskeyName, act: Act) -> PasskeySeen:
    """Call one of one's own something else. Raises NotFound."""
    seen = await passkeys.rename(passkey_id, act.by.id, new.name)
    await noted("passkey.rename", act, subject="staff", subject_id=act.by.id, shown=0)
    return seen


async def remove(passkey_id: UUID, act: Act) -> None:
    """One of one's own opens nothing any more. Raises NotFound, SecondFactorRequired for the last where one is asked."""
    await passkeys.remove(passkey_id, act.by.id)
    left = await passkeys.of(act.by.id)
    if not left and (await second_factors.seen(act.by.id)).since is None:
        if await is_required(act):
            raise SecondFactorRequired()
        await second_factors.take_away(act.by.id)
    await noted("passkey.remove", act, subject="staff", subject_id=act.by.id, shown=0)


async def ask_proof(own: OwnSession, site: Site, *, now: datetime) -> PasskeyAsked:
    """What the browser of a session that owes a second factor is asked. Raises Unauthenticated, Suspended, NothingToProve, and
    Forbidden without the CSRF token."""
    async with tenant_scope(own.tenant_id):
        session = await signing_in.held_session(own, now)
        await signing_in.refuse_suspended()
        if session.owes != "second_factor":
            raise NothingToProve()
        return asked(await passkey_proofs.asked_to_sign(session.staff.id, site, "prove", now=now))


async def prove(own: OwnSession, signed: Signed, *, now: datetime) -> Entered:
    """The holder of a session signs with a passkey of theirs: it becomes a whole session.

    Raises what `ask_proof` raises, and Invalid for anything that their passkey did not sign here just now.
    """
    async with tenant_scope(own.tenant_id):
        session = await signing_in.held_session(own, now)
        await signing_in.refuse_suspended()
        if session.owes != "second_factor":
            raise NothingToProve()
        challenge = await passkey_proofs.take_challenge(signed.credential, "prove", session.staff.id, now=now)
    who = signing_in.principal_of(session.staff.id, session.staff.name, own.address)
    async with tenant_scope(own.tenant_id):
        whose = await passkey_proofs.use(signed.credential, challenge, signed.site, now=now) if challenge else None
        entered = await signing_in.made_whole(session, signed.at.device, now) if whose == session.staff.id else None
        await signing_in.record("session.passkey" if entered else "session.passkey_refused", who, now)
    if entered is None:
        raise Invalid.at("credential", "a passkey of yours, as it was asked for just now", detail="Nobody is signed in")
    return entered


async def ask_again(own: OwnSession, site: Site, purpose: Again, *, now: datetime) -> PasskeyAsked:
    """What the browser of somebody signed in is asked, so that they confirm that it is they, or go on in a session that was locked.

    Raises Unauthenticated, Suspended, NoPasskey, SecondFactorNeeded, and Forbidden without the CSRF token.
    """
    async with tenant_scope(own.tenant_id):
        session = await _whole(own, now)
        if not await passkeys.of(session.staff.id):
            raise NoPasskey()
        return asked(await passkey_proofs.asked_to_sign(session.staff.id, site, purpose, now=now))


async def tell_again(own: OwnSession, signed: Signed, purpose: Again, *, now: datetime) -> None:
    """Somebody signed in signs with a passkey of theirs: it is they, who go on.

    Raises Unauthenticated, Suspended, SecondFactorNeeded, Forbidden without the CSRF token, and Invalid for anything that their
    passkey did not sign here just now for this.
    """
    async with tenant_scope(own.tenant_id):
        session = await _whole(own, now)
        challenge = await passkey_proofs.take_challenge(signed.credential, purpose, session.staff.id, now=now)
    who = signing_in.principal_of(session.staff.id, session.staff.name, own.address)
    async with tenant_scope(own.tenant_id):
        whose = await passkey_proofs.use(signed.credential, challenge, signed.site, now=now) if challenge else None
        right = whose == session.staff.id
        if right:
            await (staff.unlock_session if purpose == "unlock" else staff.confirm_session)(own.digest, now=now)
        await signing_in.record(f"session.{purpose}" if right else "session.passkey_refused", who, now)
    if not right:
        raise Invalid.at("credential", "a passkey of yours, as it was asked for just now")


async def _whole(own: OwnSession, now: datetime) -> OpenSession:
    """The session, in which nothing of a second factor is owed."""
    session = await signing_in.held_session(own, now)
    await signing_in.refuse_suspended()
    if session.owes == "second_factor":
        raise SecondFactorNeeded()
    return session


async def ask_anybody(tenant: TenantView | None, site: Site, *, now: datetime) -> PasskeyAsked:
    """What a browser is asked that signs in by a passkey alone; the same, and good for nothing, for no company."""
    if tenant is None:
        return asked(passkey_proofs.asked_of_nobody(site))
    async with tenant_scope(tenant.id):
        return asked(await passkey_proofs.asked_to_sign(None, site, "sign_in", now=now))


async def sign_in(tenant: TenantView, signed: Signed, *, now: datetime) -> Entered:
    """Whoever's passkey signed is signed in, with nothing owed to a second factor.

    Raises Unauthenticated for anything that a passkey of this company did not sign here just now, Suspended.
    """
    async with tenant_scope(tenant.id):
        challenge = await passkey_proofs.take_challenge(signed.credential, "sign_in", None, now=now)
    entered = None
    async with tenant_scope(tenant.id):
        whose = await passkey_proofs.use(signed.credential, challenge, signed.site, now=now) if challenge else None
        if whose is not None and tenant.suspended_at is None:
            entered = await _enter(whose, signed.at, now)
        who = signing_in.principal_of(whose or NOBODY, entered.session.staff.name if entered else "", signed.at.address)
        await signing_in.record("session.passkey" if entered else "session.passkey_refused", who, now)
    if whose is not None and tenant.suspended_at is not None:
        raise Suspended()
    if entered is None:
        raise no_passkey()
    return entered


async def has_any(own: OwnSession, session: OpenSession) -> bool:
    """Whether the holder of that session has a passkey."""
    async with tenant_scope(own.tenant_id):
        return bool(await passkeys.of(session.staff.id))


def no_passkey() -> Unauthenticated:
    """One answer for every way a sign-in by a passkey fails."""
    return Unauthenticated("That is no passkey of this company, or it was not asked for just now")


def asked(options: str) -> PasskeyAsked:
    """The options as they are sent."""
    return PasskeyAsked(msgspec.json.decode(options))


async def _enter(staff_id: UUID, at: signing_in.Attempt, now: datetime) -> Entered | None:
    place = Place(at.address, agents.named(at.agent), proved=True)
    session = await staff.open_proved_session(await staff.by_id(staff_id), place, now=now)
    if session is None:
        return None
    return Entered(session, await devices.remember(staff_id, at.device, now=now))
