"""What auditors ask of the log: how it stands, its checkpoints, and proofs."""

from uuid import UUID

from msgspec import Struct

from guibin.audit.actions import noted
from guibin.context import Act
from guibin.web.listing import PageAsked
from guibin.web.paging import Page
from guibin_tenants.refusals import Invalid
from guibin_tenants.scope import fetch_value

from . import queries
from .keys import public_keys
from .proofs import consistency, inclusion
from .queries import CheckpointView
from .refusals import NoSuchCheckpoint, NothingInLog
from .targets import Keeper, keepers
from .verify import encoded


class LogView(Struct, frozen=True):
    """How the log stands: `key` verifies its checkpoints, None before the first; `cosigned` is the last that a witness cosigned.

    `former_keys` verify those of before, the oldest first: each handed over to the next in a checkpoint that both signed.
    `keepers` are where checkpoints go.
    """

    key: str | None
    former_keys: list[str]
    entries: int
    latest: CheckpointView | None
    cosigned: CheckpointView | None
    keepers: tuple[Keeper, ...]


class EntryProof(Struct, frozen=True):
    """An entry's place in the log: with `path` (RFC 9162, 2.1.3) its leaf leads to the root of the checkpoint `note`.

    `source_id` names the row it was made of, and `leaf` are its bytes.
    """

    position: int
    source: str
    source_id: UUID
    leaf: str
    size: int
    path: list[str]
    note: str


class ConsistencyProof(Struct, frozen=True):
    """The log of `second` entries begins with that of `first` (RFC 9162, 2.1.4)."""

    first: int
    second: int
    path: list[str]


class SizesAsked(Struct, frozen=True):
    """Between which two checkpoints."""

    first: int
    second: int


async def log(act: Act) -> LogView:
    """How it stands; that it was read is on record."""
    keys = [str(key) for key in await public_keys()]
    await noted("audit.evidence", act, subject="evidence", shown=0)
    return LogView(
        keys[-1] if keys else None,
        keys[:-1],
        await queries.size(),
        await queries.latest(),
        await queries.latest(condition=queries.COSIGNED),
        await keepers(),
    )


async def checkpoints(page: PageAsked, act: Act) -> Page[CheckpointView]:
    """The latest, each with the signatures of all who cosigned it; that they were read is on record."""
    found = await queries.LISTED.page(None, page, act)
    await noted("audit.evidence", act, subject="evidence", shown=len(found.items))
    return found


async def is_recorded(entry_id: UUID) -> bool:
    """Whether the record has an entry of that id, in the log or not yet."""
    return bool(await fetch_value("select true from audit_entry where id = $1", entry_id))


async def proof(source_id: UUID, act: Act) -> list[EntryProof]:
    """Of the entries that this row led to, against the last checkpoint. Raises NothingInLog."""
    last = await queries.latest(queries.LISTED)
    rows = await queries.of_row(source_id)
    if last is None or not rows:
        raise NothingInLog()
    await noted("audit.evidence", act, subject="evidence", subject_id=source_id, shown=len(rows))
    return [
        EntryProof(
            row["position"],
            row["source"],
            source_id,
            row["leaf"],
            last.size,
            [encoded(each) for each in await queries.roots(inclusion(row["position"], last.size))],
            last.note,
        )
        for row in rows
    ]


async def consistent(filters: SizesAsked, act: Act) -> ConsistencyProof:
    """Raises NoSuchCheckpoint, Invalid."""
    if not 0 < filters.first <= filters.second:
        raise Invalid.at("first", "a size above 0 and not above `second`", value=str(filters.first))
    if filters.second > await queries.size():
        raise NoSuchCheckpoint()
    path = await queries.roots(consistency(filters.first, filters.second))
    await noted("audit.evidence", act, subject="evidence", shown=0)
    return ConsistencyProof(filters.first, filters.second, [encoded(each) for each in path])
