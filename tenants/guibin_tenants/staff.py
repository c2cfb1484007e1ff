"""Staff accounts: who works for the company, in which org unit and role, and how they sign in."""

import contextlib
import functools
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from msgspec import Struct
from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Array, Boolean, Integer, Text, Timestamptz, Varchar

from .credentials import issue
from .principals import ROLE_PERMISSIONS
from .refusals import FieldError, Invalid, NotFound, Unauthenticated
from .scope import current_tenant
from .tables import Index, Keys, TenantTable

SESSION_LASTS = timedelta(hours=12)
FAILURES_MAX = 10
LOCKED_FOR = timedelta(minutes=15)
PASSWORD_CHARS_MIN = 10

# argon2id with the library's defaults (RFC 9106, low-memory profile).
HASHER = PasswordHasher()


@functools.cache
def _nobodys_hash() -> str:
    """Verified when the login is unknown, so that the answer takes as long."""
    return HASHER.hash(secrets.token_hex(16))


# The company's posts by name, each with the role it brings.
Posts = Mapping[str, str]
NO_POSTS: Posts = MappingProxyType({})


class Staff(TenantTable, tablename="staff"):
    """One member of staff. `roles` holds roles and the names of posts. `left_at` ends the account; their customers are
    handed to somebody first. `part_time` says that they look after customers beside other work (S12-4).
    """

    login = Varchar(length=100)
    name = Varchar(length=100)
    roles = Array(base_column=Text(), default=list)
    org_unit_id = UuidColumn(default=None, null=True)
    part_time = Boolean(default=False)
    password_hash = Text(default=None, null=True)
    failures = Integer(default=0)
    locked_until = Timestamptz(default=None, null=True)
    created_at = Timestamptz(default=None, null=True)
    left_at = Timestamptz(default=None, null=True)

    keys = Keys(unique=(("login",),), references={"org_unit_id": "org_unit"})


class StaffSession(TenantTable, tablename="staff_session"):
    """A signed-in browser: the digest of its cookie and the CSRF token it must send with every change."""

    staff_id = UuidColumn(default=None)
    digest = Varchar(length=64)
    csrf = Varchar(length=64)
    created_at = Timestamptz(default=None, null=True)
    expires_at = Timestamptz(default=None, null=True)
    address = Varchar(length=64, default="")

    keys = Keys(unique=(("digest",),), references={"staff_id": "staff"}, indexes=(Index(("expires_at",)),))


