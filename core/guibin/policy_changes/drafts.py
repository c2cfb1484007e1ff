"""What somebody gathers of the policy before it becomes a version: kept for that one, seen by others, compared, given up."""

from collections.abc import Collection, Iterator
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct, field, structs

from guibin.audit.actions import noted
from guibin.context import Act
from guibin.policies.actions import brought_back, laid_over, otherwise_than
from guibin.policies.bounds import too_large
from guibin.policies.queries import merged, own_parts, parts_of, unknown_parts
from guibin.policy.differences import differences
from guibin.policy.packs import Overrides, Policy
from guibin.policy.parts import covering
from guibin.policy.switches import NEEDED, called
from guibin.policy.validation import validate
from guibin_tenants.refusals import FieldError, Invalid, LostRace, NotFound
from guibin_tenants.rows import add, change, read
from guibin_tenants.scope import execute, fetch_one, fetch_value

from . import places, versions
from .requests import DraftChange, DraftSending, PolicyAmendment, Referred
from .tables import PolicyDraft
from .versions import Amended
from .wording import Change, told

HEADS_MAX = 200


class Gathered(Struct, frozen=True, kw_only=True):
    """What a draft says: `overrides` over the company's own, less what is `brought_back`; begun after version `made_from`."""

    overrides: Overrides = field(default_factory=Overrides)
    brought_back: tuple[str, ...] = ()
    made_from: int = 0

    @property
    def paths(self) -> tuple[str, ...]:
        """Everything it says something of: `settings.silver_from`, `care`."""
        return tuple(dict.fromkeys((*paths_in(self.overrides), *self.brought_back)))


class DraftHead(Struct, frozen=True, kw_only=True):
    """Who is drafting what: the `sections` of the policy that the draft says something of, and the parts they belong to."""

    person_id: UUID
    name: str
    begun_at: datetime
    changed_at: datetime
    sections: tuple[str, ...]
    parts: tuple[str, ...]
    mine: bool


class DraftView(Struct, frozen=True, kw_only=True):
    """One's own draft: what it says, what it would change, where the policy would differ from the packs' then.

    `problems` is what contradicts itself until now, `overtaken` what others have changed since `made_from`; `latest` is the
    last version written. `begun_at` is None where nothing is gathered.
    """

    begun_at: datetime | None
    made_from: int
    latest: int
    paths: tuple[str, ...]
    overrides: Overrides
    brought_back: tuple[str, ...]
    changes: tuple[Change, ...]
    to_packs: tuple[Change, ...]
    problems: tuple[FieldError, ...]
    overtaken: tuple[str, ...]


class Removal(Struct, frozen=True, kw_only=True):
    """What refers to an element: what `goes_with_it`, and what would contradict the policy without it."""

    goes_with_it: tuple[Change, ...]
    in_the_way: tuple[FieldError, ...]


class _Row(Struct, frozen=True):
    person_id: UUID
    begun_by_name: str
    begun_at: datetime
    changed_at: datetime
    overrides: Overrides
    brought_back: tuple[str, ...]


async def drafts(act: Act) -> list[DraftHead]:
    """Who is drafting what, the latest change first."""
    rows = await read(
        _Row,
        "select person_id, begun_by_name, begun_at, changed_at, overrides, brought_back from policy_draft"
        f" order by changed_at desc, id limit {HEADS_MAX}",
    )
    return [_head(row, act) for row in rows]


async def mine(act: Act) -> DraftView:
    """One's own draft, checked against the policy in force."""
    row = await fetch_one("select begun_at from policy_draft where person_id = $1", act.by.person)
    gathered, own = await held(act), await own_parts(act.now)
    before, after = merged(act.hooks, act.company, own, version=0), drafted(own, gathered, act)
    packs = merged(act.hooks, act.company, Overrides(), version=0)
    found = list(differences(before, after))
    wrong = (*validate(after), *unknown_parts(act.hooks, act.company, _onto(own, gathered)))
    return DraftView(
        begun_at=row["begun_at"] if row else None,
        made_from=gathered.made_from,
        latest=await versions.latest(),
        paths=gathered.paths,
        overrides=gathered.overrides,
        brought_back=gathered.brought_back,
        changes=tuple(told(found, before, after)),
        to_packs=tuple(told(list(differences(packs, after)), packs, after)) if gathered.paths else (),
        problems=tuple(FieldError(p.path, p.rule, p.fix, p.value) for p in wrong),
        overtaken=await _overtaken(gathered, act),
    )


