"""Going to the company's provider and coming back: one sign-in, once, in one browser; and the account it leads to."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from guibin.administration import actions, agents, rules, signing_in
from guibin.administration.requests import AccountChange, NewPerson
from guibin.administration.rules import Given
from guibin.administration.signing_in import NOBODY, Attempt, Entered, OwnSession
from guibin.context import Act
from guibin.policy.words import FullLine, Login
from guibin_tenants import devices, keyring, staff
from guibin_tenants.keyring import Place as Sealed
from guibin_tenants.refusals import Forbidden
from guibin_tenants.rows import add
from guibin_tenants.scope import execute, fetch_one, fetch_value
from guibin_tenants.staff import Place, StaffView
from guibin_tenants.tables import new_id

from . import oidc, providers, steps
from .oidc import Begun, Provider, ProviderFails
from .providers import ClaimRule, ProviderGivesNothing, ProviderSettings
from .tables import ProviderAttempt, ProviderIdentity

ATTEMPT_LASTS = timedelta(minutes=10)
LOGIN_CHARS_MAX = 100


class Going(Struct, frozen=True):
    """The provider, what is begun with it, and the real moment."""

    provider: Provider
    begun: Begun
    now: datetime


class ClaimsTried(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the provider might say of somebody."""

    claims: Annotated[dict[FullLine, Any], Meta(max_length=200)]


class Foretold(Struct, frozen=True, kw_only=True):
    """What these claims would bring: the rules that hold, roles with those that posts bring, and whose account.

    `outcome` is nothing (refused: no rule gives a role, or their account ended), no_login (no account could be called so), new, theirs
    (an account is bound already), taken_over, or elsewhere (an account of that login stays somebody's).
    """

    outcome: Literal["nothing", "no_login", "new", "theirs", "taken_over", "elsewhere"]
    rules: tuple[ClaimRule, ...]
    roles: tuple[str, ...]
    org_unit_id: UUID | None
    login: str


class AccountElsewhere(Forbidden):
    """An account of that login is somebody's already. The company's admin says whether it is yours."""


async def begin(tenant_id: UUID, back_to: str, *, kind: str = "", now: datetime) -> Going:
    """Inside the company's scope. Raises NoProvider, also where the company's is of another kind than this one."""
    provider = await providers.asked_with()
    if kind not in ("", provider.kind):
        raise providers.NoProvider()
    begun = oidc.begin(f"{tenant_id.hex}{secrets.token_hex(32)}", back_to)
    attempt_id = new_id()
    sealed = keyring.seal(await keyring.tenant_key(), Sealed("provider_attempt", "sealed", attempt_id), begun.verifier)
    await execute("delete from provider_attempt where expires_at <= $1", now)
    await add(
        ProviderAttempt,
        id=attempt_id,
        provider_id=provider.id,
        digest=_digest(begun.state),
        nonce=begun.nonce,
        sealed=sealed,
        expires_at=now + ATTEMPT_LASTS,
    )
    return Going(provider, begun, now)


async def resume(state: str, back_to: str, *, now: datetime) -> Going | None:
    """What was begun under this state, which is used up; None when nothing was, or another provider took the place since."""
    row = await fetch_one(
        "delete from provider_attempt a using identity_provider p where a.digest = $1 and a.expires_at > $2"
        " and p.tenant_id = a.tenant_id and p.id = a.provider_id"
        " returning a.id, a.nonce, a.sealed, p.id as provider_id, p.issuer, p.client_id, p.sealed as secret, p.settings",
        _digest(state),
        now,
    )
    if row is None:
        return None
    provider = await providers.opened(row, row["provider_id"], bytes(row["secret"]))
    place = Sealed("provider_attempt", "sealed", row["id"])
    verifier = keyring.unseal(await keyring.tenant_key(), place, bytes(row["sealed"]))
    return Going(provider, Begun(state, row["nonce"], verifier, back_to), now)


async def leads_to(going: Going, *, anew: bool = False) -> str:
    """Where the browser goes; `anew` asks a provider that whoever is there proves it again. Raises ProviderFails."""
    if going.provider.kind != "openid":
        return steps.address_of(going.provider, going.begun)
    documents = await oidc.documents_of(going.provider.issuer)
    return oidc.address_of(documents, going.provider, going.begun, anew=anew)


async def claims_of(going: Going, code: str) -> dict[str, Any]:
    """What is said there of whoever came back with the code. Raises ProviderFails and NotOfTheCompany."""
    asked = oidc.claims_of if going.provider.kind == "openid" else steps.claims_of
    return await asked(going.provider, going.begun, code, now=going.now)


async def enter(claims: dict[str, Any], going: Going, at: Attempt, act: Act) -> Entered:
    """Whoever the provider named is signed in, with what the rules give them now. A second factor of their own is asked as ever.

    Raises ProviderGivesNothing, AccountElsewhere, and what making or changing the account raises.
    """
    settings, now = await providers.provider(), going.now
    account = await _account(claims, settings, going.provider.issuer, act)
    place = Place(at.address, agents.named(at.agent))
    session = await staff.open_proved_session(account, place, now=now)
    if session is None:
        raise ProviderGivesNothing()
    who = signing_in.principal_of(account.id, account.name, at.address)
    if session.owes == "second_factor":
        await signing_in.record("session.half", who, now)
        return Entered(session, at.device)
    await signing_in.record("session.provider", who, now)
    return Entered(session, await devices.remember(account.id, at.device, now=now))


