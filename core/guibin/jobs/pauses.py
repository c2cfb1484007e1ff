"""Letting jobs wait, of one kind or of every kind, and letting them run again."""

from typing import Annotated
from uuid import UUID

import asyncpg
from msgspec import Struct

from guibin.policy.words import saying, up_to
from guibin_tenants.principals import Signature
from guibin_tenants.refusals import Invalid, NotFound
from guibin_tenants.scope import execute, fetch_value
from guibin_tenants.tables import new_id

from .kinds import handler_of
from .refusals import AlreadyPaused


class NewPause(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to wait and why; every kind when `kind` is empty."""

    reason: Annotated[str, saying(500)]
    kind: Annotated[str, up_to(120)] = ""


async def pause(new: NewPause, act: Signature) -> UUID:
    """Let jobs of the kind wait from now on; the pause's id. Attempts in progress end as usual.

    Raises Invalid for a kind nobody handles, AlreadyPaused.
    """
    if new.kind and handler_of(new.kind) is None:
        raise Invalid.at("kind", "a kind of job", "see GET /api/v1/jobs", new.kind)
    pause_id = new_id()
    try:
        await execute(
            "insert into job_pause (id, kind, reason, paused_by, paused_by_name, paused_at)"
            " values ($1, $2, $3, $4, $5, $6)",
            pause_id,
            new.kind,
            new.reason,
            act.by.id,
            act.by.name,
            act.now,
        )
    except asyncpg.UniqueViolationError:
        raise AlreadyPaused(f"{new.kind or 'every kind'} waits already: take that pause away first") from None
    await execute(
        "update job set held_at = $2, handed_at = null, handed_by = null"
        " where ended_at is null and lease_token is null and held_at is null and ($1 = '' or kind = $1)",
        new.kind,
        act.now,
    )
    return pause_id


async def resume(pause_id: UUID) -> int:
    """Take the pause away; how many jobs may run now that no other pause holds. Raises NotFound."""
    kind = await fetch_value("delete from job_pause where id = $1 returning kind", pause_id)
    if kind is None:
        raise NotFound(f"There is no pause {pause_id}")
    return await execute(
        "update job set held_at = null where ended_at is null and held_at is not null and ($1 = '' or kind = $1)"
        " and not exists (select from job_pause p where p.tenant_id = job.tenant_id and p.kind in ('', job.kind))",
        kind,
    )
