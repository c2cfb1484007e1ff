"""What PostgreSQL refuses because of what others wrote, at the same moment perhaps: refusals for the reader."""

import asyncpg

from .refusals import READ_ONLY, Conflict, FieldError, Frozen, Invalid, Refusal
from .schema import COMPANY_FROZEN


class FrozenInDatabase(asyncpg.PostgresError):  # type: ignore[misc]  # asyncpg says nothing of its types
    """A row of a company that is read-only would have been written."""

    # By it asyncpg finds the class.
    sqlstate = COMPANY_FROZEN


# Whoever asks again finds the other one done.
AT_ONCE = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError)
# A missing value or a broken check of ours is no caller's: those stay faults.
VIOLATIONS = (
    asyncpg.UniqueViolationError,
    asyncpg.ExclusionViolationError,
    asyncpg.ForeignKeyViolationError,
    FrozenInDatabase,
    *AT_ONCE,
)


class AlreadyThere(Conflict):
    """There is one with this value already. Something with this value was recorded first, a moment ago perhaps."""


class StillNamed(Conflict):
    """Something else still names this."""


class AtTheSameTime(Conflict):
    """Somebody else changed the same at the same moment. Nothing was written."""

    retry_after = 1


def refusal_of(error: asyncpg.PostgresError) -> Refusal:
    """What an error of VIOLATIONS says to whoever asked. Values are not repeated: they may be somebody else's."""
    if isinstance(error, asyncpg.UniqueViolationError | asyncpg.ExclusionViolationError):
        rule = FieldError(_column(error), "not used by another", "choose another, or look at the one there is")
        return AlreadyThere("It was recorded before; nothing was written", fields=(rule,))
    if isinstance(error, asyncpg.ForeignKeyViolationError):
        if "on table" in (error.message or "") and (error.message or "").startswith("update or delete"):
            return StillNamed("Take it out of what names it first; nothing was written")
        return Invalid.at(_column(error), "the id of one there is", "look at the list of them")
    if isinstance(error, FrozenInDatabase):
        return Frozen(READ_ONLY)
    return AtTheSameTime("Nothing was written: ask again")


def _column(error: asyncpg.PostgresError) -> str:
    """The column, out of the name that every constraint here has: table, tenant_id, columns, kind."""
    name = (error.constraint_name or "").removeprefix(f"{error.table_name}_").removeprefix("tenant_id_")
    for kind in ("_key", "_fkey", "_idx"):
        name = name.removesuffix(kind)
    return "id" if name in ("", "pkey") else name
