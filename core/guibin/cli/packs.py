"""`guibin pack`: the installed industry packs, and whether one does what its regulation says."""

import contextlib
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from msgspec import structs

from guibin.company_packs import actions as company_packs
from guibin.company_packs.actions import PackSwitch
from guibin.company_packs.queries import PackState
from guibin.context import Act, real_clock
from guibin.operation import provisioning
from guibin.packs import GROUP, Packs, Unloaded, installed
from guibin.regulations.rules import all_rules
from guibin.watch import pins
from guibin.watch.sources import home_of
from guibin_tenants import directory, registry

from . import environment
from .output import Json, answer, answer_table, as_json, err, fail, out

app = App(name="pack", help="List, show and check industry packs, and let companies have them.")
Switching = Callable[[str, PackSwitch, Act], Awaitable[PackState]]


@app.command(name="list")
def list_(
    *,
    health: Annotated[bool, Parameter(help="Look at everything each brings, and say why one is put aside.")] = False,
    json: Json = False,
) -> None:
    """All installed packs."""
    if health:
        _health(json=json)
        return
    packs = environment.packs()
    values = [packs.value(name) for name in packs.names]
    rules = Counter(rule.pack for rule in all_rules(None))
    found = [{"name": v.name, "regulation": v.regulation, "rules": rules[v.name]} for v in values]
    rows = [(v.name, v.regulation, rules[v.name]) for v in values]
    answer_table(found, ("pack", "regulation", "rules"), rows, empty="No pack is installed", json=json)


def _health(*, json: bool) -> None:
    # Read by this alone: it needs every slice.
    from guibin.conformance.soundness import sound

    packs = sound()
    found: list[dict[str, object]] = [{"name": name, "sound": True, "problems": ()} for name in packs.names]
    found += [{"name": name, "sound": False, "problems": problems} for name, problems in packs.aside.items()]
    rows = [(name, "ok", "") for name in packs.names]
    rows += [(name, "put aside", str(problem)) for name, problems in packs.aside.items() for problem in problems]
    answer_table(found, ("pack", "state", "why"), rows, empty="No pack is installed", json=json)
    if packs.aside:
        sys.exit(1)


@app.command
def show(pack: str) -> None:
    """The whole pack as JSON: what a tenant that enables it gets."""
    as_json(environment.packs().value(pack))


@app.command
async def check(
    pack: str,
    *,
    only: Annotated[str, Parameter(help="Only scenarios whose file or name holds this.")] = "",
    json: Json = False,
) -> None:
    """Look at everything that an installed pack, or one in a folder, brings, then play its scenarios on servers of their
    own; exit code 1 when something is wrong."""
    # Read by this command alone: they need every slice.
    from guibin.conformance.checks import check as played
    from guibin.conformance.checks import untold
    from guibin.conformance.scenarios import scenarios_of

    name, packs = _found(pack)
    if name in packs.aside:
        fail("\n".join(map(str, packs.aside[name])))
    value = packs.value(name)
    folder = packs.hooks_of((name,)).scenarios().get(name)
    if not json:
        out.print(f"sound: everything that {name} brings was looked at", markup=False)
    if folder is None:
        fail(f"the pack {name} has no scenarios: see docs/scenarios.md")
    scenarios = scenarios_of(name, folder)
    chosen = [one for one in scenarios if only in f"{one.file}/{one.name}"]
    verdicts = []
    async for verdict in played(packs, chosen):
        verdicts.append(verdict)
        if not json:
            told = f"{'FAIL' if verdict.problem else 'ok  '} {verdict.file}, {verdict.scenario}, {verdict.branch}"
            out.print(f"{told} ({', '.join(verdict.rules)})", markup=False, soft_wrap=True)
            if verdict.problem:
                out.print(f"     {verdict.problem}", markup=False, soft_wrap=True)
    failed = [verdict for verdict in verdicts if verdict.problem]
    if json:
        as_json(verdicts)
    else:
        kept = {rule for verdict in verdicts for rule in verdict.rules} - {rule for one in failed for rule in one.rules}
        out.print(f"{len(verdicts) - len(failed)} of {len(verdicts)} went as told; {len(kept)} rules kept")
        if missing := untold(value, scenarios):
            out.print(f"no scenario names {', '.join(missing)}", soft_wrap=True)
    if failed:
        sys.exit(1)


@app.command
def new(
    name: str, *, at: Annotated[Path | None, Parameter(help="The folder; by default guibin-NAME here.")] = None
) -> None:
    """Write a project for a pack of this name that passes its own tests at once."""
    from guibin.testing.projects import make

    folder = at or Path(f"guibin-{name}")
    for path in make(name, folder):
        out.print(str(path), markup=False, soft_wrap=True)
    out.print(f"Next: guibin pack check {folder}; (cd {folder} && pytest)", markup=False, soft_wrap=True)


@app.command
def pin(
    *packs: str,
    to: Annotated[Path | None, Parameter(help="The file; by default the one that GUIBIN_PACK_PINS names.")] = None,
) -> None:
    """Write down the hash of installed packs' files, of these or of all, as the ones that are meant; what else the file says
    stays. Where GUIBIN_PACK_PINS names the file, a pack with other files does not start."""
    path = to or (Path(os.environ[pins.PINS]) if pins.asked() else None)
    if path is None:
        fail(f"no file is named: use --to or {pins.PINS}")
    entries = {entry.name: entry for entry in entry_points(group=GROUP)}
    if unknown := [name for name in packs if name not in entries]:
        fail(f"{unknown[0]} is not installed; there is {', '.join(sorted(entries)) or 'none'}")
    try:
        known = pins.read(path) if path.exists() else pins.Pins()
        found = {name: pins.digest_of(pins.home_of(entries[name].module)) for name in packs or sorted(entries)}
    except pins.NotPinned as error:
        fail(str(error))
    pins.write(path, structs.replace(known, packs=known.packs | found))
    for name, digest in found.items():
        same = known.packs.get(name) == digest
        out.print(f"{name}  {digest}  {'as before' if same else 'now pinned'}", markup=False, soft_wrap=True)


