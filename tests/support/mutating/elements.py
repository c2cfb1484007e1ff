"""Every element of every pack and of the core's regulations, taken out while the tests that could notice are run.

A policy is a value: companies go by the one without the element, so nothing is built or migrated anew.
"""

import asyncio
import contextlib
import json
import os
import re
import time
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import asyncpg
import msgspec
from msgspec import Struct, structs

from guibin.conformance.elements import Element, elements_of
from guibin.packs import Packs
from guibin.policy.layers import layered
from guibin.policy.packs import Overrides, Pack, Policy, encode_pack, merge
from guibin.policy.problems import PolicyProblem
from guibin.policy.validation import validate
from guibin.regulations.core import CORE
from guibin.regulations.general import GENERAL

from .candidates import FOLDERS, Sought
from .choosing import test_files
from .results import Result, Results, hash_of
from .touches import ROOT, fingerprint
from .trying import Tries, run_in_fork

# Who noticed which element: it may only become longer.
NOTICED = ROOT / "tests" / "mutations" / "noticed.json"
_REGULATIONS = {"core": CORE, "general": GENERAL}
_SCENARIO = re.compile(r"test_a_scenario\[(\w+)/(\w+)/")
_TOP = re.compile(r"[a-z_]+")
_CITED = re.compile(rb'"clause":"[^"]*"')


class Missing(Struct, frozen=True, kw_only=True):
    """One element less of the pack, or of the core's or the general regulations, `whose` it is.

    `value` is short for all of it, `near` is what else it says around the element's name.
    """

    whose: str
    element: Element
    value: str
    near: frozenset[str]

    @property
    def refused(self) -> str:
        """Why no service starts without it, or of the regulations, why no company without packs could write a policy any
        more; empty where nothing contradicts itself."""
        return (
            _unwritable(self.whose, self.element.without)
            if self.whose in _REGULATIONS
            else _unfit(self.element.without)
        )

    @property
    def sought(self) -> Sought:
        """What tests are looked for."""
        return Sought(element=self.element, whose=self.whose, near=self.near)

    @property
    def id(self) -> str:
        """What it is called in the results."""
        return f"element {self.whose} {self.element.place}"

    def settled(self, result: Result) -> Result:
        """The same for as long as it holds: who noticed as long as the test and the policy are the same, who did not
        until any test is another.
        """
        return structs.replace(result, of=self._of(result), rules=self.element.rules)

    def verdict(self, results: Results) -> str | None:
        """What is known of it, if that still holds."""
        known = results.known.get(self.id)
        return known.verdict if known and known.of == self._of(known) else None

    def _of(self, result: Result) -> str:
        return hash_of([self.value, fingerprint(_file_of(result.by)) if result.by else _every_test()])


def missing_elements(packs: Packs) -> list[Missing]:
    """All of them, in the policies' own order: what is in another comes after it."""
    found = []
    for whose, value in ({name: packs.value(name) for name in packs.names} | _REGULATIONS).items():
        text = hash_of([encode_pack(structs.replace(value, texts={})).decode()])  # its words for people change often
        elements = list(elements_of(value))
        near = _near(elements)
        for element in elements:
            if "." not in element.place and _stood_in_for(whose, value, element.without):
                continue
            found.append(Missing(whose=whose, element=element, value=text, near=near.get(_own(element), frozenset())))
    return found


def _near(elements: Sequence[Element]) -> dict[str, frozenset[str]]:
    """Name → what else the policy says where it is named: a metric's tiers, an item's rights, and their clauses."""
    found: dict[str, set[str]] = {}
    for element in elements:
        for name in element.names:
            found.setdefault(name, set()).update(element.names, element.rules)
    return {name: frozenset(said - {name}) for name, said in found.items()}


def _own(element: Element) -> str:
    return element.names[-1] if element.names else ""


def concerns(one: Missing, changed: Sequence[str]) -> bool:
    """Whether what changed may have made or unmade the element, or a story about it."""
    folder = "core/guibin/regulations/" if one.whose in _REGULATIONS else f"plugins/{one.whose}/"
    return any(file.startswith(folder) for file in changed)


def said_in(one: Missing, difference: str) -> bool:
    """Whether the changed lines name it, or what it is in."""
    return any(re.search(rf"\b{re.escape(name)}\b", difference) for name in one.element.names)


def try_all(
    chosen: Sequence[Missing],
    results: Results,
    addresses: dict[str, str],
    *,
    until: float,
    at_once: int,
    seen: Mapping[str, Mapping[str, Any]],
) -> None:
    """In so many processes at once; each verdict is in the results' file as it comes."""
    tops = list(dict.fromkeys((one.whose, _top(one)) for one in chosen))
    known = noticed() | {one.id: last.by for one in chosen if (last := results.known.get(one.id)) and last.by}
    running: dict[int, Tries] = {}
    began = time.monotonic()
    for place in range(at_once):
        share = tuple(one for one in chosen if tops.index((one.whose, _top(one))) % at_once == place)
        log = results.path.parent / f"elements-{place}.log"
        if share:
            tries = Tries(share, results, until, known, seen, log)
            running[run_in_fork(tries, place + 1)] = tries
    try:
        while running:
            pid, status = os.wait()
            tries = running.pop(pid, None)
            if tries is None:
                continue
            asyncio.run(_drop(addresses["superuser"], f"guibin_within_{pid}"))
            results.read()
            # A test that hung has ended it: another goes on behind the element.
            left = tuple(one for one in tries.missing if one.id not in results.since_start)
            if os.waitstatus_to_exitcode(status) == 3 and left and time.monotonic() < until:
                rest = structs.replace(tries, missing=left)
                running[run_in_fork(rest, int(tries.log.stem.rpartition("-")[2]) + 1)] = rest
    except BaseException:
        for pid in running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, 9)
        raise
    results.read()
    print(f"{len(chosen)} elements in {time.monotonic() - began:.0f} s")


