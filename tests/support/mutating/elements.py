"""Every element of every pack and of the core's regulations, taken out while the scenarios that could notice are played.

A policy is a value: a company of its own goes by the one without the element, so nothing is forked, built or migrated anew.
"""

import asyncio
import contextlib
import json
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import asyncpg
from msgspec import Struct

from guibin.app.factory import create_app
from guibin.conformance.companies import Theatre, going_by
from guibin.conformance.elements import Element, elements_of, likely
from guibin.conformance.playing import Broken, play
from guibin.conformance.scenarios import GENERAL, Scenario, all_scenarios
from guibin.packs import Packs, installed
from guibin.policies import queries
from guibin.policy.packs import Pack, encode_pack
from guibin.regulations.core import CORE
from guibin.regulations.general import GENERAL as GENERAL_PACK
from guibin_tenants import keyring
from guibin_tenants.database import connected
from support import PLENTY, TestClock

from .results import Result, Results, hash_of
from .touches import ROOT, fingerprint

# So many branches are played at most until an element counts as unnoticed; of those that name neither it nor its clause none.
PLAYS_MAX = 12
# Elements that no scenario misses yet: it may only become shorter.
NOTICED = ROOT / "tests" / "mutations" / "noticed.json"
_REGULATIONS = {"core": CORE, GENERAL: GENERAL_PACK}


class Missing(Struct, frozen=True, kw_only=True):
    """One element less of the pack, or of the core's or the general regulations, `whose` it is."""

    whose: str
    element: Element
    plays: tuple[tuple[str, Scenario, str], ...]
    of: str

    @property
    def id(self) -> str:
        """What it is called in the results."""
        return f"element {self.whose} {self.element.place}"


def missing_elements(packs: Packs) -> list[Missing]:
    """All of them, each with the branches that could notice, the likeliest first."""
    told = all_scenarios(packs)
    values: dict[str, Pack] = _REGULATIONS | {name: packs.value(name) for name in packs.names}
    found = []
    for whose, value in values.items():
        # What the core brings holds in every company.
        near = [(one, each) for one, each in told if one == whose or whose == "core"]
        owner = {id(each): one for one, each in near}
        of = hash_of(
            [encode_pack(value).decode(), *(fingerprint(file) for file in _files(dict.fromkeys(owner.values())))]
        )
        for element in elements_of(value):
            ranked = likely(element, [each for _, each in near])[:PLAYS_MAX]
            plays = tuple((owner[id(each)], each, branch) for each, branch in ranked)
            found.append(Missing(whose=whose, element=element, plays=plays, of=of))
    return found


def concerns(one: Missing, changed: Sequence[str]) -> bool:
    """Whether what changed may have made or unmade the element, or a story about it."""
    folders = _folders(one.whose)
    return any(file.startswith(folder) for file in changed for folder in folders)


def try_all(
    chosen: Sequence[Missing], results: Results, addresses: dict[str, str], *, until: float, at_once: int
) -> None:
    """Play, in so many processes at once; each verdict is in the results' file as it comes."""
    running = []
    for share in range(at_once):
        pid = os.fork()
        if not pid:
            code = 1
            try:
                os.setsid()
                asyncio.run(_try(chosen[share::at_once], results, addresses, until))
                code = 0
            except BaseException as error:
                print(f"the elements' process failed: {error!r}", flush=True)
            finally:
                os._exit(code)
        running.append(pid)
    try:
        for pid in running:
            os.waitpid(pid, 0)
    except BaseException:
        for pid in running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, 9)
        raise
    results.read()


def report(missing: Sequence[Missing], tried: Sequence[Missing], results: Results) -> int:
    """Print of how many something was noticed, by whose they are and by rule, and what nobody misses; the exit code.

    Whatever was noticed once must go on being noticed: of those, one that nobody misses any more fails.
    """
    verdicts = {one.id: verdict for one in missing if (verdict := _verdict(one, results))}
    for whose in dict.fromkeys(one.whose for one in missing):
        print(f"elements of {whose}: {_share([one for one in missing if one.whose == whose], verdicts)}")
    print(f"elements of all: {_share(missing, verdicts)}")
    rules = sorted({rule for one in missing for rule in one.element.rules})
    by_rule = {rule: _share([one for one in missing if rule in one.element.rules], verdicts) for rule in rules}
    print("by rule: " + ", ".join(f"{rule} {share}" for rule, share in by_rule.items()))
    noticed = set(json.loads(NOTICED.read_text()))
    survivors = [one.id for one in tried if verdicts.get(one.id) == "survived"]
    for name in survivors:
        print(f"SURVIVED {name}: no scenario misses it" + (", and one did" if name in noticed else ""))
    return 1 if noticed.intersection(survivors) else 0