async def confirm(claims: dict[str, Any], going: Going, own: OwnSession, *, unlocks: bool = False) -> None:
    """Whoever is signed in there proved at the provider, just now, that it is they; `unlocks` their session, too.

    Raises ProviderFails where it was somebody else or where the provider does not say that it asked them anew (`auth_time`); a chat
    says no such thing, and its word counts for as much as a sign-in by it. Raises Suspended.
    """
    await signing_in.refuse_suspended()
    session = await staff.session_of(own.digest, now=going.now)
    told_at = claims.get("auth_time")
    since = going.now.timestamp() - (told_at if isinstance(told_at, int) else 0)
    lately = -oidc.LEEWAY_S <= since <= ATTEMPT_LASTS.total_seconds() + oidc.LEEWAY_S
    lately = lately or going.provider.kind != "openid"
    known = await _known(going.provider.issuer, claims["sub"])
    if session is None or session.owes == "second_factor" or known != session.staff.id or not lately:
        raise ProviderFails("It was somebody else, or it did not ask anew who is there")
    proved = staff.unlock_session if unlocks else staff.confirm_session
    await proved(own.digest, now=going.now)
    who = signing_in.principal_of(session.staff.id, session.staff.name, own.address)
    await signing_in.record("session.unlock" if unlocks else "session.confirm", who, going.now)


async def is_known(staff_id: UUID) -> bool:
    """Whether the company's provider as it is now knows who they are."""
    sql = "select true from provider_identity i join identity_provider p on p.issuer = i.issuer where i.staff_id = $1"
    return bool(await fetch_value(sql, staff_id))


async def foretell(new: ClaimsTried, act: Act) -> Foretold:
    """What would come of a sign-in with these claims; nothing is changed. Raises NoProvider."""
    settings, claims = await providers.provider(), new.claims
    given = rules.given(_holding(claims, settings))
    known = await _known(settings.issuer, str(claims.get("sub", "")))
    account = await staff.by_id(known) if known else None
    login = account.login if account else _login(claims, settings)
    return Foretold(
        outcome=await _outcome(account, login, given, settings, act),
        rules=_holding(claims, settings),
        roles=staff.with_posts(given.roles, await actions.posts_of(act)) if given.roles else (),
        org_unit_id=given.org_unit_id,
        login=login,
    )


async def _outcome(
    account: StaffView | None, login: str, given: Given, settings: ProviderSettings, act: Act
) -> Literal["nothing", "no_login", "new", "theirs", "taken_over", "elsewhere"]:
    if not given.roles or (account is not None and account.left_at is not None):
        return "nothing"
    if account is not None:
        return "theirs"
    if not _is_login(login):
        return "no_login"
    there = await staff.by_login(login)
    if there is None:
        return "new"
    return "taken_over" if await _may_take(there, settings, given, act) else "elsewhere"


async def note_refusal(address: str, now: datetime) -> None:
    """Somebody came back from the provider and was not let in."""
    await signing_in.record("session.provider_refused", signing_in.principal_of(NOBODY, "", address), now)


async def _account(claims: dict[str, Any], settings: ProviderSettings, issuer: str, act: Act) -> StaffView:
    given = rules.given(_holding(claims, settings))
    if not given.roles:
        raise ProviderGivesNothing()
    known = await _known(issuer, claims["sub"])
    if known is None:
        known = await _bound(claims, settings, given, act)
        await add(ProviderIdentity, staff_id=known, issuer=issuer, subject=claims["sub"], bound_at=act.now)
    account = await staff.by_id(known)
    if account.left_at is not None:
        raise ProviderGivesNothing()
    wanted = staff.with_posts(given.roles, await actions.posts_of(act))
    if set(wanted) != set(account.roles) or given.org_unit_id != account.org_unit_id:
        account = await actions.change_account(
            known, AccountChange(roles=given.roles, org_unit_id=given.org_unit_id), act
        )
    return account


async def _bound(claims: dict[str, Any], settings: ProviderSettings, given: Given, act: Act) -> UUID:
    login = _login(claims, settings)
    if not _is_login(login):
        raise ProviderGivesNothing("It says no login by which an account could be called")
    there = await staff.by_login(login)
    if there is None:
        name = str(claims.get("name") or login).replace("\x00", "").strip()[:LOGIN_CHARS_MAX] or login
        new = NewPerson(login=login, name=name, roles=given.roles, org_unit_id=given.org_unit_id)
        return (await actions.add_person(new, None, act)).id
    if not await _may_take(there, settings, given, act):
        raise AccountElsewhere()
    return there.id


async def _known(issuer: str, subject: str) -> UUID | None:
    """Whose account is bound to them."""
    if "\x00" in subject:
        return None
    sql = "select i.staff_id from provider_identity i where i.issuer = $1 and i.subject = $2"
    found: UUID | None = await fetch_value(sql, issuer, subject)
    return found


async def _may_take(there: StaffView, settings: ProviderSettings, given: Given, act: Act) -> bool:
    taken = await fetch_value("select true from provider_identity where staff_id = $1", there.id)
    return settings.takes_over and not taken and await rules.may_take_over(there, given, act)


def _login(claims: dict[str, Any], settings: ProviderSettings) -> str:
    return str(claims.get(settings.login_claim, ""))[:LOGIN_CHARS_MAX]


def _is_login(text: str) -> bool:
    try:
        msgspec.convert(text, Login)
    except msgspec.ValidationError:
        return False
    return True


def _holding(claims: dict[str, Any], settings: ProviderSettings) -> tuple[ClaimRule, ...]:
    return tuple(rule for rule in settings.rules if _holds(claims.get(rule.claim), rule.value))


def _holds(claim: object, value: str) -> bool:
    return value in claim if isinstance(claim, list) else claim == value


def _digest(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
