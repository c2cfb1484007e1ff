"""`guibin pack dev`: a company of its own that has the pack of a folder, served, and read anew on every save.

Each reading is a process of its own: what a pack leaves behind in one goes with it. The servers and what was written stay. What
cannot start is told, and what was served goes on.
"""

import asyncio
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from secrets import token_bytes, token_urlsafe
from typing import Any

import msgspec
from msgspec import Struct

from guibin import timetable  # noqa: F401  # makes known who reacts
from guibin.app import server
from guibin.app.factory import create_app
from guibin.company_packs import upgrades
from guibin.context import Company, real_clock
from guibin.operation import migrations, provisioning, worker
from guibin.packs import Packs, installed
from guibin.policies.queries import act_of
from guibin.policy.posts import roles_of
from guibin_tenants import keyring, keys, registry, staff
from guibin_tenants.database import connected
from guibin_tenants.keys import NewKey
from guibin_tenants.principals import PERMISSIONS, Principal
from guibin_tenants.refusals import NotFound
from guibin_tenants.registry import NewTenant
from guibin_tenants.scope import tenant_scope
from guibin_tenants.staff import NewStaff
from guibin_tenants.tables import new_id

from .checks import plugin_in, servers_alone
from .soundness import sound

SLUG, LOGIN = "dev", "admin"
# How often the folder is looked at, how long a reading may take, and how long a process may take to end.
LOOKED_EVERY_S, READ_WITHIN_S, ENDS_WITHIN_S = 0.4, 120.0, 15.0
FILES_MAX = 5_000
_LEFT_OUT = {".git", ".venv", "__pycache__", ".pytest_cache", "node_modules"}
_CHILD = "from guibin.conformance.serving import read_and_run; read_and_run()"


class Reading(Struct, frozen=True):
    """What a process is told: the folder, where the servers are, and what it is to be: the API, or whoever does its jobs."""

    folder: str
    port: int
    root_key: str
    password: str
    app_url: str
    owner_url: str
    relay_url: str
    redis_url: str
    works: bool = False


def develop(folder: Path, *, port: int, say: Callable[[str], None]) -> None:
    """Serve until Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with servers_alone() as at:
        told = Reading(
            str(folder), port, token_bytes(32).hex(), token_urlsafe(12),
            at.app_url, at.owner_url, at.relay_url, at.redis_url,
        )  # fmt: skip
        running: list[subprocess.Popen[str]] = []
        seen: dict[str, tuple[int, int]] = {}
        try:
            while True:
                now = _files(folder)
                if now != seen:
                    seen = now
                    running = _read_anew(told, running, say)
                time.sleep(LOOKED_EVERY_S)
        except KeyboardInterrupt:
            say("Stopping …")
        finally:
            _end(running)


def read_and_run() -> None:
    """Be one process: read the pack, say that it is sound, and do one's part when the one before has ended."""
    # What the pack prints is for its author's eyes.
    answers = os.dup(1)
    os.dup2(2, 1)
    told = msgspec.json.decode(sys.stdin.readline(), type=Reading)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    keyring.use_root_key(bytes.fromhex(told.root_key))
    name, plugin = plugin_in(Path(told.folder))
    packs = sound({**installed(), name: plugin})
    if name in packs.aside:
        sys.exit("\n".join(map(str, packs.aside[name])))
    if not told.works:
        asyncio.run(_company(name, packs, told))
    os.write(answers, b"sound\n")
    if sys.stdin.readline():
        if told.works:
            asyncio.run(worker.run(worker.Addresses(told.app_url, told.relay_url, told.redis_url), packs=packs))
        else:
            server.run(create_app(told.app_url, packs=packs), server.Listening(told.port))


def _read_anew(
    told: Reading, running: list[subprocess.Popen[str]], say: Callable[[str], None]
) -> list[subprocess.Popen[str]]:
    """The processes of what the folder says now; those that run where it cannot start."""
    say("Reading the pack …")
    begun: list[subprocess.Popen[str]] = []
    for works in (False, True):
        begun.append(_begin(msgspec.structs.replace(told, works=works)))
        if not _is_sound(begun[-1]):
            _end(begun)
            say("It cannot start; " + ("what was served before goes on." if running else "mend it and save."))
            return running
    _end(running)
    for one in begun:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    if not _listens(begun[0], told.port):
        _end(begun)
        say(f"Nobody listens on port {told.port}: see above, or take another with --port.")
        return []
    say(f"Served: http://127.0.0.1:{told.port}")
    return begun


def _begin(told: Reading) -> subprocess.Popen[str]:
    # Without bytecode: what is saved twice within a second would be read as it was.
    words = [sys.executable, "-B", "-c", _CHILD]
    pipe: Any = subprocess.PIPE
    child = subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True, start_new_session=True)
    assert child.stdin is not None
    child.stdin.write(json.dumps(msgspec.to_builtins(told)) + "\n")
    child.stdin.flush()
    return child


def _is_sound(child: subprocess.Popen[str]) -> bool:
    assert child.stdout is not None
    ready, _, _ = select.select([child.stdout], [], [], READ_WITHIN_S)
    return bool(ready) and child.stdout.readline() == "sound\n"


def _listens(api: subprocess.Popen[str], port: int) -> bool:
    until = time.monotonic() + READ_WITHIN_S
    while api.poll() is None and time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.1)
    return False


def _end(running: list[subprocess.Popen[str]]) -> None:
    for one in running:
        one.terminate()
    for one in running:
        try:
            one.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            one.kill()
            one.wait()
    running.clear()


def _files(folder: Path) -> dict[str, tuple[int, int]]:
    """What stands in the folder, by when it was written and how long it is."""
    found: dict[str, tuple[int, int]] = {}
    for path in folder.rglob("*"):
        if path.is_file() and not _LEFT_OUT.intersection(path.relative_to(folder).parts) and len(found) < FILES_MAX:
            stat = path.stat()
            found[str(path)] = (stat.st_mtime_ns, stat.st_size)
    return found


async def _company(name: str, packs: Packs, told: Reading) -> None:
    """The company, with somebody who runs it and a key, made once; it goes by what the pack says now."""
    done = await migrations.migrate(told.owner_url, packs.schemas())
    if done.refused:
        again = "what a database here had behind it is gone with the next `guibin pack dev`"
        sys.exit("\n".join([*map(str, done.refused), again]))
    now = real_clock()
    async with connected(told.app_url, pool_size=2) as pool:
        try:
            tenant, new = await registry.by_slug(pool, SLUG), False
        except NotFound:
            made = NewTenant(slug=SLUG, name=SLUG, packs=(name,))
            tenant, new = (
                await provisioning.provision(
                    made, owner_url=told.owner_url, app_url=told.app_url, packs=packs, now=now
                ),
                True,
            )
        company = msgspec.convert(tenant, Company, from_attributes=True)
        by = Principal(kind="operator", id=new_id(), name=SLUG, permissions=PERMISSIONS, address="cli")
        async with tenant_scope(company.id):
            act = await act_of(packs, company, by=by, now=now)
            for one in act.hooks.waiting():
                await upgrades.decide(one, upgrades.UpgradeDecision(), act)
            if new:
                person = NewStaff(login=LOGIN, name=LOGIN, roles=("tenant_admin", "manager"), password=told.password)
                await staff.add(person, now=now, posts=roles_of(act.policy.posts))
                token, _ = await keys.create(NewKey(name=SLUG, scopes=("*",)), now=now)
                said = f"Company {SLUG}, login {LOGIN}, password {told.password}\nKey: {token}"
                print(said, file=sys.stderr, flush=True)
