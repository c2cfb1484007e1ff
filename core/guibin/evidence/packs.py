"""Evidence packs: entries of the log with all that proves them, as one file that `guibin-verify` reads without us."""

import hashlib
import heapq
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.notation.plausible import Plausible
from guibin.policy.words import Reason
from guibin_tenants.refusals import Invalid
from guibin_tenants.scope import fetch, fetch_column, fetch_one

from . import queries
from .keys import Salts, public_keys, salts, signing_key
from .proofs import decomposed
from .refusals import NothingInLog
from .sources import NAMED, SOURCES, selected, values_of
from .targets import named
from .verify import FORMAT, PACK, canonical, encoded

# What is held in memory at once, and how many entries a request may ask for: the command line writes more.
AT_ONCE, ENTRIES_MAX = 1_000, 20_000
CHECKPOINTS_MAX = 200
# What stands next in a pack: an entry's position, a tree beside it, or the size of a checkpoint.
Part = tuple[Literal["entry", "tree", "checkpoint"], int, int]


class NewPack(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which entries: those of a customer, those of a decision, otherwise all of a span, which may be the whole log.

    `since` is inclusive, `until` exclusive; `purpose` is why the pack is made. Raises Invalid for days that nobody can mean.
    """

    purpose: Reason
    since: datetime | None = None
    until: datetime | None = None
    customer_id: UUID | None = None
    decision_id: UUID | None = None


class Chosen(Struct, frozen=True):
    """The positions that go into a pack in their order, and what it says of them."""

    positions: Sequence[int]
    scope: dict[str, Any]


async def pack(new: NewPack, act: Act, *, entries_max: int | None = ENTRIES_MAX) -> AsyncIterator[bytes]:
    """The lines of the pack. That it was made is on record, with why and about whom. Raises NothingInLog, Invalid."""
    chosen = await _chosen(new)
    if not chosen.positions:
        raise NothingInLog()
    if entries_max is not None and len(chosen.positions) > entries_max:
        raise Invalid.at(
            "since", f"a span of at most {entries_max} entries; `guibin audit evidence` writes longer ones"
        )
    await record(
        AuditNote(
            action="evidence.export",
            subject="evidence",
            subject_id=new.decision_id,
            customer_id=new.customer_id,
            purpose=new.purpose,
            shown=len(chosen.positions),
        ),
        act,
    )
    _, private = await signing_key(act.now)
    whole = hashlib.sha256()
    async for line in _lines(chosen, [str(key) for key in await public_keys()], act):
        whole.update(line)
        yield line
    yield canonical({"signature": encoded(private.sign(PACK + whole.digest()))}) + b"\n"


async def _chosen(new: NewPack) -> Chosen:
    if new.customer_id is None and new.decision_id is None:
        row = await fetch_one(
            "select min(position) as first, max(position) as last from evidence_entry"
            " where ($1::timestamptz is null or happened_at >= $1) and ($2::timestamptz is null or happened_at < $2)",
            new.since,
            new.until,
        )
        if row is None or row["first"] is None:
            return Chosen((), {})
        scope = {"kind": "span", "first": row["first"], "last": row["last"]}
        return Chosen(range(row["first"], row["last"] + 1), scope)
    about = new.decision_id or new.customer_id
    found: set[int] = set()
    for source in SOURCES:
        condition = source.decides if new.decision_id else source.concerns
        if condition != "false":
            found.update(
                await fetch_column(
                    "select e.position from evidence_entry e where e.source = $2 and e.source_id in"
                    f" (select x.id from {source.rows} where {condition})",
                    about,
                    source.name,
                )
            )
    if found and new.decision_id:
        found.update(await _policies(sorted(found)))
    return Chosen(
        sorted(found), {"kind": "chosen", "by": "decision" if new.decision_id else "customer", "id": str(about)}
    )


async def _policies(positions: Sequence[int]) -> list[int]:
    """Where the versions of the policy stand by which these were decided."""
    return await fetch_column(
        "select v.position from evidence_entry v where v.source = 'policy_version'"
        " and (v.leaf::jsonb #>> '{plain,version}')::int in (select (e.leaf::jsonb #>> '{plain,policy_version}')::int"
        " from evidence_entry e where e.position = any ($1))",
        list(positions),
    )


async def _lines(chosen: Chosen, keys: list[str], act: Act) -> AsyncIterator[bytes]:
    size = await queries.size()
    notes = await _notes()
    yield _line(
        {
            "evidence": FORMAT,
            "origin": keys[0].partition("+")[0],
            "key": keys[0],
            "later_keys": keys[1:],
            "witnesses": [each.key for each in (await named()).witnesses],
            "company": act.company.slug,
            "made_at": act.now.isoformat(),
            "made_by": act.by.name,
            "scope": chosen.scope,
            "entries": len(chosen.positions),
            "size": size,
        }
    )
    to_open = chosen.scope.get("by") == "decision"
    reading = iter(planned(chosen.positions, sorted(notes), size))
    while parts := list(islice(reading, AT_ONCE)):
        entries = await _entries([place for kind, place, _ in parts if kind == "entry"], everything=to_open)
        trees = iter(await queries.trees([(level, place) for kind, level, place in parts if kind == "tree"]))
        for kind, place, _ in parts:
            if kind == "entry":
                yield entries[place]
            elif kind == "tree":
                yield _line({"tree": {"level": place, "hash": encoded(next(trees))}})
            else:
                yield _line({"checkpoint": notes[place]})


async def _notes() -> dict[int, str]:
    """By size the newest checkpoints, and however many came since the last that a witness cosigned and those of a new key."""
    newest = await queries.LISTED.where("x.size > 0", order=f"x.size desc limit {CHECKPOINTS_MAX}")
    cosigned = await queries.latest(queries.LISTED, queries.COSIGNED)
    handed_over = await queries.LISTED.where(queries.HANDED_OVER, order="x.size desc")
    return {each.size: each.note for each in (*newest, cosigned, *handed_over) if each is not None}


def planned(positions: Iterable[int], sizes: Iterable[int], size: int) -> Iterator[Part]:
    """Everything a pack holds, from left to right: what is not shown stands there as whole trees, checkpoints where they
    were signed."""
    at = 0
    stops = heapq.merge(((place, 1) for place in positions), ((each, 0) for each in sizes if each <= size))
    for stop, shown in stops:
        yield from (("tree", level, place) for level, place in decomposed(at, stop))
        at = stop
        if shown:
            yield "entry", at, 0
            at += 1
        else:
            yield "checkpoint", at, 0


async def _entries(positions: Sequence[int], *, everything: bool) -> dict[int, bytes]:
    """The lines of these entries, with what is opened of each."""
    if not positions:
        return {}
    rows = await fetch(
        "select position, source, source_id, leaf from evidence_entry where position = any ($1)", positions
    )
    leaves = {row["position"]: msgspec.json.decode(row["leaf"]) for row in rows}
    customers = {UUID(leaf["customer"]) for leaf in leaves.values() if leaf["customer"]}
    known = await salts(customers)
    said = {(source, row_id): values async for source, row_id, values in values_now(rows)}
    found = {}
    for row in rows:
        leaf, source = leaves[row["position"]], NAMED[row["source"]]
        values = said.get((row["source"], row["source_id"]), {}) if everything or source.opened else {}
        found[row["position"]] = _line(
            {"entry": {"position": row["position"], "leaf": leaf, "opened": openings(leaf, values, known)}}
        )
    return found


async def values_now(rows: Sequence[asyncpg.Record]) -> AsyncIterator[tuple[str, UUID, dict[str, Any]]]:
    """What the rows behind these entries say by now: their source, their id, and the values by name."""
    for source in SOURCES:
        ids = [row["source_id"] for row in rows if row["source"] == source.name]
        for row in await fetch(f"{selected(source)} where x.id = any ($1)", ids) if ids else ():
            yield source.name, row["source_id"], values_of(source, row)


def openings(leaf: dict[str, Any], values: dict[str, Any], known: Salts) -> dict[str, list[Any]]:
    """Each value with the salt that its commitment opens with; none of whoever is erased."""
    customer = UUID(leaf["customer"]) if leaf["customer"] else None
    found = {name: known.of(UUID(leaf["id"]), customer, name) for name in leaf["sealed"] if name in values}
    return {name: [values[name], encoded(salt)] for name, salt in found.items() if salt is not None}


def _line(content: dict[str, Any]) -> bytes:
    return canonical(content) + b"\n"
