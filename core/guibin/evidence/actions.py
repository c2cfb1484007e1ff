"""Sequencing: what was committed becomes the log's next entries, and the log is signed."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from msgspec import Struct

from guibin.audit.actions import noted
from guibin.watch.failpoints import reach
from guibin_tenants.principals import Signature
from guibin_tenants.rows import add
from guibin_tenants.scope import current_tenant, execute, fetch, fetch_value
from guibin_tenants.tables import new_id

from . import queries
from .keys import Salts, add_signing_key, origin, private_half, public_keys, salts, signing_key
from .queries import LEVELS
from .sources import SOURCES, Source, leaf_of, selected, values_of
from .tables import EvidenceCheckpoint
from .verify import Growing, Key, Note, canonical, commitment, encoded, leaf_hash

ENTRIES_AT_ONCE = 2_000
# Whatever a row belongs to was committed so long after the row's moment; what comes later still is found by going through all.
SETTLED_AFTER = timedelta(hours=1)


class New(Struct, frozen=True):
    """A leaf to be: of which row, and its bytes."""

    source: str
    source_id: UUID
    at: datetime | None
    leaf: bytes


async def sequence(act: Signature, *, whole: bool = False) -> int:
    """The next entries, at most ENTRIES_AT_ONCE of each source, and a checkpoint over all; how many there were.

    Nothing when another process is at it: one at a time. `whole` goes through all rows there are, however old.
    """
    if not await fetch_value("select pg_try_advisory_xact_lock(hashtextextended($1, 0))", _owner()):
        return 0
    new = [each for source in SOURCES for each in await _unsequenced(source, whole=whole)]
    if not new:
        return 0
    log = await queries.grown()
    await _append(new, log)
    reach("evidence.appended")
    await sign(log, act)
    reach("evidence.signed")
    return len(new)


async def sign(log: Growing, act: Signature) -> None:
    """A checkpoint over the log as it stands; the first of a new key the former one signs too. Raises KeyringError."""
    key, private = await signing_key(act.now)
    text = f"{origin()}\n{log.size}\n{encoded(log.root())}\n"
    lines = [signature_line(key, private.sign(text.encode()))]
    last = await queries.latest()
    if last is not None and not Note.of(last.note).signed_by(key):
        former = next(each for each in reversed(await public_keys()) if Note.of(last.note).signed_by(each))
        lines.insert(0, signature_line(former, (await private_half(former)).sign(text.encode())))
    note = "\n".join((text, *lines, ""))
    await add(EvidenceCheckpoint, None, size=log.size, root=log.root(), note=note, signed_at=act.now)


async def exchange_key(act: Signature) -> Key:
    """A new key signs from now on; that it was exchanged is on record, and the checkpoint over that entry is signed by the key of
    before, too. Raises KeyringError."""
    await execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", _owner())
    former, _ = await signing_key(act.now)
    if await queries.latest() is None:
        # Only a key that signed hands over.
        await _say_of(former, act)
    key, _ = await add_signing_key(act.now)
    reach("evidence.exchanged")
    await _say_of(key, act)
    return key


async def _say_of(key: Key, act: Signature) -> None:
    await noted("evidence.key", act, subject="evidence", purpose=str(key), shown=0)
    await sequence(act)


def signature_line(key: Key, signature: bytes) -> str:
    """A signature as it stands in a note."""
    return f"— {key.name} {encoded(key.id + signature)}"


def _owner() -> str:
    return f"evidence/{current_tenant()}"


async def _unsequenced(source: Source, *, whole: bool) -> list[New]:
    since = None
    if not whole:
        since = await fetch_value("select max(happened_at) from evidence_entry where source = $1", source.name)
    rows = await fetch(
        f"{selected(source)} where {source.where} and ($1::timestamptz is null or {source.at} >= $1)"
        " and not exists (select from evidence_entry e where e.source = $2 and e.source_id = x.id)"
        f" order by {source.at}, x.id limit $3",
        since - SETTLED_AFTER if since else None,
        source.name,
        ENTRIES_AT_ONCE,
    )
    customers = {row["customer"] for row in rows if row["customer"] is not None}
    known = await salts(customers, to_write=True) if rows else None
    return [_new(source, row, known) for row in rows if known is not None]


def _new(source: Source, row: asyncpg.Record, known: Salts) -> New:
    sealed = {
        name: commitment(known.once(row["source_id"], row["customer"], name), name, value)
        for name, value in values_of(source, row).items()
    }
    return New(source.name, row["source_id"], row["at"], canonical(leaf_of(source, row, sealed)))


async def _append(new: list[New], log: Growing) -> None:
    """The rows of the entries, and of the trees that become whole with them."""
    begin, hashes = log.size, [leaf_hash(each.leaf) for each in new]
    kept = [tree for each in hashes for tree in log.add(0, each) if tree[0] and tree[0] % LEVELS == 0]
    await execute(
        "insert into evidence_entry (id, position, source, source_id, happened_at, leaf, leaf_hash) select * from unnest("
        "$1::uuid[], $2::bigint[], $3::text[], $4::uuid[], $5::timestamptz[], $6::text[], $7::bytea[])",
        [new_id() for _ in new],
        list(range(begin, log.size)),
        [each.source for each in new],
        [each.source_id for each in new],
        [each.at for each in new],
        [each.leaf.decode() for each in new],
        hashes,
    )
    reach("evidence.entries")
    levels, places, trees = _columns(kept)
    await execute(
        "insert into evidence_tree (id, level, place, hash) select * from unnest($1::uuid[], $2::int[], $3::bigint[], $4::bytea[])",
        [new_id() for _ in kept],
        levels,
        places,
        trees,
    )


def _columns(rows: list[tuple[int, int, bytes]]) -> Iterator[list[Any]]:
    return ([row[place] for row in rows] for place in range(3))