def report(missing: Sequence[Missing], tried: Sequence[Missing], results: Results) -> int:
    """Print of how many something was noticed, by whose they are and by rule, and what nobody misses; the exit code.

    Whatever was noticed once must go on being noticed: of those, one that nobody misses any more fails.
    """
    verdicts = {one.id: verdict for one in missing if (verdict := one.verdict(results))}
    for whose in dict.fromkeys(one.whose for one in missing):
        print(f"elements of {whose}: {_share([one for one in missing if one.whose == whose], verdicts)}")
    print(f"elements of all: {_share(missing, verdicts)}")
    rules = sorted({rule for one in missing for rule in one.element.rules})
    by_rule = {rule: _share([one for one in missing if rule in one.element.rules], verdicts) for rule in rules}
    print("by rule: " + ", ".join(f"{rule} {share}" for rule, share in by_rule.items()))
    once = noticed()
    survivors = [one.id for one in tried if verdicts.get(one.id) == "survived"]
    for name in survivors:
        print(f"SURVIVED {name}: no test misses it" + (f", and {once[name]} did" if name in once else ""))
    return 1 if once.keys() & survivors else 0


def noticed() -> dict[str, str]:
    """Element → the test that noticed."""
    return json.loads(NOTICED.read_text())  # type: ignore[no-any-return]  # texts by texts


def keep_noticed(missing: Sequence[Missing], results: Results) -> None:
    """Write down what somebody misses: from now on somebody has to. What is an element no more is forgotten."""
    found = {one.id: results.known[one.id].by for one in missing if one.verdict(results) == "killed"}
    ids = {one.id for one in missing}
    kept = {name: by for name, by in (noticed() | found).items() if name in ids}
    NOTICED.write_text(json.dumps(dict(sorted(kept.items())), indent=0, ensure_ascii=False) + "\n")


def _top(one: Missing) -> str:
    found = _TOP.match(one.element.place)
    return found[0] if found else ""


def _unfit(value: Pack) -> str:
    return _problem(validate(value))


def _stood_in_for(whose: str, whole: Pack, value: Pack) -> bool:
    """Whether a company goes by the same with this `value` of the policy instead of the `whole`: what every policy has says
    what is missing, too, and it cited a clause."""
    try:
        policies = (_policy(_REGULATIONS | {whose: whole}), _policy(_REGULATIONS | {whose: value}))
    except (LookupError, TypeError, ValueError):
        return False
    both = [_CITED.sub(b"", msgspec.json.encode(_in_one_order(policy))) for policy in policies]
    return both[0] == both[1]


def _in_one_order(policy: Policy) -> Policy:
    """Which right and which contact is said first makes no difference."""
    rights = sorted(policy.entitlements, key=lambda one: (one.scheme, one.tier, one.item))
    contacts = sorted(policy.cadences, key=lambda one: (one.scheme, one.tier, one.span))
    return structs.replace(policy, entitlements=tuple(rights), cadences=tuple(contacts))


def _policy(parts: Mapping[str, Pack]) -> Policy:
    """What a company without packs goes by, or with the one that is beside the regulations."""
    packs, own = [value for name, value in parts.items() if name not in _REGULATIONS], Overrides()
    return merge(layered(parts["general"], packs, own).parts, parts["core"], own, version=0)


def _unwritable(whose: str, value: Pack) -> str:
    try:
        policy = _policy(_REGULATIONS | {whose: value})
    except (LookupError, TypeError, ValueError) as error:
        return str(error)
    return _problem(validate(policy))


def _problem(found: Sequence[PolicyProblem]) -> str:
    """The first that is no missing word."""
    return next((f"{problem.path}: {problem.rule}" for problem in found if problem.path != "texts"), "")


def _file_of(test: str) -> str:
    """Where it lies: a scenario's in the file that tells it."""
    found = _SCENARIO.search(test)
    if not found:
        return test.partition("::")[0]
    folder = "core/guibin/regulations" if found[1] == "general" else f"plugins/{found[1]}/guibin_{found[1]}"
    return f"{folder}/scenarios/{found[2]}.toml"


@cache
def _every_test() -> str:
    tests = [file for file in test_files() if file.startswith(FOLDERS)]
    stories = sorted(
        str(file.relative_to(ROOT)) for file in ROOT.glob("*/**/scenarios/*.toml") if ".venv" not in file.parts
    )
    return hash_of([fingerprint(file) for file in [*tests, *stories]])


def _share(missing: Sequence[Missing], verdicts: dict[str, str]) -> str:
    known = [verdicts[one.id] for one in missing if one.id in verdicts]
    left = f", {len(missing) - len(known)} not tried" if len(known) < len(missing) else ""
    return f"{known.count('killed')}/{len(known)}{left}"


async def _drop(superuser: str, name: str) -> None:
    connection = await asyncpg.connect(superuser)
    try:
        await connection.execute(f"drop database if exists {name} with (force)")
    finally:
        await connection.close()
