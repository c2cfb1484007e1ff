"""Reading imports and exports, how far they are and what came of them."""

from collections.abc import Collection
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.spreadsheets.mapping import Mapping
from guibin.web.listing import Listing, newest_first
from guibin.web.wording import Sentence
from guibin_tenants.keyring import Place, seal_bytes, tenant_key, unseal_bytes
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import fetch_one, fetch_value

from .tables import Direction

# How long an uploaded file waits to be imported, and how long what came of it is kept.
KEPT_DAYS = {"sealed": 1, "outcome": 7}
STATE = (
    "case when x.ended <> '' then x.ended when x.cancelled_at is not null then 'cancelled' when x.started_at is not null"
    " then 'running' when x.queued_at is not null then 'waiting' else 'uploaded' end"
)


class Wrong(Struct, frozen=True):
    """What is wrong in which cell, or with the file itself (`row` is 0 then); not what stands in it, which the file of refused rows says.
    The same is wrong in `rows` rows, of which this is the first."""

    row: int
    column: str
    reason: Sentence
    rows: int = 1


class Report(Struct, frozen=True, kw_only=True):
    """What it did, or would do: rows read, created, updated, as they were, and refused, as `wrong` the first of each kind;
    `problem` where it could not be read."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    differing: int = 0
    not_taken: int = 0
    refused: int = 0
    problem: Sentence = ""
    wrong: tuple[Wrong, ...] = ()


class TransferView(Struct, frozen=True, kw_only=True):
    """An import or export. `state` is uploaded, waiting, running, done, refused, cancelled or failed; while it runs `stage`
    and `rows_done` say how far it is. `has_file` while the uploaded file is kept, `has_outcome` while what came of it is."""

    id: UUID
    direction: Direction
    kind: str
    file_name: str
    file_bytes: int
    state: Literal["uploaded", "waiting", "running", "done", "refused", "cancelled", "failed"]
    dry_run: bool
    heading: tuple[str, ...]
    mapping: Mapping
    stage: str
    rows_done: int
    report: Report
    has_file: bool
    has_outcome: bool
    asked_by_name: str
    asked_at: datetime
    ended_at: datetime | None


def _listing(direction: str) -> Listing[TransferView]:
    return Listing(
        view=TransferView,
        source="transfer x",
        order=newest_first("x.asked_at"),
        columns={"state": STATE, "has_file": "x.sealed is not null", "has_outcome": "x.outcome is not null"},
        holds=f"x.direction = '{direction}'",
    )


IMPORTS, EXPORTS = _listing("import"), _listing("export")


async def remembered(kind: str, heading: Collection[str]) -> Mapping | None:
    """How a file of the same columns was imported last."""
    found = await fetch_value(
        "select mapping from transfer where direction = 'import' and kind = $1 and heading = $2::jsonb and run > 0"
        " order by asked_at desc, id desc limit 1",
        *(kind, msgspec.json.encode(list(heading)).decode()),
    )
    return msgspec.json.decode(found, type=Mapping) if found else None


async def sealed(transfer_id: UUID, column: str, content: bytes) -> bytes:
    """The file as it is stored there."""
    return seal_bytes(await tenant_key(), Place("transfer", column, transfer_id), content)


async def opened(transfer_id: UUID, column: str) -> bytes:
    """The file again. Raises NotFound where there is none any more."""
    row = await fetch_one("select sealed, outcome from transfer where id = $1", transfer_id)
    if row is None or row[column] is None:
        raise NotFound("There is no such file, or it is not kept any more")
    return unseal_bytes(await tenant_key(), Place("transfer", column, transfer_id), row[column])