async def held(act: Act) -> Gathered:
    """What one has gathered; nothing where that is nothing."""
    row = await fetch_one(
        "select overrides, brought_back, made_from from policy_draft where person_id = $1 for update", act.by.person
    )
    if row is None:
        return Gathered(made_from=await versions.latest())
    overrides = msgspec.json.decode(row["overrides"], type=Overrides)
    back = msgspec.json.decode(row["brought_back"], type=tuple[str, ...])
    return Gathered(overrides=overrides, brought_back=back, made_from=row["made_from"])


async def gather(new: DraftChange, act: Act) -> DraftView:
    """Take it into one's draft, which may contradict itself as long as it is one.

    Raises Invalid with every figure that is wrong, for what is not there to be removed, and where it becomes too large.
    """
    own, known = await own_parts(act.now), await held(act)
    known = without(known, new.dropped)
    for path in new.removed:
        known = _removed(path, own, known, act)
    changed, wrong = places.written(drafted(own, known, act), new.figures)
    if wrong:
        fields = tuple(structs.replace(one, field=f"figures.{one.field}") for one in wrong)
        raise Invalid("Some figures are not valid", fields=fields)
    said = laid_over(new.overrides, changed)
    back = [one for one in (*known.brought_back, *new.brought_back) if one not in set(paths_in(said))]
    overrides = otherwise_than(known.overrides, (*new.brought_back, *_on_again(said)), said)
    if large := too_large(overrides):
        raise Invalid("The draft is too large", fields=tuple(large))
    made_from = known.made_from if new.made_from is None else new.made_from
    await _keep(Gathered(overrides=overrides, brought_back=tuple(dict.fromkeys(back)), made_from=made_from), act)
    return await mine(act)


async def give_up(act: Act) -> None:
    """Nothing is gathered any more. Raises NotFound where nothing was."""
    gone = await fetch_value("delete from policy_draft where person_id = $1 returning id", act.by.person)
    if gone is None:
        raise NotFound("You have no draft")
    await noted("policy.give_up_draft", act, subject="policy", subject_id=gone)


async def send(new: DraftSending, act: Act) -> Amended:
    """What is gathered becomes a version, or a proposal where its part waits for an approval; what was not named stays.

    Raises NotFound where nothing is gathered, LostRace with what others have changed since, and as `versions.amend`.
    """
    gathered = await held(act)
    chosen = _only(gathered, new.only) if new.only else gathered
    if not chosen.paths:
        raise NotFound("You have no draft of it")
    if overtaken := set(await _overtaken(gathered, act)) & set(chosen.paths):
        raise LostRace(f"Others have changed since: {', '.join(sorted(overtaken))}")
    made = await versions.amend(
        PolicyAmendment(
            overrides=chosen.overrides,
            brought_back=chosen.brought_back,
            effective_from=new.effective_from,
            note=new.note,
        ),
        act,
    )
    await _keep(without(gathered, chosen.paths), act)
    return made


async def policy_of(act: Act) -> Policy:
    """The policy as it would be with what one has gathered; the one in force where that is nothing."""
    gathered = await held(act)
    return drafted(await own_parts(act.now), gathered, act) if gathered.paths else act.policy


def drafted(own: Overrides, gathered: Gathered, act: Act) -> Policy:
    """The policy as it would be with what is gathered."""
    return merged(act.hooks, act.company, _onto(own, gathered), version=0)


def without(gathered: Gathered, paths: Collection[str]) -> Gathered:
    """The draft that says nothing of these elements; of a section, nothing of it all."""
    off = [f"switched_off.{path}" for path in paths]
    return structs.replace(
        gathered,
        overrides=brought_back(gathered.overrides, (*paths, *off)),
        brought_back=tuple(one for one in gathered.brought_back if one not in paths),
    )


def paths_in(overrides: Overrides) -> Iterator[str]:
    """Every element that these say something of, a section that is written whole by itself; what is switched off as well."""
    for section in overrides.__struct_fields__:
        value = getattr(overrides, section)
        if section == "switched_off":
            yield from value
        elif isinstance(value, dict):
            yield from (f"{section}.{key}" for key in value)
        elif isinstance(value, tuple) and places.one_by_one(section):
            yield from (f"{section}.{called(section, one)}" for one in value)
        elif value is not None:
            yield section


