"""Writing a company's own rules into a bundle, comparing one with what the company has, and taking it in."""

from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from guibin.audit.actions import noted
from guibin.automations.checking import problems as unknown_names
from guibin.context import Act
from guibin.policies.actions import brought_back, laid_over
from guibin.policies.queries import merged, own_parts
from guibin.policy.packs import Overrides
from guibin.policy_changes import versions
from guibin.policy_changes.drafts import paths_in
from guibin.policy_changes.requests import PolicyAmendment
from guibin.policy_changes.versions import Amended, otherwise
from guibin.policy_changes.wording import Change
from guibin.scripts import actions as scripts
from guibin.scripts import queries
from guibin.scripts.requests import HookName, NewScript, NewScriptCase, NewScriptVersion, ScriptCases
from guibin.scripts.stubs import HOOKS
from guibin_tenants.refusals import FieldError, Invalid, Refusal, refuse

from .refusals import NotPortable
from .requests import BundleCompared, BundleImport
from .values import Bundle, BundledScript, read, written

_SCRIPTS = "scripts."


class BundleView(Struct, frozen=True, kw_only=True):
    """A bundle as TOML, and how much is in it."""

    toml: str
    elements: int
    scripts: int


class ScriptCompared(Struct, frozen=True, kw_only=True):
    """A script of the bundle beside the company's: new, changed, the same, or for another hook, which nothing takes in."""

    name: str
    hook: str
    outcome: Literal["new", "changed", "same", "other_hook"]


class BundleComparison(Struct, frozen=True, kw_only=True):
    """What a bundle would change, before anything is.

    `conflicts` are the elements and scripts that the company says itself and the bundle otherwise; `problems` forbid taking it
    in, `unknown` are names in its automations that the company has nothing of, which forbid switching those on. `part` is the
    part of the policy whose approval it waits for. `latest` is the last version of the policy.
    """

    changes: tuple[Change, ...]
    conflicts: tuple[str, ...]
    scripts: tuple[ScriptCompared, ...]
    problems: tuple[FieldError, ...]
    unknown: tuple[FieldError, ...]
    part: str
    latest: int


class BundleImported(Struct, frozen=True, kw_only=True):
    """What came of it: of the policy a version or a proposal, if it is otherwise, and each script; nothing is switched on."""

    policy: Amended | None
    scripts: tuple[ScriptCompared, ...]


async def export(act: Act) -> BundleView:
    """The company's own rules of this moment. Raises NotPortable."""
    bundle = Bundle(policy=await own_parts(act.now), scripts=await _own_scripts())
    try:
        toml = written(bundle)
        same = read(toml) == bundle
    except (TypeError, Refusal) as error:
        raise NotPortable(str(error)) from None
    if not same:
        raise NotPortable("it would not be read back as it stands")
    elements = len(list(paths_in(bundle.policy)))
    await noted("bundle.export", act, subject="policy", shown=elements + len(bundle.scripts))
    return BundleView(toml=toml, elements=elements, scripts=len(bundle.scripts))


async def compare(new: BundleCompared, act: Act) -> BundleComparison:
    """What it would bring; nothing is written. Raises Invalid for what is no bundle."""
    bundle = read(new.toml)
    amendment, conflicts = await _amendment(bundle, new, act, note="compare")
    changes: tuple[Change, ...] = ()
    problems: list[FieldError] = []
    part = ""
    if amendment is not None:
        try:
            checked = await versions.check(amendment, act)
            changes, part = checked.changes, checked.part
        except Refusal as refusal:
            problems += refusal.fields or [FieldError("policy", refusal.detail)]
    compared = await _compared(bundle, new)
    problems += _other_hooks(compared)
    changed = [f"{_SCRIPTS}{each.name}" for each in compared if each.outcome == "changed"]
    return BundleComparison(
        changes=changes,
        conflicts=(*conflicts, *changed),
        scripts=tuple(compared),
        problems=tuple(problems),
        unknown=tuple(await _unknown(bundle, act)),
        part=part,
        latest=await versions.latest(),
    )


