"""Staff accounts: who works for the company, in which org unit and role, and how they sign in."""

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from msgspec import Struct
from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Array, Boolean, Text, Timestamptz, Varchar

from guibin_tenants.refusals import refuse

from . import devices, displays, passkeys, passwords, second_factors, settings
from .access import access_changed
from .credentials import issue
from .principals import ROLE_PERMISSIONS, Owes
from .refusals import FieldError, LostRace, NotFound, Unauthenticated
from .scope import current_tenant, execute, fetch, fetch_one
from .tables import Index, Keys, TenantTable

SESSION_LASTS = timedelta(hours=12)
# One in which a second factor was not told yet.
OWING_LASTS = timedelta(minutes=15)
_HERS = "s.tenant_id = x.tenant_id and s.id = x.staff_id"
# Whether somebody else knows the password of the account `s`: whoever set it, until its holder chooses one.
OTHERS_PASSWORD = "(s.password_set_by is not null and s.password_chosen_at is null)"
# The setting of a company: after how many hours a session ends, however it is used.
SESSION_HOURS = "session_hours"
# The setting of a company: in which roles and posts nobody does without a second factor.
SECOND_FACTOR_ROLES = "second_factor_roles"
# What the session `x` of the account `s` must settle before anything else is done in it.
OWES = f"""case
 when exists (select from second_factor f where f.tenant_id = s.tenant_id and f.staff_id = s.id and f.confirmed_at is not null)
 or exists (select from passkey k where k.tenant_id = s.tenant_id and k.staff_id = s.id)
 then case when x.proved_at is null then 'second_factor' when {OTHERS_PASSWORD} then 'password' else '' end
 when {OTHERS_PASSWORD} then 'password'
 when exists (select from tenant_setting w where w.tenant_id = s.tenant_id and w.name = '{SECOND_FACTOR_ROLES}'
 and jsonb_exists_any(w.value, s.roles)) then 'set_up' else '' end"""
_PARTS = re.compile(r"[^\w]+|_")
# The company's posts by name, each with the role it brings.
Posts = Mapping[str, str]
NO_POSTS: Posts = MappingProxyType({})


class Staff(TenantTable, tablename="staff"):
    """One member of staff. `roles` holds roles and the names of posts. `left_at` ends the account; their customers are
    handed to somebody first. `part_time` says that they look after customers beside other work (S12-4).
    `password_set_by` set the password at `password_set_at`, where that was somebody else: a person, a key of the
    operator's, or the operator; at `password_chosen_at` its holder took one of their own.
    """

    login = Varchar(length=100)
    name = Varchar(length=100)
    roles = Array(base_column=Text(), default=list)
    org_unit_id = UuidColumn(default=None, null=True)
    part_time = Boolean(default=False)
    password_hash = Text(default=None, null=True, secret=True)
    password_set_by = UuidColumn(default=None, null=True)
    password_set_at = Timestamptz(default=None, null=True)
    password_chosen_at = Timestamptz(default=None, null=True)
    created_at = Timestamptz(default=None, null=True)
    left_at = Timestamptz(default=None, null=True)

    keys = Keys(
        while_frozen=("password_hash", "password_set_by", "password_set_at", "password_chosen_at"),
        unique=(("login",),),
        references={"org_unit_id": "org_unit"},
    )


class StaffSession(TenantTable, tablename="staff_session"):
    """A signed-in browser: the digest of its cookie and the CSRF token it must send with every change.

    `used_at` is when somebody last did something there, to the minute; `locked_at` since when the password is asked again.
    `device` says in what: the browser's name and the machine's. `proved_at` is when a second factor was told in it,
    `confirmed_at` when that or the password was told last.
    """

    staff_id = UuidColumn(default=None)
    digest = Varchar(length=64, secret=True)
    csrf = Varchar(length=64, secret=True)
    created_at = Timestamptz(default=None, null=True)
    expires_at = Timestamptz(default=None, null=True)
    address = Varchar(length=64, default="")
    used_at = Timestamptz(default=None, null=True)
    locked_at = Timestamptz(default=None, null=True)
    device = Varchar(length=60, default="")
    proved_at = Timestamptz(default=None, null=True)
    confirmed_at = Timestamptz(default=None, null=True)

    keys = Keys(
        while_frozen="*", unique=(("digest",),), references={"staff_id": "staff"}, indexes=(Index(("expires_at",)),)
    )


