"""Checkpoints that do not get where they are to go: since when and why, and who is told, once when it begins and once when it is over."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Literal

import asyncpg
from msgspec import Struct

from guibin.audit.actions import Noted, noted
from guibin.cases import Case
from guibin.context import Act
from guibin.notices.actions import Notice, notify
from guibin_tenants.rows import change, many
from guibin_tenants.scope import execute, fetch, fetch_many
from guibin_tenants.tables import new_id

from .tables import EvidenceFailure

Reason = Literal[
    "no_answer",
    "not_allowed",
    "unwatched",
    "unknown_key",
    "inconsistent",
    "ahead",
    "refused",
    "wrong_signature",
    "holds_another",
    "no_channel",
    "no_address",
    "no_auditor",
    "mail_refused",
]
"""Why a checkpoint did not get there; `checkpoint_failure.<reason>` says it in words."""
GRAVE: frozenset[Reason] = frozenset(("inconsistent", "ahead", "holds_another"))
"""What does not pass by itself and may mean that the log was rewritten: told at once."""
ROLES = ("auditor", "tenant_admin")


class Failure(Struct, frozen=True):
    """No checkpoint has got to `target` `since`; `last_at` was the last try, and `told_at` when people were told, None as yet."""

    target: str
    reason: Reason
    since: datetime
    last_at: datetime
    told_at: datetime | None


class Limit(Struct, frozen=True):
    """How long checkpoints may fail to arrive before people are told, and what the targets are called in what they are told."""

    after: timedelta
    called: Mapping[str, Mapping[str, str]]


async def standing() -> dict[str, Failure]:
    """By target what fails now."""
    return {each.target: each for each in await many(Failure, "from evidence_failure order by target")}


async def settle(failed: Mapping[str, Reason], arrived: Collection[str], limit: Limit, act: Act) -> None:
    """These failed and there it arrived. People are told of what is grave at once, of the rest when it has lasted, and of whom they
    were told once it arrives again; all that they are told is on record."""
    rows = await fetch_many(
        "insert into evidence_failure (id, target, reason, since, last_at) values ($1, $2, $3, $4, $4)"
        " on conflict (tenant_id, target) do update set reason = excluded.reason, last_at = excluded.last_at"
        " returning id, target, reason, since, told_at",
        [(new_id(), target, reason, act.now) for target, reason in sorted(failed.items())],
    )
    for row in rows:
        if row["reason"] in GRAVE:
            await _begins(row, f"checkpoint_failing/{row['id']}/{row['reason']}", limit, act)
        elif row["told_at"] is None and act.now - row["since"] >= limit.after:
            await _begins(row, f"checkpoint_failing/{row['id']}", limit, act)
    for row in await fetch("delete from evidence_failure where target = any ($1::text[]) returning *", list(arrived)):
        if row["told_at"] is not None:
            await notify(
                _notice("checkpoint_arriving", row, limit), key=f"checkpoint_arriving/{row['id']}", now=act.now
            )
            await noted("evidence.arriving", act, **_said(row))


async def forget_all_but(targets: Collection[str]) -> None:
    """What is not to get any more does not fail."""
    await execute("delete from evidence_failure where target <> all ($1::text[])", list(targets))


async def _begins(row: asyncpg.Record, key: str, limit: Limit, act: Act) -> None:
    if await notify(_notice("checkpoint_failing", row, limit), key=key, now=act.now):
        await noted("evidence.failing", act, **_said(row))
        await change(EvidenceFailure, row["id"], told_at=act.now)


def _notice(kind: str, row: asyncpg.Record, limit: Limit) -> Notice:
    details = {**limit.called.get(row["target"], {}), "failure": row["reason"]}
    return Notice(kind, Case("evidence", row["id"]), roles=ROLES, at_head_office=True, details=details)


def _said(row: asyncpg.Record) -> Noted:
    purpose = f"{row['target']}: {row['reason']}"
    return {"subject": "evidence", "subject_id": row["id"], "purpose": purpose, "shown": 0}