@app.command
def sign(folder: Path, *, key: Annotated[Path, Parameter(help="An Ed25519 key in PEM's form.")]) -> None:
    """Sign the pack in this folder, the package itself, and say the public key that operators name to take whatever you sign.
    `openssl genpkey -algorithm ed25519 -out FILE` makes a key."""
    from guibin.conformance.checks import plugin_in

    if not folder.is_dir():
        fail(f"{folder} is no folder")
    name, plugin = plugin_in(folder.resolve())
    if isinstance(plugin, Unloaded):
        fail(str(plugin.problem))
    home = home_of(plugin)
    if home is None or not home.is_dir():
        fail(f"the pack {name} is no package of its own")
    try:
        public = pins.sign(name, home, key.read_bytes())
    except (OSError, ValueError) as error:
        fail(f"{key}: {error}")
    out.print(f"{home / pins.SIGNATURE}\npublic key: {public}", markup=False, soft_wrap=True)


@app.command
def dev(
    path: Path,
    *,
    port: Annotated[int, Parameter(help="Where it listens, on this machine only.")] = 8001,
) -> None:
    """Serve a throwaway company with the pack in this folder, and read it anew on every save; Ctrl-C ends it."""
    # Read by this command alone: it needs every slice.
    from guibin.conformance.serving import develop

    if not path.is_dir():
        fail(f"{path} is no folder")
    develop(path.resolve(), port=port, say=lambda said: err.print(said, markup=False, soft_wrap=True))


@app.command
async def enable(slug: str, pack: str, *, note: str = "", json: Json = False) -> None:
    """Let a company have a pack from now on: its tables are made, its people told."""
    await _switch(slug, pack, company_packs.enable, note, json=json)


@app.command
async def disable(slug: str, pack: str, *, note: str = "", json: Json = False) -> None:
    """Let a company do without a pack: what it does and shows ends at once, its data stays."""
    await _switch(slug, pack, company_packs.end, note, json=json)


@app.command
async def preview(slug: str, pack: str) -> None:
    """What switching the pack on, or off where the company has it, would bring, as JSON; writes nothing."""
    async with _allowed(slug, pack) as known, environment.inside(slug, installed_packs=known) as session:
        as_json(await company_packs.preview(pack, session.act))


@app.command
async def upgrades(
    pack: str = "",
    *,
    by: Annotated[datetime | None, Parameter(help="It holds for each company from then on at the latest.")] = None,
    json: Json = False,
) -> None:
    """Upgrades of packs that wait for companies to take them up; with a date, the last one by which this pack's hold. Exit code 1
    when a company's own policy stands in the way."""
    # Read by this command alone: it needs every slice.
    from guibin.operation import pack_upgrades

    environment.load_root_key()
    packs = environment.packs()
    if by is not None and not pack:
        fail("say of which pack: guibin pack upgrades PACK --by DATE")
    if pack:
        packs.value(pack)
    with environment.urls() as urls:
        where = (urls.owner, urls.app)
        if by is not None:
            at = by if by.tzinfo else by.astimezone()
            found = await pack_upgrades.hold_by(where, packs, real_clock, pack=pack, at=at)
        else:
            found = await pack_upgrades.waiting(where, packs, real_clock)
    found = [one for one in found if pack in ("", one.pack)]
    rows = [
        (one.slug, one.pack, one.version, one.offered, one.changes, one.effective_from, one.last_at, one.problem)
        for one in found
    ]
    head = ("company", "pack", "goes by", "installed", "changes", "holds from", "at the latest", "in the way")
    answer_table(found, head, rows, empty="No upgrade waits", json=json)
    if by is not None and any(one.problem for one in found):
        sys.exit(1)


async def _switch(slug: str, pack: str, action: Switching, note: str, *, json: bool) -> None:
    async with _allowed(slug, pack) as known, environment.inside(slug, installed_packs=known) as session:
        state = await action(pack, PackSwitch(note=note), session.act)
    answer(state, f"{slug} {'has' if state.enabled else 'does without'} {pack}.", json=json)


@contextlib.asynccontextmanager
async def _allowed(slug: str, pack: str) -> AsyncIterator[Packs]:
    """All packs, this one with its tables; for as long as this lasts the company may switch it."""
    known = environment.packs()
    known.value(pack)
    with environment.urls() as urls:
        await provisioning.make_tables(await directory.owner_url(urls.owner, slug), known, (pack,))
        async with environment.owner(slug) as owner:
            had = (await registry.by_slug(owner, slug)).packs_allowed
            await registry.allow_packs(owner, slug, (*had, pack))
            try:
                yield known
            finally:
                await registry.allow_packs(owner, slug, had)


def _found(pack: str) -> tuple[str, Packs]:
    """The pack's name, and all packs with it; `pack` is a name or a folder."""
    from guibin.conformance.checks import plugin_in
    from guibin.conformance.soundness import sound

    known = installed()
    if not Path(pack).is_dir():
        return pack, sound(known)
    name, plugin = plugin_in(Path(pack).resolve())
    return name, sound({**known, name: plugin})
