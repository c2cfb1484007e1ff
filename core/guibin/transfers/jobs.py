"""Imports and exports in the background: whole or not at all, with progress told from beside the transaction."""

import asyncio
import contextlib
import contextvars
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from msgspec import structs

from guibin.jobs.kinds import Job, Run, handles
from guibin.spreadsheets.importing import BadRows, Imported
from guibin.spreadsheets.mapping import Mapping
from guibin_tenants import org_units
from guibin_tenants.authentication import holding, working
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import Forbidden, Refusal
from guibin_tenants.rows import change
from guibin_tenants.scope import (
    ALL_UNITS,
    current_scope,
    execute,
    fetch_one,
    fetch_value,
    savepoint,
    see_fields,
    see_units,
    tenant_scope,
)

from .kinds import kind_of
from .queries import KEPT_DAYS, Report, Wrong, opened, sealed
from .tables import Transfer

# A file of a hundred thousand rows takes minutes; what is not done by then is undone.
WITHIN_S = 1_800.0
ATTEMPTS_MAX = 3
# So many kinds of what is wrong stand on the page; all of them in the file.
WRONG_SHOWN = 20
TOLD_EVERY_S = 0.5


class RunTransfer(Job, frozen=True):
    """Do what was asked for as its run of this number; one that was begun anew since is left alone."""

    transfer_id: UUID
    run: int


class ForgetTransfers(Job, frozen=True):
    """Take away the files that have been kept long enough."""


class Cancelled(Exception):
    """Somebody stopped it."""


class _Progress:
    """How far it is, told in transactions of its own: the import's is not seen before it ends."""

    def __init__(self, transfer_id: UUID, tenant_id: UUID) -> None:
        self.transfer_id, self.tenant_id = transfer_id, tenant_id
        self.stage, self.rows = "reading", 0
        self.cancelled = False

    def __call__(self, stage: str, rows: int) -> None:
        """Raises Cancelled where somebody wants no more of it."""
        self.stage, self.rows = stage, rows
        if self.cancelled:
            raise Cancelled

    async def tell(self, run: Run) -> None:
        """Write it down once."""
        async with tenant_scope(self.tenant_id, durable=False):
            self.cancelled = bool(
                await fetch_value(
                    "update transfer set stage = $2, rows_done = $3, started_at = coalesce(started_at, $4) where id = $1"
                    " returning cancelled_at is not null",
                    *(self.transfer_id, self.stage[:20], self.rows, run.now),
                )
            )

    @contextlib.asynccontextmanager
    async def told(self, run: Run) -> AsyncIterator[None]:
        """Write it down again and again while the rest goes on."""

        async def again() -> None:
            while True:
                await self.tell(run)
                await asyncio.sleep(TOLD_EVERY_S)

        # A scope of its own: the context of this one knows the transaction that is open.
        telling = asyncio.create_task(again(), context=contextvars.Context())
        try:
            yield
        finally:
            telling.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await telling


@handles(RunTransfer, attempts_max=ATTEMPTS_MAX, timeout_s=WITHIN_S)
async def run_transfer(job: RunTransfer, run: Run) -> None:
    """What it writes commits with what is said of it; after a crash it begins anew, with nothing written."""
    row = await fetch_one("select * from transfer where id = $1", job.transfer_id)
    if row is None or row["run"] != job.run or row["ended"]:
        return
    ended: dict[str, Any] = {"ended": "cancelled"}
    progress = _Progress(job.transfer_id, current_scope().tenant_id)
    if row["cancelled_at"] is None:
        try:
            async with progress.told(run), savepoint():
                ended = await _perform(row, run, progress)
        except Cancelled:
            ended = {"ended": "cancelled"}
        except BadRows as refusal:
            ended = {"ended": "refused", "report": _wrong(refusal)}
            ended["outcome"] = await sealed(job.transfer_id, "outcome", msgspec.json.encode(refusal.problems))
        except Refusal as refusal:
            ended = {"ended": "refused", "report": _unread(refusal)}
        except Exception:
            if run.attempt < ATTEMPTS_MAX:
                raise
            ended = {"ended": "failed"}
    await change(
        Transfer,
        job.transfer_id,
        ended=ended["ended"],
        report=ended.get("report", Report()),
        outcome=ended.get("outcome"),
        sealed=ended.get("sealed", row["sealed"]),
        rows_done=ended.get("rows_done", progress.rows),
        ended_at=run.now,
    )


