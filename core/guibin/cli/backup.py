"""`guibin backup` and `guibin restore`: the embedded database, to any moment since the first backup."""

import asyncio
import os
import sys
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from guibin.context import real_clock
from guibin.operation import backups, embedded, erasure, restoring
from guibin.operation.restoring import Restored
from guibin_tenants import keyring, purges, root_keys
from guibin_tenants.database import connected, connected_to
from guibin_tenants.keyring import KeyringError
from guibin_tenants.purges import Purge
from guibin_tenants.refusals import Invalid

from . import environment
from .moments import aware
from .output import Json, answer, err


async def backup(
    to: Path,
    *,
    wal: Annotated[
        bool, Parameter(help="Fetch what was written since the last time, and make no new base.", negative="")
    ] = False,
    json: Json = False,
) -> None:
    """Write the embedded database into a folder, on another disk than this: a base, and the WAL since the last time. It goes on serving.

    No key is in it: keep the root key elsewhere.
    """
    _refuse_external()
    environment.refuse_nowhere()
    with embedded.running(environment.home()) as servers:
        async with connected(servers.app_url, pool_size=2):
            files = backups.folder_of_files(dict(os.environ))
            done = await backups.back_up(environment.home(), _place(to), now=real_clock(), only_wal=wal, files=files)
    said = f"base {done.base} and the WAL since" if done.base else "the WAL since the last time"
    answer(done, f"Written: {said}, {done.files} new files, checkpoints of {done.companies} companies.", json=json)


async def restore(
    of: Path,
    *,
    until: Annotated[
        datetime | None,
        Parameter(help="A moment since the first base; UTC unless it has an offset. Without it: all there is."),
    ] = None,
    json: Json = False,
) -> None:
    """Bring a backup into the empty GUIBIN_HOME, erase again who was erased since, and verify every company's log.

    The root key must be there before: in the environment, or as root.key in that folder. Exit code 1 when a log is not what was signed.
    """
    _refuse_external()
    home, folder = environment.home(), _place(of)
    keyring.load_root_key(home)
    if not root_keys.held():
        raise KeyringError(f"there is no root key: put its copy into {home}/root.key first (docs/backups.md)")
    kept = backups.read_kept(folder)
    await asyncio.to_thread(restoring.lay_out, folder, home, until=aware(until, "UTC"))
    err.print("The database stands. Verifying …", style="dim")
    packs = environment.packs()
    from guibin import timetable  # noqa: F401  # registered by being imported

    by = environment.operator()
    try:
        with embedded.running(home) as servers:
            async with connected(servers.app_url, pool_size=4) as pool:
                async with connected_to(servers.owner_url) as owner:
                    gone = await erasure.erase_again(
                        owner, kept.companies, by=by.name, now=real_clock(), certificates=kept.certificates
                    )
                    purged = [slug for slug in gone if await purges.certificate_of(owner, slug) is not None]
                found = [each async for each in restoring.settle(kept, packs, by, pool)]
    except BaseException:
        restoring.take_away(home)
        raise
    answer(
        {"companies": found, "erased": gone, "purged": purged},
        "\n".join((*map(_said, found), *(_gone(slug, purged) for slug in gone))),
        json=json,
    )
    if any(each.findings for each in found):
        sys.exit(1)


def _place(folder: Path) -> Path:
    return folder.resolve()


def _said(one: Restored) -> str:
    tail = f", {one.missing} later ones are not in this backup" if one.missing else ""
    again = f"; {len(one.erased)} customers erased again" if one.erased else ""
    wrong = "".join(f"\n  {each}" for each in one.findings)
    log = (
        f"{one.slug}: its log of {one.entries} entries agrees with its checkpoints{tail}{again}"
        if not wrong
        else f"{one.slug}:{wrong}"
    )
    return log if one.purge is None else f"{log}\n{_purge(one.slug, one.purge)}"


def _gone(slug: str, purged: Collection[str]) -> str:
    if slug not in purged:
        return f"{slug}: erased again"
    return (
        f"{slug}: was purged, and is erased again; its certificate: guibin tenant purge show {slug} --certificate FILE"
    )


def _purge(slug: str, purge: Purge) -> str:
    if purge.confirmed_at is not None:
        return f"{slug}: {purge.confirmed_by} confirmed its purge. End it: guibin tenant purge confirm {slug}"
    return (
        f"{slug}: {purge.asked_by} asked on {purge.asked_at:%Y-%m-%d} to purge it. Whether it was purged since, this backup does not"
        f" tell: who has a certificate of it purges it again (guibin tenant purge confirm {slug})"
    )


def _refuse_external() -> None:
    if "GUIBIN_DATABASE_URL" in os.environ:
        rule = "only the embedded database is backed up by this command: use your server's own means"
        raise Invalid.at("GUIBIN_DATABASE_URL", rule, "pg_basebackup and archive_command")
