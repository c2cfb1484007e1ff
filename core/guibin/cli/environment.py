"""Where the command line finds the database, Redis and keys: the environment, or the embedded servers."""

import contextlib
import os
import pwd
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import msgspec
import psutil
from msgspec import Struct

from guibin.context import Act, Company, now_of, real_clock
from guibin.files import bounds as file_bounds
from guibin.files import places as file_places
from guibin.operation import embedded
from guibin.packs import Packs, installed
from guibin_tenants import directory, keyring
from guibin_tenants.database import connected, connected_to
from guibin_tenants.principals import PERMISSIONS, Principal
from guibin_tenants.refusals import Frozen, Refusal
from guibin_tenants.registry import TenantView
from guibin_tenants.scope import tenant_scope
from guibin_tenants.tables import new_id

if TYPE_CHECKING:
    # Most commands call nobody.
    from guibin.outbound.targets import Rules


# What the kernel says of a process that nobody signed in for.
NOBODY_SIGNED_IN = 2**32 - 1


class Urls(Struct, frozen=True):
    """Where the servers are."""

    app: str
    owner: str
    relay: str
    redis: str


class NoServer(Refusal):
    """No Guibin here. There is nothing of ours where the command looks."""


class Session(Struct, frozen=True):
    """A command at work inside one tenant's scope."""

    act: Act
    packs: Packs
    tenant: TenantView


def home() -> Path:
    """Where Guibin keeps its own servers' data: GUIBIN_HOME, or `.guibin` here."""
    return Path(os.environ.get("GUIBIN_HOME", ".guibin")).resolve()


def load_root_key() -> None:
    """Take the root key of this installation. Raises NoServer where none was set up, KeyringError when it is none."""
    refuse_nowhere()
    keyring.load_root_key(home())


def use_files() -> None:
    """Keep files and checkpoints where the environment says, and as many as it says. Raises BadStore, BadBound."""
    # Only whoever serves pays for importing whatever carries a checkpoint away.
    from guibin.evidence import targets

    file_bounds.use_room(os.environ)
    file_places.use_store(file_places.store_of(os.environ))
    targets.use_store(os.environ)


def refuse_nowhere() -> None:
    """Raises NoServer when neither the environment names a database nor our own servers were ever set up in `home`."""
    if "GUIBIN_DATABASE_URL" in os.environ or embedded.set_up(home()):
        return
    others = sorted(running_homes())
    if others:
        fix = f"`guibin up` runs elsewhere: set {' or '.join(f'GUIBIN_HOME={other}' for other in others)}"
    else:
        fix = "set GUIBIN_HOME to the folder that `guibin up` was started with, or GUIBIN_DATABASE_URL to your server"
    raise NoServer(f"no server runs here: {home()} holds none; {fix}")


def running_homes() -> set[Path]:
    """With which homes a `guibin up` of this machine runs, as far as this account may look."""
    found = set()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            words = process.cmdline()
            if "up" in words and any(Path(word).name in ("guibin", "guibin.cli") for word in words):
                place = Path(process.environ().get("GUIBIN_HOME", ".guibin"))
                found.add((Path(process.cwd()) / place).resolve())
    return {one for one in found if embedded.set_up(one)}


@contextlib.contextmanager
def urls(*, fresh: bool = False) -> Iterator[Urls]:
    """The servers of the environment; otherwise the embedded ones, started for as long as this lasts.

    Raises NoServer when there are none yet, unless they may be `fresh`.
    """
    external = os.environ.get("GUIBIN_DATABASE_URL")
    if external:
        yield Urls(
            external,
            os.environ.get("GUIBIN_OWNER_URL", external),
            os.environ.get("GUIBIN_RELAY_URL", external),
            os.environ.get("GUIBIN_REDIS_URL", "redis://127.0.0.1:6379/0"),
        )
        return
    if not fresh:
        refuse_nowhere()
    with embedded.running(home()) as servers:
        yield Urls(servers.app_url, servers.owner_url, servers.relay_url, servers.redis_url)


def outbound_rules() -> "Rules":
    """Whom the product may call beyond public https: GUIBIN_OUTBOUND_ALLOWED, hosts or host:port, by commas."""
    from guibin.outbound.targets import Rules

    return Rules(os.environ.get("GUIBIN_OUTBOUND_ALLOWED", "").split(","))


def public_url() -> str:
    """Under which address customers reach the service, for links in messages: GUIBIN_PUBLIC_URL."""
    return os.environ.get("GUIBIN_PUBLIC_URL", "")


def packs() -> Packs:
    """All installed packs, those that cannot start put aside where one is bad already by its import, its value, its tables or its
    addresses."""
    try:
        return Packs(installed())
    except (Exception, SystemExit):
        # Looking at everything that packs bring takes every slice: only where one is bad does each command pay for it.
        from guibin.conformance.soundness import sound

        return sound()


@contextlib.asynccontextmanager
async def owner(slug: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection as the owner role, for what operators do with this company, on its cell. Raises NotFound and NoServer."""
    with urls() as found:
        async with connected_to(await directory.owner_url(found.owner, slug)) as connection:
            yield connection


@contextlib.asynccontextmanager
async def inside(
    slug: str, *, installed_packs: Packs | None = None, changes: bool = False, by: Principal | None = None
) -> AsyncIterator[Session]:
    """Work as the operator inside one tenant's scope; committed at the end. Raises NotFound and NoServer; Frozen for what `changes` what
    the company has while it is read-only."""
    # Only commands that act pay for importing every slice.
    from guibin import timetable  # noqa: F401
    from guibin.policies.queries import act_of

    load_root_key()
    with urls() as found:
        async with connected(found.app, pool_size=4):
            tenant = await directory.find(slug)
            if changes:
                refuse_frozen(tenant)
            company = msgspec.convert(tenant, Company, from_attributes=True)
            async with tenant_scope(tenant.id):
                now = await now_of(company, real_clock)
                known = installed_packs or packs()
                act = await act_of(known, company, by=by or operator(), now=now)
                yield Session(act, known, tenant)


def refuse_frozen(tenant: TenantView) -> None:
    """Raises Frozen."""
    if tenant.frozen_at is not None:
        raise Frozen(f"{tenant.slug} is read-only: guibin tenant thaw {tenant.slug}")


def person() -> Principal:
    """Who signed in to the machine, as its kernel knows it, whatever the environment says: what is done by two people asks that.

    Where nobody signed in, as in a container: who the process is, and of root by `sudo` whoever asked for that.
    """
    with contextlib.suppress(OSError, ValueError, KeyError):
        signed_in = int(Path("/proc/self/loginuid").read_text())
        if signed_in != NOBODY_SIGNED_IN:
            return operator(pwd.getpwuid(signed_in).pw_name)
    account = os.environ.get("SUDO_USER") if os.geteuid() == 0 else None
    with contextlib.suppress(KeyError):
        account = account or pwd.getpwuid(os.getuid()).pw_name
    return operator(account or str(os.getuid()))


def operator(name: str = "") -> Principal:
    """Whoever types the command, by the name of the machine's account."""
    name = name or os.environ.get("SUDO_USER") or os.environ.get("USER") or "operator"
    return Principal(kind="operator", id=new_id(), name=f"operator {name}", permissions=PERMISSIONS, address="cli")