class NewStaff(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`roles` as in ROLE_PERMISSIONS, or posts; `org_unit_id` None means head office."""

    login: str
    name: str
    roles: tuple[str, ...]
    org_unit_id: UUID | None = None
    password: str | None = None
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


class SignedIn(Struct, frozen=True):
    """A session's cookie and CSRF token, shown once."""

    token: str
    csrf: str
    expires_at: datetime
    staff: StaffView


async def add(new: NewStaff, *, now: datetime, posts: Posts = NO_POSTS) -> StaffView:
    """Raises Invalid for an unknown role or post, a taken login or a weak password."""
    problems = _wrong_roles(new.roles, posts)
    if new.password is not None:
        problems += _wrong_password(new.password)
    if await Staff.exists().where(Staff.login == new.login):
        problems.append(FieldError("login", "not used by another member of staff", value=new.login))
    if problems:
        raise Invalid("The account cannot be created", fields=tuple(problems))
    staff = Staff(
        login=new.login,
        name=new.name,
        roles=list(with_posts(new.roles, posts)),
        org_unit_id=new.org_unit_id,
        part_time=new.part_time,
        password_hash=HASHER.hash(new.password) if new.password else None,
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
    return await by_id(changed.id)


def with_posts(roles: tuple[str, ...], posts: Posts) -> tuple[str, ...]:
    """The roles, posts and the roles they bring, each once. Raises Invalid for an unknown one."""
    problems = _wrong_roles(roles, posts)
    if problems:
        raise Invalid("The roles cannot be given", fields=tuple(problems))
    brought = (posts[role] for role in roles if role in posts)
    return tuple(dict.fromkeys((*roles, *brought)))


async def set_password(staff_id: UUID, password: str) -> None:
    """A new password; the lock and every session end. Raises NotFound, or Invalid for a weak one."""
    await by_id(staff_id)
    problems = _wrong_password(password)
    if problems:
        raise Invalid("The password cannot be set", fields=tuple(problems))
    await Staff.update({Staff.password_hash: HASHER.hash(password), Staff.failures: 0, Staff.locked_until: None}).where(
        Staff.id == staff_id
    )
    await StaffSession.delete().where(StaffSession.staff_id == staff_id)


async def all_staff() -> list[StaffView]:
    """Everybody by login, those who left included."""
    return [view(row) for row in await Staff.select().order_by(Staff.login)]


async def by_login(login: str) -> StaffView | None:
    """The account, or None."""
    rows = await Staff.select().where(Staff.login == login)
    return view(rows[0]) if rows else None


async def by_id(staff_id: UUID) -> StaffView:
    """Raises NotFound."""
    rows = await Staff.select().where(Staff.id == staff_id)
    if not rows:
        raise NotFound(f"There is no member of staff {staff_id}")
    return view(rows[0])


async def sign_in(*, login: str, password: str, address: str, now: datetime) -> SignedIn | None:
    """A new session, or None when login or password is wrong, the account is locked, or its owner left.

    Failures are counted here; the caller commits them. Ten in a row lock the account for 15 minutes.
    """
    row = await Staff.objects().where(Staff.login == login).first()
    known = row is not None and row.left_at is None and row.password_hash is not None
    locked = known and row is not None and row.locked_until is not None and row.locked_until > now
    try:
        HASHER.verify(row.password_hash if known and row else _nobodys_hash(), password)
        right = known and not locked
    except (VerifyMismatchError, InvalidHashError):
        right = False
    if row is None:
        return None
    if not right:
        if known and not locked:
            failures = row.failures + 1
            locked_until = now + LOCKED_FOR if failures >= FAILURES_MAX else None
            await Staff.update(
                {Staff.failures: 0 if locked_until else failures, Staff.locked_until: locked_until}
            ).where(Staff.id == row.id)
        return None
    if row.failures:
        await Staff.update({Staff.failures: 0, Staff.locked_until: None}).where(Staff.id == row.id)
    token, credential = issue("gb_sess_", current_tenant())
    session = StaffSession(
        staff_id=row.id,
        digest=credential.digest,
        csrf=secrets.token_urlsafe(32),
        created_at=now,
        expires_at=now + SESSION_LASTS,
        address=address,
    )
    await StaffSession.insert(session)
    return SignedIn(token, session.csrf, session.expires_at, view(row.to_dict()))


def verify_nobody(password: str) -> None:
    """Spend the time of a verification, for answers that must not tell an unknown company from a wrong password."""
    with contextlib.suppress(VerifyMismatchError):
        HASHER.verify(_nobodys_hash(), password)


async def sign_out(digest: str) -> None:
    """End the session with this digest; nothing happens when there is none."""
    await StaffSession.delete().where(StaffSession.digest == digest)


async def leave(staff_id: UUID, *, now: datetime) -> None:
    """End an account and its sessions at once. Raises NotFound."""
    await by_id(staff_id)
    await Staff.update({Staff.left_at: now}).where(Staff.id == staff_id, Staff.left_at.is_null())
    await StaffSession.delete().where(StaffSession.staff_id == staff_id)


def _wrong_roles(roles: tuple[str, ...], posts: Posts) -> list[FieldError]:
    known = (*ROLE_PERMISSIONS, *posts)
    problems = [
        FieldError("roles", "a role or one of the company's posts", f"one of {', '.join(known)}", role)
        for role in roles
        if role not in known
    ]
    return problems if roles else [FieldError("roles", "at least one")]


def _wrong_password(password: str) -> list[FieldError]:
    if len(password) >= PASSWORD_CHARS_MIN:
        return []
    return [FieldError("password", f"at least {PASSWORD_CHARS_MIN} characters")]


def wrong_password() -> Unauthenticated:
    """One answer for every way a sign-in fails."""
    return Unauthenticated("Login or password is wrong, or the account is locked for a while")


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
