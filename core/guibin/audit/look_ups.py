"""How often one caller may name a sealed value and learn whether somebody has it: so nobody finds them by trying.

Counts stand in PostgreSQL, so that they hold for all processes together. A person counts in one row; a key that serves a
whole hotline would wait for itself there, and counts in several, of which each takes its share of the limit.
"""

import random
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from msgspec import Struct

from guibin_tenants import settings
from guibin_tenants.principals import Principal, Signature
from guibin_tenants.refusals import FieldError, Invalid, TooManyRequests
from guibin_tenants.scope import fetch_one

SETTING = "look_up_limits"
WINDOW = timedelta(hours=1)
LIMIT_MAX = 10_000_000
# From this limit on a count is kept in several rows.
SHARED_FROM, PARTS = 1_600, 16


class TooManyLookUps(TooManyRequests):
    """Too many numbers were asked for within the hour. Sealed values, by one caller."""


class LookUpLimits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many sealed values one person, or one key, may name within an hour: searches for numbers, recognitions, identity
    checks, proofs, corrections that give a confidential value.
    """

    person_per_hour: int = 300
    key_per_hour: int = 36_000


async def limits() -> LookUpLimits:
    """The company's."""
    return await settings.read(SETTING, LookUpLimits, LookUpLimits())


async def set_limits(new: LookUpLimits) -> None:
    """Raises Invalid."""
    wrong = tuple(
        FieldError(name, f"1 to {LIMIT_MAX:,} an hour", value=str(value))
        for name, value in (("person_per_hour", new.person_per_hour), ("key_per_hour", new.key_per_hour))
        if not 1 <= value <= LIMIT_MAX
    )
    if wrong:
        raise Invalid(fields=wrong)
    await settings.write(SETTING, new)


async def refuse_too_many(act: Signature) -> None:
    """Raises TooManyLookUps when nothing is left, before anything is looked up; `counted` has the last word."""
    if not _limited(act.by):
        return
    row = await fetch_one(
        "select sum(asked) as count, max(since) as since from look_up_count where actor_id = $1 and since > $2",
        _counted_for(act.by),
        act.now - WINDOW,
    )
    most = await _most(act.by)
    if row is not None and row["count"] is not None and row["count"] >= most:
        raise _refusal(most, row["since"], act.now)


async def counted(act: Signature) -> TooManyLookUps | None:
    """Count one more; the refusal when it is one too many. Others of the same caller wait until the transaction ends."""
    if not _limited(act.by):
        return None
    most = await _most(act.by)
    parts = PARTS if most >= SHARED_FROM else 1
    row = await fetch_one(
        "insert into look_up_count as n (id, actor_id, part, since, asked) values (gen_random_uuid(), $1, $2, $3, 1)"
        " on conflict (tenant_id, actor_id, part) do update set"
        " asked = case when n.since > $4 then n.asked + 1 else 1 end,"
        " since = case when n.since > $4 then n.since else excluded.since end returning asked, since",
        _counted_for(act.by),
        random.randrange(parts),
        act.now,
        act.now - WINDOW,
    )
    assert row is not None
    return _refusal(most, row["since"], act.now) if row["asked"] > most // parts else None


def _limited(by: Principal) -> bool:
    # Jobs and operators at the machine answer to the record alone.
    return by.kind in ("staff", "key")


def _counted_for(by: Principal) -> UUID:
    """However many keys somebody has, they ask for as much as one."""
    return uuid5(by.owner_id, "keys") if by.owner_id is not None else by.id


async def _most(by: Principal) -> int:
    found = await limits()
    return found.key_per_hour if by.kind == "key" else found.person_per_hour


def _refusal(most: int, since: datetime, now: datetime) -> TooManyLookUps:
    wait = max(int((since + WINDOW - now).total_seconds()) + 1, 1)
    return TooManyLookUps(f"{most} numbers were asked for within the hour: try again in {wait} s", retry_after=wait)