@handles(ForgetTransfers)
async def forget_transfers(job: ForgetTransfers, run: Run) -> None:
    """A file waits a day for its import; what came of it is kept for a week."""
    for column, days in KEPT_DAYS.items():
        await execute(
            f"update transfer set {column} = null where {column} is not null"
            " and coalesce(ended_at, asked_at) < $1::timestamptz - make_interval(days => $2)",
            run.now,
            days,
        )


async def _perform(row: Any, run: Run, progress: _Progress) -> dict[str, Any]:
    act = structs.replace(run, by=await _asker(row, run))
    kind = kind_of(row["kind"], act)
    with tempfile.TemporaryDirectory(prefix="guibin-") as folder:
        file = Path(folder) / row["file_name"]
        if row["direction"] == "export":
            count = await kind.put_out(file, act)
            content = await sealed(row["id"], "outcome", file.read_bytes())
            return {"ended": "done", "outcome": content, "report": Report(rows=count), "rows_done": count}
        file.write_bytes(await opened(row["id"], "sealed"))
        mapping = msgspec.json.decode(row["mapping"], type=Mapping)
        done: Imported = await kind.take_in(file, mapping, act, dry_run=row["dry_run"], progress=progress)
    report = Report(
        rows=done.rows,
        created=done.created,
        updated=done.updated,
        unchanged=done.unchanged,
        differing=done.differing,
        not_taken=len(done.not_taken),
    )
    gone = {} if row["dry_run"] else {"sealed": None}
    return {"ended": "done", "report": report, "rows_done": done.rows, **gone}


def _wrong(refusal: BadRows) -> Report:
    alike = Counter((each.column, each.reason) for each in refusal.problems)
    firsts = {(each.column, each.reason): each.row for each in reversed(refusal.problems)}
    wrong = tuple(Wrong(firsts[key], *key, rows) for key, rows in alike.items())
    return Report(refused=len(refusal.problems), problem=refusal.detail, wrong=wrong[:WRONG_SHOWN])


def _unread(refusal: Refusal) -> Report:
    """Of a file that could not be read as rows at all: what is wrong with it is of no row."""
    said = "; ".join(f"{each.field}: {each.rule} {each.fix}".strip() for each in refusal.fields)
    wrong = tuple(Wrong(0, each.field, ": ".join(filter(None, (each.rule, each.fix)))) for each in refusal.fields)
    return Report(problem=(said or refusal.detail or refusal.title)[:2_000], wrong=wrong[:WRONG_SHOWN])


async def _asker(row: Any, run: Run) -> Principal:
    """Whoever asked, a person or a key, with what they may do now; what is an outlet's is done behind its wall, from here on. Raises
    Forbidden for a key that is over, and for somebody who has left, belongs elsewhere or sees less now."""
    name = row["asked_by_name"]
    by = await working(row["staff_id"]) if row["staff_id"] else await holding(row["asked_by"], now=run.now)
    if by is None:
        raise Forbidden(f"{name} does not work here any more" if row["staff_id"] else f"The key {name} works no more")
    see_fields(by.sees)
    if row["org_unit_id"] is None:
        if by.units != ALL_UNITS:
            raise Forbidden(f"{name} does not see the whole company any more")
        return by
    below = await org_units.visible_from(row["org_unit_id"])
    units = tuple(each for each in below if isinstance(each, UUID) and (by.units == ALL_UNITS or each in by.units))
    if row["org_unit_id"] not in units:
        raise Forbidden(f"{name} does not work at this outlet any more")
    await see_units(units)
    return structs.replace(by, units=units, org_unit_id=row["org_unit_id"])