class NewStaff(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`roles` as in ROLE_PERMISSIONS, or posts; `org_unit_id` None means head office; `password_set_by` None that the
    person chose the password themselves.
    """

    login: str
    name: str
    roles: tuple[str, ...]
    org_unit_id: UUID | None = None
    password: str | None = None
    password_set_by: UUID | None = None
    part_time: bool = False


class StaffView(Struct, frozen=True):
    """A member of staff as colleagues see them."""

    id: UUID
    login: str
    name: str
    roles: tuple[str, ...]
    org_unit_id: UUID | None
    left_at: datetime | None = None
    part_time: bool = False


class Account(Struct, frozen=True):
    """An account as a sign-in finds it: the hash is None for one that cannot sign in."""

    staff: StaffView
    password_hash: str | None


class SessionSeen(Struct, frozen=True):
    """A session as its holder sees it; `device` and `address` may be empty."""

    id: UUID
    digest: str
    device: str
    address: str
    created_at: datetime
    used_at: datetime
    expires_at: datetime


class OpenSession(Struct, frozen=True):
    """A session, whose it is, the token a change must repeat, and what it must settle before anything else."""

    staff: StaffView
    csrf: str
    digest: str
    address: str
    owes: Owes = ""


class Place(Struct, frozen=True):
    """Where somebody signs in: from which address, in what; `proved` by more than a password."""

    address: str
    device: str = ""
    proved: bool = False


class SignedIn(Struct, frozen=True):
    """A session's cookie and CSRF token, shown once, and what must be settled in it before anything else."""

    token: str
    csrf: str
    expires_at: datetime
    staff: StaffView
    owes: Owes = ""


async def add(new: NewStaff, *, now: datetime, posts: Posts = NO_POSTS) -> StaffView:
    """Raises Invalid for an unknown role or post, a taken login or a weak password."""
    problems = _wrong_roles(new.roles, posts)
    if new.password is not None:
        problems += await _wrong_password(new.password, new.login, new.name)
    if await Staff.exists().where(Staff.login == new.login):
        problems.append(FieldError("login", "not used by another member of staff", value=new.login))
    refuse(problems, "The account cannot be created")
    staff = Staff(
        login=new.login,
        name=new.name,
        roles=list(with_posts(new.roles, posts)),
        org_unit_id=new.org_unit_id,
        part_time=new.part_time,
        password_hash=await passwords.hash_of(new.password) if new.password else None,
        password_set_by=new.password_set_by if new.password else None,
        password_set_at=now if new.password and new.password_set_by else None,
        created_at=now,
    )
    await Staff.insert(staff)
    return view(staff.to_dict())


async def change(changed: StaffView) -> StaffView:
    """Name, roles as `with_posts` gives them, org unit and whether part-time as given. Raises NotFound."""
    await Staff.update(
        {
            Staff.name: changed.name,
            Staff.roles: list(changed.roles),
            Staff.org_unit_id: changed.org_unit_id,
            Staff.part_time: changed.part_time,
        }
    ).where(Staff.id == changed.id)
    await access_changed()
    return await by_id(changed.id)


def with_posts(roles: tuple[str, ...], posts: Posts) -> tuple[str, ...]:
    """The roles, posts and the roles they bring, each once. Raises Invalid for an unknown one."""
    problems = _wrong_roles(roles, posts)
    refuse(problems, "The roles cannot be given")
    brought = (posts[role] for role in roles if role in posts)
    return tuple(dict.fromkeys((*roles, *brought)))


async def set_password(staff_id: UUID, password: str, *, by: UUID, now: datetime) -> None:
    """A password that somebody else gives them; every session and known device ends. Raises NotFound, or Invalid for a
    weak one.
    """
    account = await by_id(staff_id)
    await refuse_weak(password, account)
    await Staff.update(
        {
            Staff.password_hash: await passwords.hash_of(password),
            Staff.password_set_by: by,
            Staff.password_set_at: now,
            Staff.password_chosen_at: None,
        }
    ).where(Staff.id == staff_id)
    await end_sessions(staff_id)


async def choose_password(staff_id: UUID, password: str, *, known_to: UUID | None, now: datetime) -> None:
    """A password its holder chose by a link that was sent to them; every session and known device ends. `known_to` is who else
    may have opened the link. Raises NotFound, or Invalid for a weak one."""
    await refuse_weak(password, await by_id(staff_id))
    await Staff.update(
        {
            Staff.password_hash: await passwords.hash_of(password),
            Staff.password_set_by: known_to,
            Staff.password_set_at: now if known_to else None,
            Staff.password_chosen_at: now,
        }
    ).where(Staff.id == staff_id, Staff.left_at.is_null())
    await end_sessions(staff_id)


async def replace_password(account: Account, kept: str, *, but: str, now: datetime) -> None:
    """The hash of the password its holder chose; every session but this one ends. Raises LostRace when it has another
    password by now, or left."""
    changed = await execute(
        "update staff set password_hash = $3, password_chosen_at = $4"
        " where id = $1 and password_hash = $2 and left_at is null",
        account.staff.id,
        account.password_hash,
        kept,
        now,
    )
    if not changed:
        raise LostRace("The account has another password by now")
    await confirm_session(but, now=now)
    await end_sessions(account.staff.id, but=but)


async def refuse_weak(password: str, account: StaffView) -> None:
    """Raises Invalid for a password that is soon guessed."""
    problems = await _wrong_password(password, account.login, account.name)
    refuse(problems, "The password cannot be set")


async def all_staff() -> list[StaffView]:
    """Everybody by login, those who left included."""
    return [view(row) for row in await Staff.select().order_by(Staff.login)]


async def by_ids(staff_ids: Iterable[UUID | None]) -> dict[UUID, StaffView]:
    """Those of these ids that there are, those who left included."""
    asked = {each for each in staff_ids if each is not None}
    rows = await Staff.select().where(Staff.id.is_in(list(asked))) if asked else []
    return {row["id"]: view(row) for row in rows}


async def names_of(staff_ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """What people of these ids are called, those who left included."""
    return {staff_id: person.name for staff_id, person in (await by_ids(staff_ids)).items()}


async def by_login(login: str) -> StaffView | None:
    """The account, or None."""
    rows = await Staff.select().where(Staff.login == login)
    return view(rows[0]) if rows else None


async def by_id(staff_id: UUID) -> StaffView:
    """Raises NotFound."""
    rows = await Staff.select().where(Staff.id == staff_id)
    if not rows:
        raise unknown(staff_id)
    return view(rows[0])


def unknown(staff_id: UUID) -> NotFound:
    """The refusal, for somebody out of sight word for word the same."""
    return NotFound(f"There is no member of staff {staff_id}")


async def account_of(login: str) -> Account | None:
    """The account of somebody who works here, or None."""
    row = await Staff.select().where(Staff.login == login, Staff.left_at.is_null()).first()
    return Account(view(row), row["password_hash"]) if row else None


async def open_session(account: Account, *, address: str, device: str = "", now: datetime) -> SignedIn | None:
    """A new session; None when the account ended or got another password since it was looked at. One that owes something is
    short: what is owed is settled at once."""
    present = await fetch_one(
        f"select {OWES} as owes from staff s cross join (select null::timestamptz as proved_at) x"  # a constant
        " where s.id = $1 and s.password_hash = $2 and s.left_at is null for share of s",
        account.staff.id,
        account.password_hash,
    )
    return await _begin(account.staff, present["owes"], Place(address, device), now) if present else None


async def open_proved_session(account: StaffView, at: Place, *, now: datetime) -> SignedIn | None:
    """A new session of somebody who proved by more than a password who they are; None when the account ended meanwhile."""
    present = await fetch_one(
        f"select {OWES} as owes from staff s cross join (select $2::timestamptz as proved_at) x"  # a constant
        " where s.id = $1 and s.left_at is null for share of s",
        account.id,
        now if at.proved else None,
    )
    return await _begin(account, present["owes"], at, now) if present else None


async def _begin(account: StaffView, owes: Owes, at: Place, now: datetime) -> SignedIn:
    token, credential = issue("gb_sess_", current_tenant())
    session = StaffSession(
        staff_id=account.id,
        digest=credential.digest,
        csrf=secrets.token_urlsafe(32),
        created_at=now,
        expires_at=now + (OWING_LASTS if owes == "second_factor" else await _lasts()),
        address=at.address,
        used_at=now,
        confirmed_at=now,
        proved_at=now if at.proved else None,
        device=at.device,
    )
    await StaffSession.insert(session)
    return SignedIn(token, session.csrf, session.expires_at, account, owes)


async def prove_session(session: OpenSession, *, now: datetime) -> SignedIn:
    """A second factor was told in it: from now on it is a whole session, under another token."""
    await access_changed()
    token, credential = issue("gb_sess_", current_tenant())
    csrf, expires_at = secrets.token_urlsafe(32), now + await _lasts()
    await execute(
        "update staff_session set digest = $2, csrf = $3, expires_at = $4, proved_at = $5, used_at = $5,"
        " confirmed_at = $5 where digest = $1",
        session.digest,
        credential.digest,
        csrf,
        expires_at,
        now,
    )
    row = await fetch_one(
        f"select {OWES} as owes from staff s join staff_session x on {_HERS} where x.digest = $1", credential.digest
    )
    assert row is not None
    return SignedIn(token, csrf, expires_at, session.staff, row["owes"])


async def note_proof(digest: str, *, now: datetime) -> None:
    """A second factor was set up in this session, which needs no other proof of it."""
    await access_changed()
    await execute("update staff_session set proved_at = $2, confirmed_at = $2 where digest = $1", digest, now)


async def confirm_session(digest: str, *, now: datetime) -> None:
    """Its holder told their password or second factor again."""
    await access_changed()
    await execute("update staff_session set confirmed_at = $2 where digest = $1", digest, now)


async def _lasts() -> timedelta:
    hours = await settings.read(SESSION_HOURS, int | None, None)  # type: ignore[arg-type]  # a union is a type to msgspec
    return timedelta(hours=hours) if hours else SESSION_LASTS


async def session_of(digest: str, *, now: datetime) -> OpenSession | None:
    """The session with this digest, also of a suspended company; None when there is none, or not any more."""
    row = await fetch_one(
        f"select s.*, x.csrf, x.digest, x.address, {OWES} as owes from staff_session x join staff s on {_HERS}"  # constants
        " where x.digest = $1 and x.expires_at > $2 and s.left_at is null",
        digest,
        now,
    )
    return OpenSession(view(dict(row)), row["csrf"], row["digest"], row["address"], row["owes"]) if row else None


async def session_used(digest: str, *, now: datetime) -> None:
    """Somebody did something there. Waits for nobody: whoever else writes that down says the same."""
    await execute(
        "update staff_session set used_at = $2 where id ="
        " (select id from staff_session where digest = $1 for update skip locked)",
        digest,
        now,
    )


async def lock_session(digest: str, *, now: datetime) -> None:
    """Ask for the password again before anything else."""
    await access_changed()
    await execute("update staff_session set locked_at = coalesce(locked_at, $2) where digest = $1", digest, now)


async def unlock_session(digest: str, *, now: datetime) -> None:
    """The password was told: it goes on."""
    await access_changed()
    await execute(
        "update staff_session set locked_at = null, used_at = $2, confirmed_at = $2 where digest = $1", digest, now
    )


async def sessions_of(staff_id: UUID, *, now: datetime) -> list[SessionSeen]:
    """Where somebody is signed in, the one used last first."""
    rows = await fetch(
        "select id, digest, device, address, created_at, coalesce(used_at, created_at) as used_at, expires_at"
        " from staff_session where staff_id = $1 and expires_at > $2 order by 6 desc, id",
        staff_id,
        now,
    )
    return [SessionSeen(**dict(row)) for row in rows]


async def end_own_session(session_id: UUID, staff_id: UUID) -> None:
    """End one of somebody's sessions. Raises NotFound."""
    await access_changed()
    if not await execute("delete from staff_session where id = $1 and staff_id = $2", session_id, staff_id):
        raise NotFound(f"There is no session {session_id} of yours")


async def end_other_sessions(staff_id: UUID, *, but: str) -> int:
    """End all of somebody's sessions `but` the one with this digest; how many."""
    await access_changed()
    return await execute("delete from staff_session where staff_id = $1 and digest <> $2", staff_id, but)


async def end_session(digest: str) -> None:
    """End the session with this digest; nothing happens when there is none."""
    await access_changed()
    await StaffSession.delete().where(StaffSession.digest == digest)


async def end_sessions(staff_id: UUID, *, but: str = "") -> None:
    """End the account's sessions, `but` the one with this digest; browsers it was known in are so no more."""
    await access_changed()
    await execute("delete from staff_session where staff_id = $1 and digest <> $2", staff_id, but)
    await devices.forget_of(staff_id)


async def forget_sessions(*, now: datetime) -> int:
    """Take away sessions that ended by themselves; how many."""
    return await execute("delete from staff_session where expires_at <= $1", now)


async def leave(staff_id: UUID, *, now: datetime) -> None:
    """End an account and its sessions at once. Raises NotFound."""
    await by_id(staff_id)
    await Staff.update({Staff.left_at: now}).where(Staff.id == staff_id, Staff.left_at.is_null())
    await second_factors.take_away(staff_id)
    await passkeys.take_away(staff_id)
    await displays.end_of_maker(staff_id, now=now)
    await end_sessions(staff_id)


async def come_back(staff_id: UUID) -> None:
    """Whoever left works here again. Raises NotFound."""
    await by_id(staff_id)
    await access_changed()
    await Staff.update({Staff.left_at: None}).where(Staff.id == staff_id)


async def forget_password(staff_id: UUID) -> None:
    """They sign in by no password until they choose one by a link."""
    await Staff.update(
        {
            Staff.password_hash: None,
            Staff.password_set_by: None,
            Staff.password_set_at: None,
            Staff.password_chosen_at: None,
        }
    ).where(Staff.id == staff_id)


def _wrong_roles(roles: tuple[str, ...], posts: Posts) -> list[FieldError]:
    known = (*ROLE_PERMISSIONS, *posts)
    problems = [
        FieldError("roles", "a role or one of the company's posts", f"one of {', '.join(known)}", role)
        for role in roles
        if role not in known
    ]
    brought = {posts.get(role, role) for role in roles}
    if "auditor" in brought and len(brought) > 1:
        rule = "auditor alone: whoever reads the audit does nothing that it records"
        problems.append(FieldError("roles", rule, "an account of its own", "auditor"))
    return problems if roles else [FieldError("roles", "at least one")]


async def _wrong_password(password: str, login: str, name: str) -> list[FieldError]:
    company = await fetch_one("select slug, name from tenant where id = $1", current_tenant())
    names = (login, name, *(company or ()))
    return await passwords.problems_of(password, about=tuple(_words(names)))


def _words(names: Iterable[str]) -> Iterator[str]:
    """Each name, its parts, and how it is typed without Chinese letters."""
    # Imported here: its tables take longer than the whole command that never needs them.
    from pypinyin import lazy_pinyin

    for name in names:
        spelled = lazy_pinyin(name)
        yield from (name, *_PARTS.split(name), *spelled, "".join(spelled), "".join(spelled[1:]))


def wrong_password() -> Unauthenticated:
    """One answer for every way a sign-in fails."""
    return Unauthenticated("Login or password is wrong")


def view(row: dict[str, object]) -> StaffView:
    """The view of a row."""
    return StaffView(
        row["id"],  # type: ignore[arg-type]  # Piccolo rows are untyped
        row["login"],  # type: ignore[arg-type]
        row["name"],  # type: ignore[arg-type]
        tuple(row["roles"]),  # type: ignore[arg-type]
        row["org_unit_id"],  # type: ignore[arg-type]
        row["left_at"],  # type: ignore[arg-type]
        row["part_time"],  # type: ignore[arg-type]
    )