async def take_in(new: BundleImport, act: Act) -> BundleImported:
    """All of it or nothing, what is written and what waits as by hand: the policy as one amendment, scripts as new versions.

    Raises Invalid with everything that is wrong and where nothing is otherwise, and as `versions.amend`.
    """
    bundle = read(new.toml)
    compared = await _compared(bundle, new)
    refuse(_other_hooks(compared), "The bundle was not taken in")
    amendment, _ = await _amendment(bundle, new, act, note=new.note)
    if amendment is None and all(each.outcome == "same" for each in compared):
        raise Invalid.at("toml", "something that is not so yet")
    amended = await versions.amend(replace(amendment, made_from=new.made_from), act) if amendment else None
    given = {each.name: each for each in bundle.scripts}
    for each in compared:
        if each.outcome != "same":
            await _write(given[each.name], each.outcome, new.note, act)
    await noted("bundle.import", act, subject="policy", purpose=new.note, shown=0)
    return BundleImported(policy=amended, scripts=tuple(compared))


async def _amendment(
    bundle: Bundle, new: BundleCompared, act: Act, *, note: str
) -> tuple[PolicyAmendment | None, tuple[str, ...]]:
    """What is to be changed of the policy, None where that is nothing; and the elements that both say, and otherwise."""
    own = await own_parts(act.now)
    said = brought_back(bundle.policy, new.kept)
    over, given_up = otherwise(own, laid_over(own, said))
    both = set(paths_in(own))
    conflicts = tuple(path for path in paths_in(over) if path in both)
    if new.whole:
        gone = [path for path in paths_in(own) if path not in new.kept]
        off = [f"switched_off.{path}" for path in own.switched_off if path not in new.kept]
        over, given_up = otherwise(own, laid_over(brought_back(own, (*gone, *off)), said))
    if over == Overrides() and not given_up:
        return None, conflicts
    return PolicyAmendment(overrides=over, brought_back=given_up, note=note), conflicts


async def _compared(bundle: Bundle, new: BundleCompared) -> list[ScriptCompared]:
    own = {each.name: each for each in await _own_scripts()}
    found: list[ScriptCompared] = []
    for each in bundle.scripts:
        mine = own.get(each.name)
        if f"{_SCRIPTS}{each.name}" in new.kept:
            continue
        outcome: Literal["new", "changed", "same", "other_hook"] = "new"
        if each.hook not in HOOKS:
            outcome = "other_hook"
        elif mine is not None:
            outcome = "other_hook" if mine.hook != each.hook else "same" if mine == each else "changed"
        found.append(ScriptCompared(name=each.name, hook=each.hook, outcome=outcome))
    return found


async def _own_scripts() -> tuple[BundledScript, ...]:
    found = []
    for script in await queries.scripts():
        version = await queries.version(script.id, script.answers)
        cases = [
            NewScriptCase(name=case.name, given=case.given, expects=case.expects)
            for case in await queries.cases(script.id)
        ]
        found.append(
            BundledScript(
                name=script.name,
                hook=script.hook,
                follows=version.follows,
                source=version.source,
                cases=tuple(cases),
            )
        )
    return tuple(found)


async def _write(script: BundledScript, outcome: str, note: str, act: Act) -> None:
    if outcome == "new":
        new = NewScript(
            name=script.name,
            hook=msgspec.convert(script.hook, HookName),
            source=script.source,
            note=note,
            follows=script.follows,
        )
        kept = (await scripts.write(new, act)).id
    else:
        kept = (await queries.named(script.name)).id
        await scripts.save(kept, NewScriptVersion(source=script.source, note=note, follows=script.follows), act)
    await scripts.set_cases(kept, ScriptCases(cases=script.cases), act)


async def _unknown(bundle: Bundle, act: Act) -> list[FieldError]:
    policy = merged(act.hooks, act.company, laid_over(await own_parts(act.now), bundle.policy), version=0)
    then = replace(act, policy=policy)
    return [
        replace(each, field=f"automations.{automation.name}.{each.field}")
        for automation in bundle.policy.automations
        for each in await unknown_names(automation, then)
    ]


def _other_hooks(compared: list[ScriptCompared]) -> list[FieldError]:
    return [
        FieldError(f"{_SCRIPTS}{each.name}", "the hook of the company's script of this name", value=each.hook)
        for each in compared
        if each.outcome == "other_hook"
    ]
