"""Purging a company for good, by two people: one asks, with the exit pack in hand; another confirms once the waiting time is over.

Until it is confirmed it is withdrawn by a word. From then on it can only be ended: the company is suspended, and whatever breaks it
off, the same command goes on. The certificate is signed by the key of the company's log in the transaction that deletes that key.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct
from msgspec.structs import replace

from guibin.audit.actions import noted
from guibin.context import Act
from guibin.evidence import actions as sequencing
from guibin.evidence import queries as log
from guibin.evidence.keys import origin, public_keys, signing_key
from guibin.evidence.verify import CERTIFICATE, CERTIFICATE_FORMAT, ExitPack, canonical, encoded
from guibin.files import places
from guibin.jobs.ledger import RUNNING
from guibin.watch.failpoints import reach
from guibin_tenants import freezing, purges, registry
from guibin_tenants.purges import AnotherPerson, NoPurge, NotDue, Purge, PurgeAsked, refuse_ending
from guibin_tenants.refusals import Conflict, Invalid
from guibin_tenants.registry import TenantView
from guibin_tenants.scope import fetch, fetch_one

from . import backups, erasure
from .erasure import StillWorking

WAITS_DAYS, WAITS_DAYS_MIN, WAITS_DAYS_MAX = 30, 7, 3_650


class NotFrozen(Conflict):
    """The company is still written. Freeze it, write its exit pack, then ask."""

    kind = "tenant-not-frozen"


class OtherPack(Conflict):
    """That is no exit pack of what the company has. Write one now that it is frozen, and ask with that."""

    kind = "other-exit-pack"


class FilesLeft(Conflict):
    """The store did not delete everything. What is left of the company is deleted by the same command again."""

    kind = "files-left"


class Left(Struct, frozen=True, kw_only=True):
    """What the company had when its log ended, read before anything goes."""

    head: dict[str, Any]
    keys: tuple[dict[str, Any], ...]
    private: Ed25519PrivateKey


async def ask(
    connection: asyncpg.Connection, pack: ExitPack, act: Act, *, because: str, days: int = WAITS_DAYS
) -> Purge:
    """Ask to purge the company, inside its scope; `connection` is the owner role's. On record in the company.

    Raises Invalid, NotFrozen, OtherPack, PurgeAsked.
    """
    if not because.strip():
        raise Invalid.at("because", "why, for whoever confirms it", detail="Nothing was asked for")
    if not WAITS_DAYS_MIN <= days <= WAITS_DAYS_MAX:
        raise Invalid.at("days", f"{WAITS_DAYS_MIN} to {WAITS_DAYS_MAX}", value=str(days))
    keys = await public_keys()
    async with connection.transaction():
        company = await registry.locked(connection, act.company.slug)
        if company.purge is not None:
            raise PurgeAsked(f"{company.purge.asked_by} asked for it on {company.purge.asked_at:%Y-%m-%d}")
        made_at = _made_at(company, pack, [str(each) for each in keys])
        asked = Purge(
            asked_by=act.by.name,
            asked_at=act.now,
            because=because,
            due_at=act.now + timedelta(days=days),
            exit_root=pack.root,
            exit_made_at=made_at,
            exit_clear=pack.head["clear"],
        )
        await noted("purge.ask", act, subject="purge", purpose=because)
        await purges.keep(connection, company.slug, asked)
    return asked


async def withdraw(connection: asyncpg.Connection, act: Act) -> None:
    """Let it be kept, inside its scope; on record. Raises NoPurge, PurgeConfirmed."""
    async with connection.transaction():
        company = await registry.locked(connection, act.company.slug)
        if company.purge is None:
            raise NoPurge(company.slug)
        refuse_ending(company.slug, company.purge)
        await noted("purge.withdraw", act, subject="purge", purpose=company.purge.because)
        await purges.keep(connection, company.slug, None)


async def confirm(connection: asyncpg.Connection, slug: str, *, by: str, now: datetime) -> Purge:
    """Confirm it: the company is suspended, and nothing brings it back. Whoever ends one that was broken off may be anybody.

    Raises NotFound, NoPurge, AnotherPerson, NotDue, NotFrozen, OtherPack.
    """
    async with connection.transaction():
        company = await registry.locked(connection, slug)
        asked = company.purge
        if asked is None:
            raise NoPurge(f"guibin tenant purge ask {slug} --pack FOLDER --because …")
        if asked.confirmed_at is not None:
            return asked
        if by == asked.asked_by:
            raise AnotherPerson(f"{by} asked to purge {slug}")
        if now < asked.due_at:
            raise NotDue(f"{slug} may be purged from {asked.due_at:%Y-%m-%d %H:%M %Z} on")
        if company.frozen_at is None:
            raise NotFrozen(f"{slug} was written since: freeze it, write another pack, and ask anew")
        if company.frozen_at > asked.exit_made_at:
            raise OtherPack(f"{slug} was thawed since the pack was made: write another, and ask anew")
        confirmed = replace(asked, confirmed_by=by, confirmed_at=now)
        await purges.keep(connection, slug, confirmed)
        await registry.suspend(connection, slug, because=asked.because, now=now)
    return confirmed


async def last_words(purge: Purge, folders: Sequence[Path], act: Act) -> Left:
    """Inside the scope of a company whose purge is confirmed: its log ends, and is told of in the certificate with the keys that will
    go. Raises KeyringError."""
    await noted("purge.confirm", act, subject="purge", purpose=purge.because)
    _, private = await signing_key(act.now)
    while await sequencing.sequence(act) >= sequencing.ENTRIES_AT_ONCE:
        pass
    note, keys = await log.latest(), [str(each) for each in await public_keys()]
    files = await fetch_one(
        "select count(*) as count, coalesce(sum(bytes_count), 0)::bigint as bytes,"
        f" count(*) filter (where kept_in = '{places.STORE}') as in_store from stored_file"
    )
    # Of customers' keys there are as many as customers: which they were, whoever has the exit pack counts again.
    subjects = hashlib.sha256()
    rows = await fetch('select id::text as id from subject_key order by id::text collate "C"')
    for row in rows:
        subjects.update(f"{row['id']}\n".encode())
    company = await fetch("select id::text as id, version, made_at from tenant_key order by version")
    assert files is not None
    assert note is not None
    return Left(
        head={
            "certificate": CERTIFICATE_FORMAT,
            "company": act.company.slug,
            "company_id": str(act.company.id),
            "origin": origin(),
            "key": keys[0],
            "later_keys": keys[1:],
            "asked_by": purge.asked_by,
            "asked_at": purge.asked_at.isoformat(),
            "because": purge.because,
            "due_at": purge.due_at.isoformat(),
            "confirmed_by": purge.confirmed_by,
            "confirmed_at": (purge.confirmed_at or act.now).isoformat(),
            "exit_root": purge.exit_root,
            "exit_made_at": purge.exit_made_at.isoformat(),
            "exit_clear": purge.exit_clear,
            "log": note.note,
            "files": dict(files),
            "customer_keys": {"count": len(rows), "sha256": subjects.hexdigest()},
            "backups": [{"folder": each.name, "bases": backups.bases_of(each)} for each in folders],
        },
        keys=(
            *({"kind": "company", "id": row["id"], "version": row["version"]} for row in company),
            *({"kind": "log", "id": each} for each in keys),
        ),
        private=private,
    )


async def purge(
    connection: asyncpg.Connection, slug: str, left: Left, folders: Sequence[Path], *, now: datetime
) -> str:
    """Everything goes: files first, then what backups keep of them, at last in one transaction all rows and keys. The certificate.

    Raises StoreAway, FilesLeft, StillWorking, BackupFailed; then, or where it is killed, it is done again.
    """
    company = await registry.by_slug(connection, slug)
    await places.forget(company.id)
    if left.head["files"]["in_store"] and (stay := await places.counted(company.id)):
        raise FilesLeft(f"{stay} files of {slug} are still in the store: the same command again deletes them")
    reach("purge.files")
    for folder in folders:
        backups.forget(folder, company.id)
    reach("purge.backups")
    async with connection.transaction():
        company = await registry.locked(connection, slug)
        assert company.purge is not None
        await connection.execute(
            "select set_config('guibin.tenant', $1, true), set_config('guibin.units', '*', true)", str(company.id)
        )
        running = await connection.fetchval(RUNNING)
        if running:
            raise StillWorking(f"{running} jobs of {slug} still run: they end within their time limit, then try again")
        rows = await erasure.delete_rows(connection, company.id)
        certificate = certified(left, rows, now)
        await registry.bury(
            connection, company.id, by=company.purge.confirmed_by, now=now, rows=msgspec.json.encode(rows).decode()
        )
        await purges.keep(connection, slug, replace(company.purge, ended_at=now), certificate=certificate)
        reach("purge.rows")
    reach("purge.committed")
    return certificate


async def finish(connection: asyncpg.Connection, slug: str, folders: Sequence[Path]) -> TenantView:
    """What follows once all rows are gone, also where it was done before: pages of keys are swept, and backups have the certificate,
    which a restore brings back."""
    await erasure.sweep_keys(connection)
    async with connection.transaction():
        company = await registry.locked(connection, slug)
    certificate = await purges.certificate_of(connection, slug)
    for folder in folders if certificate is not None else ():
        backups.forget(folder, company.id)
        backups.keep_certificate(folder, company.id, certificate or "")
    reach("purge.finished")
    return company


async def refuse_unsigned(act: Act) -> None:
    """Raises KeyringError where the certificate could not be signed: nothing is confirmed then."""
    await signing_key(act.now)


async def settled(connection: asyncpg.Connection, company: TenantView, *, now: datetime) -> None:
    """Wait until whatever was let in before it was suspended has ended."""
    assert company.suspended_at is not None
    await asyncio.sleep(max(0.0, (company.suspended_at + erasure.SETTLES_WITHIN - now).total_seconds()))
    await freezing.at_rest(connection)


def certified(left: Left, rows: dict[str, int], now: datetime) -> str:
    """The certificate: a line for the purge, each table and each key, and the signature over them all."""
    lines = [
        left.head | {"destroyed_at": now.isoformat()},
        *({"table": table, "rows": rows[table]} for table in sorted(rows)),
        *({"destroyed_key": each} for each in left.keys),
    ]
    written = b"".join(canonical(each) + b"\n" for each in lines)
    signature = encoded(left.private.sign(CERTIFICATE + hashlib.sha256(written).digest()))
    return (written + canonical({"signature": signature}) + b"\n").decode()


def lines_of(certificate: str) -> list[dict[str, Any]]:
    """Each line of one."""
    return [msgspec.json.decode(line) for line in certificate.splitlines()]


def _made_at(company: TenantView, pack: ExitPack, keys: Sequence[str]) -> datetime:
    """When the pack was made. Raises NotFrozen, OtherPack for any but one of all that this company has."""
    if company.frozen_at is None:
        raise NotFrozen(f"guibin tenant freeze {company.slug} --because …")
    head = pack.head
    if (
        head["company_id"] != str(company.id)
        or [head["key"], *head["later_keys"]] != keys[: 1 + len(head["later_keys"])]
    ):
        raise OtherPack(f"It is {head['company']}'s, or was not signed by the log of {company.slug}")
    made_at = datetime.fromisoformat(head["made_at"])
    if made_at < company.frozen_at:
        raise OtherPack(f"It was made at {made_at:%Y-%m-%d %H:%M}, and {company.slug} was written until it was frozen")
    return made_at
