"""Second factors: setting one's own up, what the company asks of whom, and what an admin does for whoever lost theirs."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from guibin.audit.actions import noted
from guibin.cases import Case
from guibin.context import Act
from guibin.notices.actions import Notice, notify
from guibin.policy.words import Code, up_to
from guibin_tenants import passkeys, roles, second_factors, settings, staff
from guibin_tenants.access import access_changed
from guibin_tenants.authentication import CONFIRM_MINUTES, IDLE_MINUTES
from guibin_tenants.principals import ROLE_PERMISSIONS
from guibin_tenants.refusals import Conflict, FieldError, Forbidden, Invalid, refuse
from guibin_tenants.scope import fetch_value
from guibin_tenants.staff import SECOND_FACTOR_ROLES, SESSION_HOURS

from . import actions

IDLE_MIN, IDLE_MAX = 2, 12 * 60


class NoSecondFactor(Conflict):
    """There is no second factor. Nothing can be renewed or taken away."""


class SecondFactorRequired(Conflict):
    """The company asks a second factor of everybody in this role. It can be replaced, and is not taken away."""


class OwnFactor(Struct, frozen=True, kw_only=True):
    """Your second factor: in use `since`, None for none; how many recovery codes are left; whether the company asks one of you."""

    since: datetime | None
    codes_left: int
    required: bool


class NewFactor(Struct, frozen=True, kw_only=True):
    """What an authenticator app is given, shown once: the secret in base32, or its `address` as a code to be scanned."""

    secret: str
    address: str


class RecoveryCodes(Struct, frozen=True):
    """Each stands in for the app once; shown this once."""

    codes: tuple[str, ...]


class FactorCode(Struct, frozen=True, forbid_unknown_fields=True):
    """Six digits of the app, or a recovery code."""

    code: Annotated[str, up_to(40, 1)]


class SignInRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """In which roles and posts nobody does without a second factor: whoever has none sets one up before anything else; for how
    many minutes after the password or second factor was told exports, disclosure in bulk, keys and policy are open; after how
    many idle minutes a session is locked, and after how many hours it ends. None is as the installation has it."""

    second_factor_roles: Annotated[tuple[Code, ...], Meta(max_length=100)] = ()
    confirm_minutes: Annotated[int, Meta(ge=1, le=12 * 60)] | None = None
    idle_minutes: Annotated[int, Meta(ge=IDLE_MIN, le=IDLE_MAX)] | None = None
    session_hours: Annotated[int, Meta(ge=1, le=7 * 24)] | None = None


async def own(act: Act) -> OwnFactor:
    """One's own."""
    seen = await second_factors.seen(act.by.id)
    return OwnFactor(since=seen.since, codes_left=seen.codes_left, required=await is_required(act))


async def begin(act: Act) -> NewFactor:
    """A secret for an app; it counts, in place of one in use, when a code of it is told."""
    account = await staff.by_id(act.by.id)
    secret = await second_factors.begin(account.id)
    await noted("second_factor.begin", act, subject="staff", subject_id=account.id, shown=0)
    company = await fetch_value("select name from tenant where id = $1", act.company.id)
    return NewFactor(secret=secret, address=second_factors.address_of(secret, company=company, login=account.login))


async def confirm(new: FactorCode, digest: str, act: Act, now: datetime) -> RecoveryCodes:
    """A code of the new app was told in the session of this digest: it is asked at every sign-in, and one's other sessions end.

    Raises Invalid for a wrong code. `now` is the real one: apps know no other.
    """
    if not await second_factors.confirm(act.by.id, new.code, now=now):
        raise Invalid.at("code", "the code that the app shows now", "check the clock of the telephone")
    codes = await second_factors.renew_recovery_codes(act.by.id)
    await staff.note_proof(digest, now=now)
    await staff.end_other_sessions(act.by.id, but=digest)
    await noted("second_factor.confirm", act, subject="staff", subject_id=act.by.id, shown=0)
    return RecoveryCodes(codes)


async def renew_codes(act: Act) -> RecoveryCodes:
    """New recovery codes; those before count no more. Raises NoSecondFactor."""
    if (await second_factors.seen(act.by.id)).since is None:
        raise NoSecondFactor()
    codes = await second_factors.renew_recovery_codes(act.by.id)
    await noted("second_factor.renew_codes", act, subject="staff", subject_id=act.by.id, shown=0)
    return RecoveryCodes(codes)


async def take_away(act: Act) -> None:
    """Sign in by the password alone again. Raises NoSecondFactor, SecondFactorRequired."""
    has_passkey = bool(await passkeys.of(act.by.id))
    if not has_passkey and await is_required(act):
        raise SecondFactorRequired()
    if not await second_factors.take_away(act.by.id):
        raise NoSecondFactor()
    await noted("second_factor.take_away", act, subject="staff", subject_id=act.by.id, shown=0)


async def reset(staff_id: UUID, act: Act) -> None:
    """Somebody lost theirs, passkeys among them: none is asked any more, every session of the account ends, and its owner is told.

    Raises NotFound, Forbidden for one's own and for an account that holds more, NoSecondFactor.
    """
    if staff_id == act.by.person:
        raise Forbidden("Your own second factor is yours to take away: DELETE /api/v1/me/second-factor")
    account = await actions.in_charge_of(staff_id, act.by)
    had = await second_factors.take_away(account.id), await passkeys.take_away(account.id)
    if not any(had):
        raise NoSecondFactor()
    await staff.end_sessions(account.id)
    await noted("staff.second_factor_reset", act, subject="staff", subject_id=account.id, shown=0)
    notice = Notice("second_factor_reset", Case("staff", account.id), staff_ids=(account.id,))
    await notify(notice, key=f"second_factor/{account.id}/{act.now.isoformat()}", now=act.now)


async def rules() -> SignInRules:
    """The company's."""
    return SignInRules(
        second_factor_roles=await settings.read(SECOND_FACTOR_ROLES, tuple[str, ...], ()),
        confirm_minutes=await _figure(CONFIRM_MINUTES),
        idle_minutes=await _figure(IDLE_MINUTES),
        session_hours=await _figure(SESSION_HOURS),
    )


async def set_rules(new: SignInRules, act: Act) -> SignInRules:
    """Others, from the next request of everybody on; `session_hours` from the next sign-in on. Raises Invalid for an unknown role
    or post."""
    own = [role.name for role in await roles.composed()]
    known = (*ROLE_PERMISSIONS, *own, *(post.name for post in act.policy.posts))
    refuse(
        FieldError("second_factor_roles", "a role or one of the company's posts", f"one of {', '.join(known)}", role)
        for role in new.second_factor_roles
        if role not in known
    )
    await settings.write(SECOND_FACTOR_ROLES, new.second_factor_roles)
    await settings.write(CONFIRM_MINUTES, new.confirm_minutes)
    await settings.write(IDLE_MINUTES, new.idle_minutes)
    await settings.write(SESSION_HOURS, new.session_hours)
    await access_changed()
    await noted("session.rules", act, subject="sign_in_rules", shown=0)
    return new


async def _figure(name: str) -> int | None:
    return await settings.read(name, int | None, None)  # type: ignore[arg-type]  # a union is a type to msgspec


async def is_required(act: Act) -> bool:
    """Whether the company asks a second factor of whoever acts."""
    held = (await staff.by_id(act.by.id)).roles
    return bool(set(held) & set((await rules()).second_factor_roles))