def keep_noticed(missing: Sequence[Missing], results: Results) -> None:
    """Write down what somebody misses: from now on somebody has to."""
    found = {one.id for one in missing if _verdict(one, results) == "killed"}
    noticed = sorted(found.union(json.loads(NOTICED.read_text())))
    NOTICED.write_text(json.dumps(noticed, indent=0, ensure_ascii=False) + "\n")


def _verdict(one: Missing, results: Results) -> str | None:
    known = results.known.get(one.id)
    return known.verdict if known and known.of == one.of else None


def _share(missing: Sequence[Missing], verdicts: dict[str, str]) -> str:
    known = [verdicts[one.id] for one in missing if one.id in verdicts]
    left = f", {len(missing) - len(known)} not tried" if len(known) < len(missing) else ""
    return f"{known.count('killed')}/{len(known)}{left}"


async def _try(share: Sequence[Missing], results: Results, addresses: dict[str, str], until: float) -> None:
    name = f"guibin_elements_{os.getpid()}"
    await _statement(addresses["superuser"], f"create database {name} template guibin owner guibin_owner")
    owner, app = (addresses[role].replace("/guibin?", f"/{name}?") for role in ("owner", "app"))
    keyring.use_root_key(b"\x07" * 32)
    packs = Packs(installed())
    clock = TestClock()
    try:
        async with connected(app, pool_size=8):
            built = create_app(app, packs=packs, clock=clock, bounds=PLENTY)
            theatre = Theatre(app=built, packs=packs, clock=clock, owner_url=owner, app_url=app)
            sound: dict[tuple[str, str, str], bool] = {}
            for one in share:
                if time.monotonic() > until:
                    return
                began = time.monotonic()
                by, ran = await _noticed(one, theatre, sound)
                results.add(
                    Result(
                        one.id,
                        "killed" if by else "survived",
                        by=by,
                        ran=ran,
                        could=len(one.plays),
                        took_s=round(time.monotonic() - began, 1),
                        of=one.of,
                        rules=one.element.rules,
                    )
                )
                print(f"{'killed' if by else 'SURVIVED'} {one.id} {f'by {by}' if by else ''}", flush=True)
    finally:
        await _statement(addresses["superuser"], f"drop database if exists {name} with (force)")


async def _noticed(one: Missing, theatre: Theatre, sound: dict[tuple[str, str, str], bool]) -> tuple[str, int]:
    """The story that is not as it says without the element, though it is with it; how many were played."""
    for ran, (whose, scenario, branch) in enumerate(one.plays, 1):
        with _without(one, theatre) as less:
            broken = await _broken(scenario, branch, less)
        key = (whose, f"{scenario.file}/{scenario.name}", branch)
        if broken and key not in sound:
            sound[key] = not await _broken(scenario, branch, theatre)
        if broken and sound[key]:
            return f"{_place(whose)}/{scenario.file}.toml::{scenario.name}[{branch}]", ran
    return "", len(one.plays)


async def _broken(scenario: Scenario, branch: str, theatre: Theatre) -> bool:
    try:
        await play(scenario, branch, theatre)
    except (Broken, Exception):  # a policy with a hole may break anything
        return True
    return False


@contextlib.contextmanager
def _without(one: Missing, theatre: Theatre) -> Iterator[Theatre]:
    value: Any = one.element.without
    if one.whose not in _REGULATIONS:
        with going_by(theatre.packs.with_value(value), theatre) as less:
            yield less
        return
    name = "CORE" if one.whose == "core" else "GENERAL"
    before = getattr(queries, name)
    setattr(queries, name, value)
    try:
        yield theatre
    finally:
        setattr(queries, name, before)


def _folders(whose: str) -> tuple[str, ...]:
    if whose in _REGULATIONS:
        return ("core/guibin/regulations/",)
    return (f"plugins/{whose}/",)


def _files(owners: Iterable[str]) -> list[str]:
    return sorted(str(file.relative_to(ROOT)) for one in owners for file in (ROOT / _place(one)).glob("*.toml"))


def _place(whose: str) -> str:
    """Where their scenarios lie."""
    return "core/guibin/regulations/scenarios" if whose == GENERAL else f"plugins/{whose}/guibin_{whose}/scenarios"


async def _statement(superuser: str, statement: str) -> None:
    connection = await asyncpg.connect(superuser)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
