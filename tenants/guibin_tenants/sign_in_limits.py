"""How often somebody may try a password. Counted in one statement before it is looked at, so that no two who try at the
same moment are counted as one, and by side, so that nobody shuts anybody else out.
"""

import hashlib
import ipaddress
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from piccolo.columns import Integer, Timestamptz, Varchar

from .refusals import TooManyRequests
from .scope import execute, fetch_one
from .tables import Index, Keys, TenantTable, new_id


class SignInLimit(TenantTable, tablename="sign_in_limit"):
    """Attempts of one side so far. `subject` is the digest of what they are counted for; they count until `until_at`."""

    subject = Varchar(length=64)
    attempts = Integer(default=0)
    until_at = Timestamptz(default=None, null=True)

    keys = Keys(while_frozen="*", unique=(("subject",),), indexes=(Index(("until_at",)),))


class Limit(Struct, frozen=True):
    """So many attempts of one `subject` `within` a time; the last of them shuts it for as long again.

    `shared` says that other people's attempts count there, too.
    """

    subject: str
    attempts_max: int
    within: timedelta
    shared: bool = False


class TooManyAttempts(TooManyRequests):
    """Too many attempts to sign in. Wrong passwords were given too often, from there or for this account."""


QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
FAILURES_MAX = 10


def from_device(staff_id: UUID, device_id: UUID) -> tuple[Limit, ...]:
    """Where this account signed in before: strangers who guess at it elsewhere change nothing here."""
    return (_limit("device", str(staff_id), str(device_id), attempts_max=FAILURES_MAX, within=QUARTER),)


def from_anywhere(login: str, address: str) -> tuple[Limit, ...]:
    """From a place unknown to the account: for the place, for the two together, and for the account from all such places.

    A login that nobody has is counted like any other. What is shut counts for nothing after it: whoever goes on at one
    account from one place does not shut the account for others.
    """
    place = network_of(address)
    return (
        _limit("place", place, attempts_max=100, within=QUARTER, shared=True),
        _limit("both", login, place, attempts_max=FAILURES_MAX, within=QUARTER),
        _limit("account", login, attempts_max=100, within=HOUR, shared=True),
    )


def of_forgotten(login: str, address: str, device_id: UUID | None) -> tuple[Limit, ...]:
    """Somebody says that they forgot their password: no more than so many mails come of it, and of a login that nobody has none.

    One place uses up its own few for a login, and a browser in which its account signed in has a few of its own: a stranger who
    asks on and on leaves the holder theirs.
    """
    if device_id is not None:
        return (_limit("forgotten/device", login, str(device_id), attempts_max=3, within=HOUR),)
    place = network_of(address)
    return (
        _limit("forgotten/place", place, attempts_max=20, within=QUARTER, shared=True),
        _limit("forgotten/both", login, place, attempts_max=3, within=HOUR),
        _limit("forgotten/account", login, attempts_max=15, within=HOUR, shared=True),
    )


def of_own_password(staff_id: UUID) -> tuple[Limit, ...]:
    """Somebody signed in tells their present password, to choose another."""
    return (_limit("password", str(staff_id), attempts_max=FAILURES_MAX, within=QUARTER),)


def of_own_code(staff_id: UUID) -> tuple[Limit, ...]:
    """Somebody signed in tells a code of their second factor again."""
    return (_limit("code/own", str(staff_id), attempts_max=FAILURES_MAX, within=QUARTER),)


def of_second_factor(staff_id: UUID, device_id: UUID | None, address: str) -> tuple[Limit, ...]:
    """Whoever knows the password tells a code: where the account signed in before strangers change nothing, elsewhere all
    strangers together try a few."""
    if device_id is not None:
        return (_limit("code/device", str(staff_id), str(device_id), attempts_max=FAILURES_MAX, within=QUARTER),)
    return (
        _limit("code/both", str(staff_id), network_of(address), attempts_max=5, within=QUARTER),
        _limit("code/account", str(staff_id), attempts_max=30, within=HOUR, shared=True),
    )


async def attempt(limits: Sequence[Limit], *, now: datetime) -> bool:
    """Count an attempt; True when it is the last that a limit lets through. Raises TooManyAttempts, counting too.

    The caller commits, whatever becomes of the attempt.
    """
    last = False
    for limit in limits:
        row = await fetch_one(
            "insert into sign_in_limit as l (id, subject, attempts, until_at) values ($1, $2, 1, $3)"
            " on conflict (tenant_id, subject) do update set"
            " attempts = case when l.until_at <= $4 then 1 else least(l.attempts, $5) + 1 end,"
            " until_at = case when l.until_at <= $4 or l.attempts + 1 = $5 then $3 else l.until_at end"
            " returning attempts, until_at",
            new_id(),
            limit.subject,
            now + limit.within,
            now,
            limit.attempts_max,
        )
        assert row is not None
        if row["attempts"] > limit.attempts_max:
            seconds = int((row["until_at"] - now).total_seconds()) + 1
            raise TooManyAttempts(f"Try again in {-(-seconds // 60)} minutes", retry_after=seconds)
        last = last or row["attempts"] == limit.attempts_max
    return last


async def forgive(limits: Sequence[Limit]) -> None:
    """The password was right: whoever gave it starts anew, and was no guesser for the limits shared with others."""
    await execute(
        "delete from sign_in_limit where subject = any ($1)", [one.subject for one in limits if not one.shared]
    )
    await execute(
        "update sign_in_limit set attempts = greatest(attempts - 1, 0) where id in"
        " (select id from sign_in_limit where subject = any ($1) order by subject for update)",
        [one.subject for one in limits if one.shared],
    )


async def forget(*, now: datetime) -> int:
    """Take away what counts no more; how many."""
    return await execute("delete from sign_in_limit where until_at <= $1", now)


def network_of(address: str) -> str:
    """Whom an address stands for: itself, or of version 6 the network of 64 bits that one subscriber has."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))


def _limit(*parts: str, attempts_max: int, within: timedelta, shared: bool = False) -> Limit:
    digest = hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
    return Limit(digest, attempts_max, within, shared)
