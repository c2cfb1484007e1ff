"""Signing in and out: tried, counted, decided and on record, in steps that hold no connection while a password is hashed."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from guibin.audit.actions import noted
from guibin_tenants import devices, passwords, second_factors, sign_in_limits, staff
from guibin_tenants.principals import Principal, Signature
from guibin_tenants.refusals import Conflict, Forbidden, Invalid, SecondFactorNeeded, Suspended, Unauthenticated
from guibin_tenants.registry import TenantView, refuse_erased
from guibin_tenants.scope import current_tenant, fetch_value, tenant_scope
from guibin_tenants.sign_in_limits import Limit, TooManyAttempts
from guibin_tenants.staff import Account, OpenSession, SignedIn

from . import agents

# Whoever gives a login that nobody has.
NOBODY = UUID(int=0)


class NothingToProve(Conflict):
    """This session waits for no second factor. It is whole already, or its account has none."""


class Attempt(Struct, frozen=True):
    """Somebody gives a login and its password; `device` is what their browser was given when it signed in before, `agent` what it
    calls itself."""

    login: str
    password: str
    address: str
    device: str = ""
    agent: str = ""


class OwnSession(Struct, frozen=True):
    """The session of whoever asks: its tenant, its digest, the CSRF token beside it, and from where."""

    tenant_id: UUID
    digest: str
    csrf: str
    address: str


class Entered(Struct, frozen=True):
    """A new session, and by what the browser is known next time; empty where it is not known yet."""

    session: SignedIn
    device: str


class _Tried(Struct, frozen=True):
    account: Account | None
    limits: tuple[Limit, ...]
    is_last: bool


async def sign_in(attempt: Attempt, tenant: TenantView, *, now: datetime) -> Entered:
    """Raises Unauthenticated for a wrong login or password, Suspended, TooManyAttempts, TooManyRequests."""
    async with tenant_scope(tenant.id):
        tried = await _count(attempt, now)
    if isinstance(tried, TooManyAttempts):
        raise tried
    account = tried.account
    right = await passwords.is_right(attempt.password, account.password_hash if account else None)
    if account is None or not right:
        async with tenant_scope(tenant.id):
            await _note_failure(_who(account, attempt.address), tried, now)
        raise staff.wrong_password()
    if tenant.suspended_at is not None:
        raise Suspended()
    async with tenant_scope(tenant.id):
        entered = await _enter(account, attempt, tried.limits, now)
    if entered is None:
        raise staff.wrong_password()
    return entered


async def prove(own: OwnSession, *, code: str, device: str, now: datetime) -> Entered:
    """The holder of a session tells a code of their second factor: it becomes a whole session. `device` as in `Attempt`.

    Raises Unauthenticated, Forbidden without the CSRF token, Suspended, NothingToProve, Invalid for a wrong or used code,
    TooManyAttempts.
    """
    async with tenant_scope(own.tenant_id):
        session = await held_session(own, now)
        await refuse_suspended()
        if session.owes != "second_factor":
            raise NothingToProve()
        known = await devices.known(session.staff.id, device, now=now)
        limits = sign_in_limits.of_second_factor(session.staff.id, known, own.address)
        tried = await _tried(Account(session.staff, None), limits, now)
    if isinstance(tried, TooManyAttempts):
        raise tried
    who = principal_of(session.staff.id, session.staff.name, own.address)
    async with tenant_scope(own.tenant_id):
        used = await second_factors.use(session.staff.id, code, now=now)
        entered = await made_whole(session, device, now) if used else None
        if entered is None:
            await _note_failure(who, tried, now, failed="session.second_factor_refused")
        else:
            await sign_in_limits.forgive(tried.limits)
            await record("session.recovery_code" if used == "recovery" else "session.sign_in", who, now)
    if entered is None:
        raise Invalid.at("code", "the code that the app shows now, or a recovery code", detail="Nobody is signed in")
    return entered


async def confirm(own: OwnSession, *, password: str = "", code: str = "", now: datetime) -> None:
    """Somebody signed in tells their password, or a code of their second factor, again.

    Raises Unauthenticated, Forbidden without the CSRF token, Suspended, Invalid for a wrong one, TooManyAttempts.
    """
    right = await (_told_code(own, code, now) if code else _told_password(own, password, now))
    if not right:
        raise Invalid.at("code" if code else "password", "your password, or a code of your second factor")
    async with tenant_scope(own.tenant_id):
        session = await held_session(own, now)
        await staff.confirm_session(own.digest, now=now)
        await record("session.confirm", principal_of(session.staff.id, session.staff.name, own.address), now)


async def has_second_factor(own: OwnSession, *, now: datetime) -> bool:
    """Whether whoever is signed in there has one."""
    async with tenant_scope(own.tenant_id):
        session = await staff.session_of(own.digest, now=now)
        return session is not None and (await second_factors.seen(session.staff.id)).since is not None


async def _told_password(own: OwnSession, password: str, now: datetime) -> bool:
    tried, account = await _proved(own, password, now, failed="session.confirm_refused")
    if account is None:
        return False
    async with tenant_scope(own.tenant_id):
        await sign_in_limits.forgive(tried.limits)
    return True


async def _told_code(own: OwnSession, code: str, now: datetime) -> bool:
    async with tenant_scope(own.tenant_id):
        session = await held_session(own, now)
        await refuse_suspended()
        if session.owes == "second_factor":
            raise SecondFactorNeeded()
        tried = await _tried(Account(session.staff, None), sign_in_limits.of_own_code(session.staff.id), now)
    if isinstance(tried, TooManyAttempts):
        raise tried
    async with tenant_scope(own.tenant_id):
        if await second_factors.use(session.staff.id, code, now=now):
            await sign_in_limits.forgive(tried.limits)
            return True
        who = principal_of(session.staff.id, session.staff.name, own.address)
        await _note_failure(who, tried, now, failed="session.confirm_refused")
        return False


async def made_whole(session: OpenSession, device: str, now: datetime) -> Entered:
    """A second factor was proved in it."""
    whole = await staff.prove_session(session, now=now)
    return Entered(whole, await devices.remember(session.staff.id, device, now=now))


async def sign_in_nowhere(password: str) -> Unauthenticated:
    """What a sign-in to a company that there is not costs and says: as a wrong password."""
    await passwords.is_right(password, None)
    return staff.wrong_password()


def with_token(own: OwnSession, csrf: str) -> OwnSession:
    """The session of a page that is being made, whose token it will carry."""
    return replace(own, csrf=csrf)


async def csrf_of(own: OwnSession, *, now: datetime) -> str | None:
    """What a change in this session repeats; None when the session ended."""
    async with tenant_scope(own.tenant_id):
        session = await staff.session_of(own.digest, now=now)
    return session.csrf if session is not None else None


async def sign_out(own: OwnSession, *, now: datetime) -> None:
    """End the session; nothing happens when there is none. Raises Suspended, Forbidden for whoever only has the cookie."""
    async with tenant_scope(own.tenant_id):
        session = await staff.session_of(own.digest, now=now)
        if session is None:
            return
        await refuse_suspended()
        _refuse_without_csrf(session, own.csrf)
        await staff.end_session(own.digest)
        await record("session.sign_out", principal_of(session.staff.id, session.staff.name, own.address), now)


async def lock(own: OwnSession, *, now: datetime) -> None:
    """Ask for the password again before anything else is done. Raises Unauthenticated, Forbidden without the CSRF token."""
    async with tenant_scope(own.tenant_id):
        session = await held_session(own, now)
        await staff.lock_session(own.digest, now=now)
        await record("session.lock", principal_of(session.staff.id, session.staff.name, own.address), now)


async def unlock(own: OwnSession, *, password: str, now: datetime) -> None:
    """The same person goes on in a session that was locked.

    Raises Unauthenticated, Forbidden without the CSRF token, Suspended, Invalid for a wrong password, TooManyAttempts.
    """
    tried, account = await _proved(own, password, now, failed="session.unlock_refused")
    if account is None:
        raise Invalid.at("password", "your password", detail="It stays locked")
    async with tenant_scope(own.tenant_id):
        await staff.unlock_session(own.digest, now=now)
        await sign_in_limits.forgive(tried.limits)
        await record("session.unlock", _who(account, own.address), now)


async def holder_of(own: OwnSession, *, now: datetime) -> OpenSession | None:
    """The session and whose it is, locked or not; None when it ended."""
    async with tenant_scope(own.tenant_id):
        return await staff.session_of(own.digest, now=now)


async def held_session(own: OwnSession, now: datetime) -> OpenSession:
    """Raises Unauthenticated, CompanyErased, Forbidden without the CSRF token."""
    session = await staff.session_of(own.digest, now=now)
    if session is None:
        await refuse_erased()
        raise Unauthenticated()
    _refuse_without_csrf(session, own.csrf)
    return session


async def _proved(own: OwnSession, password: str, now: datetime, *, failed: str) -> tuple[_Tried, Account | None]:
    """What was counted, and the account of the session's holder when they said their own password.

    A wrong one is on record under the action `failed`. Raises TooManyAttempts, and what `_count_own` raises.
    """
    async with tenant_scope(own.tenant_id):
        tried = await _count_own(own, now)
    if isinstance(tried, TooManyAttempts):
        raise tried
    account = tried.account
    assert account is not None
    if await passwords.is_right(password, account.password_hash):
        return tried, account
    async with tenant_scope(own.tenant_id):
        await _note_failure(_who(account, own.address), tried, now, failed=failed)
    return tried, None


async def change_own_password(own: OwnSession, *, present: str, new: str, now: datetime) -> None:
    """Somebody signed in takes another password; their other sessions end.

    Raises Unauthenticated, Forbidden without the CSRF token, Suspended, Invalid for a wrong present or a weak new one,
    TooManyAttempts, and LostRace.
    """
    tried, account = await _proved(own, present, now, failed="staff.own_password_refused")
    if account is None:
        raise Invalid.at("present", "your password as it is now", detail="The password stays")
    async with tenant_scope(own.tenant_id):
        await staff.refuse_weak(new, account.staff)
    kept = await passwords.hash_of(new)
    async with tenant_scope(own.tenant_id):
        await staff.replace_password(account, kept, but=own.digest, now=now)
        await sign_in_limits.forgive(tried.limits)
        await record("staff.own_password", _who(account, own.address), now)


async def _count(attempt: Attempt, now: datetime) -> _Tried | TooManyAttempts:
    account = await staff.account_of(attempt.login)
    device = await devices.known(account.staff.id, attempt.device, now=now) if account else None
    limits = (
        sign_in_limits.from_device(account.staff.id, device)
        if account and device
        else sign_in_limits.from_anywhere(attempt.login, attempt.address)
    )
    return await _tried(account, limits, now)


async def _count_own(own: OwnSession, now: datetime) -> _Tried | TooManyAttempts:
    session = await staff.session_of(own.digest, now=now)
    if session is None:
        raise Unauthenticated()
    await refuse_suspended()
    _refuse_without_csrf(session, own.csrf)
    if session.owes == "second_factor":
        raise SecondFactorNeeded()
    account = await staff.account_of(session.staff.login)
    return await _tried(account, sign_in_limits.of_own_password(session.staff.id), now)


async def _tried(account: Account | None, limits: Sequence[Limit], now: datetime) -> _Tried | TooManyAttempts:
    """The refusal is given back and not raised: what was counted stays."""
    try:
        return _Tried(account, tuple(limits), await sign_in_limits.attempt(limits, now=now))
    except TooManyAttempts as refusal:
        return refusal


async def _enter(account: Account, attempt: Attempt, limits: tuple[Limit, ...], now: datetime) -> Entered | None:
    device = agents.named(attempt.agent)
    session = await staff.open_session(account, address=attempt.address, device=device, now=now)
    if session is None:
        return None
    await sign_in_limits.forgive(limits)
    if session.owes == "second_factor":
        await record("session.half", _who(account, attempt.address), now)
        return Entered(session, attempt.device)
    known_by = await devices.remember(account.staff.id, attempt.device, now=now)
    await record("session.sign_in", _who(account, attempt.address), now)
    return Entered(session, known_by)


async def _note_failure(who: Principal, tried: _Tried, now: datetime, *, failed: str = "session.failure") -> None:
    await record(failed, who, now)
    if tried.is_last:
        await record("session.lock_out", who, now)


def _who(account: Account | None, address: str) -> Principal:
    """Whoever tried. A login that nobody has is not written down: people type their password there."""
    return principal_of(account.staff.id, account.staff.name, address) if account else principal_of(NOBODY, "", address)


def principal_of(staff_id: UUID, name: str, address: str) -> Principal:
    """Whoever signs in, as the record names them."""
    return Principal(kind="staff", id=staff_id, name=name, permissions=frozenset(), address=address)


async def record(action: str, by: Principal, now: datetime) -> None:
    """An entry about signing in."""
    subject_id = None if by.id == NOBODY else by.id
    await noted(action, Signature(by=by, now=now), subject="session", subject_id=subject_id, shown=0)


async def refuse_suspended() -> None:
    """Raises Suspended."""
    if await fetch_value("select suspended_at is not null from tenant where id = $1", current_tenant()):
        raise Suspended()


def _refuse_without_csrf(session: OpenSession, csrf: str) -> None:
    if not secrets.compare_digest(csrf.encode(), session.csrf.encode()):
        raise Forbidden("A change by a signed-in browser must send the header X-CSRF-Token it got at sign-in")
