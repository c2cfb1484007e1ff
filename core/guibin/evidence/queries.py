"""Reading the log: how long it is, its trees, its checkpoints."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from msgspec import Struct

from guibin.web.listing import Listing, Order
from guibin_tenants.scope import fetch, fetch_value

from .proofs import Span, Tree, decomposed
from .sources import NAMED
from .verify import Growing, folded, node_hash

# Trees of every eighth level are kept; those between are hashed anew from at most 128 of them.
LEVELS = 8


class CheckpointView(Struct, frozen=True):
    """A checkpoint; `note` is what was signed with its signature, `kept` how many places elsewhere have it, `cosigned` by
    how many witnesses."""

    id: UUID
    size: int
    signed_at: datetime
    note: str
    kept: int
    cosigned: int


_RECEIPTS = "from evidence_receipt r where r.checkpoint_id = x.id"
_BY_WITNESSES = f"{_RECEIPTS} and r.cosignature <> ''"
# Two keys of the log's signed it.
HANDED_OVER = "x.note like '%' || chr(10) || '— %' || chr(10) || '— %'"
COSIGNED = f"exists (select {_BY_WITNESSES})"
SIGNED = Listing(
    view=CheckpointView,
    source="evidence_checkpoint x",
    order=Order({"x.size": int, "x.id": UUID}, downward=True),
    columns={"kept": f"(select count(*) {_RECEIPTS})", "cosigned": f"(select count(*) {_BY_WITNESSES})"},
)
"""Checkpoints as the log signed them."""
LISTED = SIGNED.wider(
    CheckpointView,
    note="x.note || coalesce((select string_agg(r.cosignature || chr(10), '' order by r.received_at, r.target)"
    f" {_BY_WITNESSES}), '')",
)
"""The same, each with the signatures of all who cosigned it."""


async def size() -> int:
    """How many entries there are."""
    return int(await fetch_value("select coalesce(max(position) + 1, 0) from evidence_entry"))


async def latest(listing: Listing[CheckpointView] = SIGNED, condition: str = "true") -> CheckpointView | None:
    """Of the checkpoints of which the condition is true the last one signed."""
    found = await listing.where(condition, order="x.size desc limit 1")
    return found[0] if found else None


async def last_kept(targets: Sequence[str]) -> dict[str, dict[str, Any]]:
    """By target that has any: the largest `size` of which it holds a checkpoint, and when it last got one (`last_at`)."""
    rows = await fetch(
        "select r.target, max(c.size) as size, max(r.received_at) as last_at from evidence_receipt r"
        " join evidence_checkpoint c on c.tenant_id = r.tenant_id and c.id = r.checkpoint_id"
        " where r.target = any ($1::text[]) group by r.target",
        targets,
    )
    return {row["target"]: {"size": row["size"], "last_at": row["last_at"]} for row in rows}


async def is_kept(target: str, checkpoint_id: UUID, since: datetime) -> bool:
    """Whether it is kept there, or any other has been since that moment."""
    sql = "select true from evidence_receipt where target = $1 and (checkpoint_id = $2 or received_at > $3) limit 1"
    return bool(await fetch_value(sql, target, checkpoint_id, since))


async def of_row(source_id: UUID) -> list[asyncpg.Record]:
    """The entries that a row led to."""
    return await fetch(
        "select position, source, leaf from evidence_entry where source = any ($2) and source_id = $1 order by position",
        source_id,
        list(NAMED),
    )


async def grown() -> Growing:
    """The log as it stands, ready to grow."""
    count = await size()
    found = list(decomposed(0, count))
    return Growing(count, zip((level for level, _ in found), await trees(found), strict=True))


async def roots(spans: Sequence[Span]) -> list[bytes]:
    """The root over the leaves of each span, each of which begins where a tree as large as it may begin."""
    parts = [list(decomposed(begin, end)) for begin, end in spans]
    known = iter(await trees([tree for part in parts for tree in part]))
    return [folded([next(known) for _ in part]) for part in parts]


async def trees(wanted: Sequence[Tree]) -> list[bytes]:
    """The hash of each of these whole trees."""
    leaves = [(n, place << level, (place + 1) << level) for n, (level, place) in enumerate(wanted) if level < LEVELS]
    nodes = [
        (n, level // LEVELS * LEVELS, place << level % LEVELS, (place + 1) << level % LEVELS)
        for n, (level, place) in enumerate(wanted)
        if level >= LEVELS
    ]
    rows = await fetch(
        "select w.n, array_agg(e.leaf_hash order by e.position) as hashes from unnest($1::int[], $2::bigint[], $3::bigint[])"
        " as w (n, b, u) join evidence_entry e on e.position >= w.b and e.position < w.u group by w.n",
        *(list(column) for column in (zip(*leaves, strict=True) if leaves else ((), (), ()))),
    )
    if nodes:
        rows += await fetch(
            "select w.n, array_agg(t.hash order by t.place) as hashes"
            " from unnest($1::int[], $2::int[], $3::bigint[], $4::bigint[]) as w (n, l, b, u)"
            " join evidence_tree t on t.level = w.l and t.place >= w.b and t.place < w.u group by w.n",
            *(list(column) for column in zip(*nodes, strict=True)),
        )
    found = {row["n"]: _whole([bytes(each) for each in row["hashes"]]) for row in rows}
    return [found[n] for n in range(len(wanted))]


def _whole(hashes: list[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = [node_hash(*pair) for pair in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]