def _removed(path: str, own: Overrides, gathered: Gathered, act: Act) -> Gathered:
    """The draft with which the policy does without the element: given up where it is the company's own, switched off where it
    is the packs'. Raises Invalid for what is not there or cannot be missed."""
    policy = drafted(own, gathered, act)
    section, _, name = path.partition(".")
    known = places.elements(policy, section) if section in places.sections() else []
    element = next((one for one in known if one.name == name), None)
    if element is None or (section in NEEDED and not name):
        raise Invalid.at("removed", "an element of the policy that a company can do without", value=path)
    less, held = without(gathered, (path,)), getattr(policy, section)
    if isinstance(held, tuple) and not places.one_by_one(section):
        rest = tuple(one for place, one in enumerate(held) if place != element.place)
        return structs.replace(less, overrides=structs.replace(less.overrides, **{section: rest}))
    if any(one.path == path for one in places.elements(drafted(Overrides(), Gathered(), act), section)):
        if section == "texts":
            raise Invalid.at("removed", "a text of the company's own", "change it instead", path)
        off = (*less.overrides.switched_off, path)
        return structs.replace(less, overrides=structs.replace(less.overrides, switched_off=off))
    if any(one == path for one in paths_in(own)):
        return structs.replace(less, brought_back=(*less.brought_back, path))
    return less


async def references(filters: Referred, act: Act) -> Removal:
    """What hangs on an element of the policy, as it stands with what one has gathered. Raises Invalid as `gather`."""
    element = filters.element
    own, known = await own_parts(act.now), await held(act)
    less = _removed(element, own, known, act)
    before, after = drafted(own, known, act), drafted(own, less, act)
    found = [one for one in differences(before, after) if one.path != element]
    problems = set(validate(after)) - set(validate(before))
    return Removal(
        goes_with_it=tuple(told(found, before, after)),
        in_the_way=tuple(FieldError(p.path, p.rule, p.fix, p.value) for p in sorted(problems, key=lambda p: p.path)),
    )


def _onto(own: Overrides, gathered: Gathered) -> Overrides:
    return otherwise_than(own, gathered.brought_back, gathered.overrides)


def _on_again(said: Overrides) -> Iterator[str]:
    return (f"switched_off.{path}" for path in paths_in(structs.replace(said, switched_off=())))


def _only(gathered: Gathered, paths: Collection[str]) -> Gathered:
    """Of the draft what is said of these elements. Raises Invalid for what it says nothing of."""
    if unknown := [one for one in paths if one not in gathered.paths]:
        raise Invalid(
            "Nothing is gathered of some", fields=tuple(FieldError("only", "gathered", value=u) for u in unknown)
        )
    return without(gathered, [one for one in gathered.paths if one not in paths])


async def _overtaken(gathered: Gathered, act: Act) -> tuple[str, ...]:
    """What of it others have changed in versions after the one it was made from."""
    if gathered.made_from >= await versions.latest():
        return ()
    known = merged(act.hooks, act.company, await parts_of(gathered.made_from), version=0)
    today = merged(act.hooks, act.company, await own_parts(act.now), version=0)
    changed = {path for one in differences(known, today) for path in (one.path, one.section)}
    return tuple(path for path in gathered.paths if path in changed)


async def _keep(gathered: Gathered, act: Act) -> None:
    row = await fetch_one("select id from policy_draft where person_id = $1", act.by.person)
    if row is not None and not gathered.paths:
        await execute("delete from policy_draft where id = $1", row["id"])
    elif row is not None:
        await change(PolicyDraft, row["id"], changed_at=act.now, **structs.asdict(gathered))
    elif gathered.paths:
        begun = await add(PolicyDraft, act, person_id=act.by.person, changed_at=act.now, **structs.asdict(gathered))
        await noted("policy.draft", act, subject="policy", subject_id=begun, fields=gathered.paths[:50])


def _head(row: _Row, act: Act) -> DraftHead:
    paths = Gathered(overrides=row.overrides, brought_back=row.brought_back).paths
    parts = [
        part.name
        for path in paths
        for part in covering(act.policy.parts, path.partition(".")[0], (path.partition(".")[2],))
    ]
    return DraftHead(
        person_id=row.person_id,
        name=row.begun_by_name,
        begun_at=row.begun_at,
        changed_at=row.changed_at,
        sections=tuple(dict.fromkeys(path.partition(".")[0] for path in paths)),
        parts=tuple(dict.fromkeys(parts)),
        mine=row.person_id == act.by.person,
    )
