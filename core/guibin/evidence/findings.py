"""`guibin audit verify`: whether the database still says what the log says, entry by entry."""

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct, field

from guibin_tenants.scope import fetch, fetch_value

from .actions import SETTLED_AFTER
from .keys import Salts, public_keys, salts
from .queries import LEVELS
from .sources import SOURCES, Source, leaf_of, selected, values_of
from .verify import Growing, Note, commitment, follow, leaf_hash

AT_ONCE = 2_000
ERASED = "customer.erase"
_KEPT = ("evidence_key", "evidence_entry", "evidence_tree", "evidence_checkpoint", "evidence_receipt")


class _Walk(Struct):
    """What is known so far on the way through the log."""

    log: Growing = field(default_factory=Growing)
    trees: dict[tuple[int, int], bytes] = {}
    roots: dict[int, bytes] = {}
    erased: set[UUID] = set()
    keyless: dict[UUID, int] = {}


async def findings(now: datetime, held: Sequence[str] = ()) -> AsyncIterator[str]:
    """What is wrong, in sentences, as it is found; nothing when all is well. `held` are checkpoints kept elsewhere."""
    async for each in _privileges():
        yield each
    walk = _Walk(
        trees={(row["level"], row["place"]): bytes(row["hash"]) for row in await fetch("select * from evidence_tree")}
    )
    for each in [*await _signed(walk), *await _held(walk, held)]:
        yield each
    last = -1
    while rows := await fetch(
        "select * from evidence_entry where position > $1 order by position limit $2", last, AT_ONCE
    ):
        last = rows[-1]["position"]
        for each in _grown(rows, walk):
            yield each
        for each in await _compared(rows, walk):
            yield each
    for customer, position in walk.keyless.items():
        if customer not in walk.erased:
            yield f"entry {position}: its key is gone, and the log tells of no erasure of customer {customer}"
    for size in sorted(walk.roots):
        if size > walk.log.size:
            yield f"the checkpoint of {size} entries is signed, and there are {walk.log.size}: the end was cut off"
    async for each in _missing(now):
        yield each


async def _privileges() -> AsyncIterator[str]:
    for table in _KEPT:
        for privilege in ("UPDATE", "DELETE", "TRUNCATE"):
            if await fetch_value("select has_table_privilege(current_user, $1, $2)", table, privilege):
                yield f"the application role may {privilege} {table}"


async def _signed(walk: _Walk) -> list[str]:
    keys, found = await public_keys(), []
    key = keys[0] if keys else None
    for row in await fetch("select size, root, note from evidence_checkpoint order by size"):
        walk.roots[row["size"]] = bytes(row["root"])
        try:
            note = Note.of(row["note"])
            right = key is not None and (note.size, note.root) == (row["size"], bytes(row["root"]))
            key = follow(note, key, keys) if key is not None else None
        except ValueError:
            right = False
        if not right:
            found.append(f"the checkpoint of {row['size']} entries is not as it was signed")
    return found


async def _held(walk: _Walk, held: Sequence[str]) -> list[str]:
    keys, found = await public_keys(), []
    for text in held:
        try:
            note = Note.of(text)
        except ValueError:
            found.append(f"the checkpoint that you hold is damaged, it is no signed note: {text[:60]!r}")
            continue
        if not any(note.signed_by(key) for key in keys):
            found.append(f"the checkpoint of {note.size} entries that you hold is signed by another key")
        elif walk.roots.setdefault(note.size, note.root) != note.root:
            found.append(f"the checkpoint of {note.size} entries that you hold is another: the log was rewritten")
    return found


def _grown(rows: Sequence[asyncpg.Record], walk: _Walk) -> Iterator[str]:
    for row in rows:
        if row["position"] != walk.log.size:
            yield f"entry {walk.log.size} is missing"
            walk.log = Growing(row["position"])
        if leaf_hash(row["leaf"].encode()) != bytes(row["leaf_hash"]):
            yield f"entry {row['position']} was changed"
        try:
            whole = list(walk.log.add(0, leaf_hash(row["leaf"].encode())))
        except ValueError:
            whole = []
        for level, place, tree in whole:
            if level and level % LEVELS == 0 and walk.trees.get((level, place)) != tree:
                yield f"the tree of level {level} at {place} does not agree with its entries"
        if walk.roots.get(walk.log.size, walk.log.root()) != walk.log.root():
            yield f"the checkpoint of {walk.log.size} entries does not agree with them"


async def _compared(rows: Sequence[asyncpg.Record], walk: _Walk) -> list[str]:
    leaves = {row["position"]: msgspec.json.decode(row["leaf"]) for row in rows}
    customers = {UUID(leaf["customer"]) for leaf in leaves.values() if leaf["customer"]}
    known, found = await salts(customers), []
    for leaf in leaves.values():
        if leaf["plain"].get("action") == ERASED and leaf["plain"]["subject_id"]:
            walk.erased.add(UUID(leaf["plain"]["subject_id"]))
    for source in SOURCES:
        of_source = {row["source_id"]: row["position"] for row in rows if row["source"] == source.name}
        there = await fetch(f"{selected(source)} where x.id = any ($1)", list(of_source)) if of_source else []
        now = {row["source_id"]: row for row in there}
        for row_id, position in of_source.items():
            if row_id not in now:
                found.append(f"entry {position}: its {source.name} {row_id} is gone")
            else:
                found += _differing(source, now[row_id], leaves[position], _Known(known, walk, position))
    return found


class _Known(Struct, frozen=True):
    salts: Salts
    walk: _Walk
    position: int


def _differing(source: Source, row: asyncpg.Record, leaf: dict[str, Any], known: _Known) -> Iterator[str]:
    as_now = leaf_of(source, row, {})["plain"]
    for name, value in as_now.items():
        if name not in source.changes and leaf["plain"].get(name) != value:
            yield f"entry {known.position}: {name} of its {source.name} was changed"
    customer = UUID(leaf["customer"]) if leaf["customer"] else None
    for name, value in values_of(source, row).items():
        salt = known.salts.of(row["source_id"], customer, name)
        if salt is None and customer is not None:
            known.walk.keyless.setdefault(customer, known.position)
        elif salt is not None and commitment(salt, name, value) != leaf["sealed"].get(name):
            yield f"entry {known.position}: {name} of its {source.name} was changed"


async def _missing(now: datetime) -> AsyncIterator[str]:
    """Rows that should have been sequenced by now."""
    for source in SOURCES:
        count = await fetch_value(
            f"select count(*) from {source.rows} where {source.where} and {source.at} < $1"
            " and not exists (select from evidence_entry e where e.source = $2 and e.source_id = x.id)",
            now - 24 * SETTLED_AFTER,
            source.name,
        )
        if count:
            yield f"{count} rows of {source.name} are older than a day and not in the log"
