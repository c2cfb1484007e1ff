"""Taking a file in, running its import, asking for an export, cancelling; what came of them, on record."""

import tempfile
from collections.abc import Collection, Iterable
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from uuid import UUID

import msgspec
from msgspec import Struct, structs

from guibin.audit.actions import noted
from guibin.console import reasons
from guibin.context import Act
from guibin.jobs.actions import enqueue
from guibin.profiles.disclosures import as_recorded, gate
from guibin.sealing.seeing import refuse_partly
from guibin.spreadsheets.mapping import BY_FIELD, Mapping, refuse_unknown
from guibin.spreadsheets.reading import RowProblem, rows
from guibin_tenants.principals import may, require, sees_all
from guibin_tenants.refusals import Invalid
from guibin_tenants.rows import add, change, locked
from guibin_tenants.scope import fetch_one
from guibin_tenants.tables import new_id

from .jobs import RunTransfer
from .kinds import ALSO_CALLED, kind_of
from .queries import EXPORTS, IMPORTS, TransferView, opened, remembered, sealed
from .refusals import TransferOver, TransferRuns
from .requests import NewExport, NewImport, NewRun
from .tables import Transfer
from .wording import Wording

# What goes out over a whole customer base is for whoever sees all of it; an outlet's people take in their own.
IMPORT, EXPORT = may("customers:import"), may("customers:export") & sees_all
ENDINGS = (".xlsx", ".csv")
_NEAR = 0.8
_WORKBOOK = b"PK"
# A column with more different words than these that are none of ours was taken for the wrong field.
VALUES_MAX = 20


class Untold(Struct, frozen=True):
    """What may stand in a field, and what stands there instead, each once."""

    choices: tuple[str, ...]
    values: dict[str, None] = {}


async def upload(new: NewImport, act: Act) -> TransferView:
    """Take the file in, sealed; answers with its columns and which of them seems to be which field. It belongs to the org unit of
    whoever does not see the whole company. Raises Invalid for a kind there is not and a file that cannot be read, Forbidden for one that knows no wall."""
    kind = kind_of(new.kind, act)
    require(act.by, kind.needs if kind.of_outlets else kind.needs & sees_all)
    ending = Path(new.file_name).suffix.lower()
    if ending not in ENDINGS:
        raise Invalid.at("file_name", "ends with .xlsx or .csv", value=new.file_name[:60])
    heading = _heading(new, ending)
    transfer_id = new_id()
    await add(
        Transfer,
        act,
        id=transfer_id,
        direction="import",
        org_unit_id=None if sees_all(act.by) else act.by.org_unit_id,
        kind=new.kind,
        file_name=Path(new.file_name).name,
        file_bytes=len(new.content),
        staff_id=act.by.person if act.by.is_person else None,
        heading=heading,
        mapping=await _mapping(new.kind, heading, act),
        sealed=await sealed(transfer_id, "sealed", new.content),
    )
    await noted("import.upload", act, subject="transfer", subject_id=transfer_id, fields=(new.kind,), shown=0)
    return await IMPORTS.one(transfer_id)


async def an_import(transfer_id: UUID) -> TransferView:
    """One of them. Raises NotFound."""
    return await IMPORTS.one(transfer_id)


async def an_export(transfer_id: UUID) -> TransferView:
    """One of them. Raises NotFound."""
    return await EXPORTS.one(transfer_id)


async def run(transfer_id: UUID, new: NewRun, act: Act) -> TransferView:
    """Check it, or import it, in the background. Raises NotFound, TransferRuns, TransferOver, Invalid for a field there is not."""
    known = await IMPORTS.one(transfer_id)
    row = await locked(Transfer, transfer_id)
    if known.state in ("waiting", "running"):
        raise TransferRuns("Wait until it ends, or cancel it")
    if row["sealed"] is None:
        raise TransferOver("Its file was imported or is not kept any more: send it again")
    mapping = new.mapping or known.mapping
    kind = kind_of(known.kind, act)
    require(act.by, kind.needs)
    refuse_unknown(mapping, kind.fields(act))
    await change(Transfer, transfer_id, mapping=mapping, dry_run=new.dry_run)
    await _begin(row["run"] + 1, transfer_id, act)
    return await IMPORTS.one(transfer_id)


async def export(new: NewExport, act: Act) -> TransferView:
    """Have everything of the kind written to a file, in the background. Raises Invalid for a kind there is not; and NoBasis as `disclosures.gate`."""
    require(act.by, kind_of(new.kind, act).needs)
    await gate(new, ())
    transfer_id = await add(
        Transfer,
        act,
        direction="export",
        kind=new.kind,
        file_name=f"{new.kind}-{act.today.isoformat()}.{new.format}",
        purpose=as_recorded(new),
        staff_id=act.by.person if act.by.is_person else None,
        dry_run=False,
    )
    await _begin(1, transfer_id, act)
    await noted(
        "export.ask", act, subject="transfer", subject_id=transfer_id, fields=(new.kind,), purpose=as_recorded(new)
    )
    return await EXPORTS.one(transfer_id)


async def cancel_import(transfer_id: UUID, act: Act) -> TransferView:
    """Stop it: what it had written is undone. Raises NotFound, TransferOver."""
    await IMPORTS.one(transfer_id)
    await _cancel(transfer_id, act)
    return await IMPORTS.one(transfer_id)


async def cancel_export(transfer_id: UUID, act: Act) -> TransferView:
    """Stop it; there will be no file. Raises NotFound, TransferOver."""
    await EXPORTS.one(transfer_id)
    await _cancel(transfer_id, act)
    return await EXPORTS.one(transfer_id)


async def outcome(transfer_id: UUID, act: Act, language: str = "") -> tuple[str, bytes]:
    """The file that came of it and what it is called; what is wrong with an import's rows in this language, or the caller's.
    Raises NotFound, TransferRuns while it is being written, NotSeenWhole for a file that somebody else asked for, who may see more;
    the look is on record."""
    row = await locked(Transfer, transfer_id)
    if row["staff_id"] != act.by.person:
        refuse_partly()
    if row["queued_at"] is not None and not row["ended"] and row["cancelled_at"] is None:
        raise TransferRuns("Ask again when `state` says that it ended")
    content, name = await opened(transfer_id, "outcome"), row["file_name"]
    if row["direction"] == "import":
        name = f"{name}.errors.xlsx"
        content = _in_words(content, await IMPORTS.one(transfer_id), act, language or act.language)
    await noted("transfer.fetch", act, subject="transfer", subject_id=transfer_id, fields=(row["kind"],))
    return name, content


async def untold(transfer_id: UUID, act: Act) -> dict[str, Untold]:
    """By field what stands in the refused rows of one's own import where only certain words may, to be told what is meant by it; the
    look is on record."""
    row = await fetch_one(
        "select ended, staff_id, kind, outcome is not null as kept from transfer where id = $1", transfer_id
    )
    if row is None or row["ended"] != "refused" or not row["kept"] or row["staff_id"] != act.by.person:
        return {}
    content = await opened(transfer_id, "outcome")
    found = {} if content.startswith(_WORKBOOK) else untold_in(msgspec.json.decode(content, type=list[RowProblem]))
    if found:
        await noted("transfer.fetch", act, subject="transfer", subject_id=transfer_id, fields=(row["kind"],))
    return found


def untold_in(problems: Iterable[RowProblem]) -> dict[str, Untold]:
    """As `untold`. A column of many different values is another's: none of them is shown."""
    found: dict[str, Untold] = {}
    for each in problems:
        if choices := reasons.choices(each.reason):
            said = found.setdefault(each.column, Untold(choices)).values
            said.update({each.value: None} if each.value else {})
    return {field: each for field, each in found.items() if len(each.values) <= VALUES_MAX}


def proposed(heading: Collection[str], fields: Collection[str]) -> Mapping:
    """Which column seems to be which field: of the same name but for case, spaces and dashes, or nearly so; or of a name that
    other systems have for it."""
    known = {_plain(column): column for column in heading}
    found = {}
    for field in fields:
        also = [known[_plain(name)] for name in ALSO_CALLED.get(field, ()) if _plain(name) in known]
        near = get_close_matches(_plain(field), known, n=1, cutoff=_NEAR)
        if near or also:
            found[field] = known[near[0]] if near else also[0]
    return Mapping(columns=found)


async def _mapping(kind: str, heading: Collection[str], act: Act) -> Mapping:
    """As a file of the same columns was imported last, with the fields there still are; else as it seems to be."""
    fields = kind_of(kind, act).fields(act)
    last = await remembered(kind, heading)
    if last is None:
        return proposed(heading, fields)
    kept = {part: {name: said for name, said in getattr(last, part).items() if name in fields} for part in BY_FIELD}
    return structs.replace(last, **kept)


async def _begin(number: int, transfer_id: UUID, act: Act) -> None:
    await change(
        Transfer,
        transfer_id,
        run=number,
        queued_at=act.now,
        started_at=None,
        stage="",
        rows_done=0,
        cancelled_at=None,
        ended_at=None,
        ended="",
        outcome=None,
    )
    await enqueue(RunTransfer(transfer_id, number), now=act.now, unique_key=f"transfer/{transfer_id}/{number}")


async def _cancel(transfer_id: UUID, act: Act) -> None:
    row = await locked(Transfer, transfer_id)
    if row["ended"] or row["queued_at"] is None:
        raise TransferOver("There is nothing to stop")
    await change(Transfer, transfer_id, cancelled_at=act.now)
    await noted("transfer.cancel", act, subject="transfer", subject_id=transfer_id, fields=(row["kind"],), shown=0)


def _heading(new: NewImport, ending: str) -> list[str]:
    with tempfile.TemporaryDirectory(prefix="guibin-") as folder:
        file = Path(folder) / f"upload{ending}"
        file.write_bytes(new.content)
        first = next(islice(rows(file, Mapping()), 1), None)
    if first is None:
        raise Invalid.at("content", "a file with at least one row under its heading", value=new.file_name)
    return list(first.fields)


def _in_words(content: bytes, known: TransferView, act: Act, language: str) -> bytes:
    """The workbook of what is wrong; one that an earlier release kept whole as it is."""
    if content.startswith(_WORKBOOK):
        return content
    problems = msgspec.json.decode(content, type=list[RowProblem])
    wording = Wording(kind=known.kind, policy=act.policy, language=language, mapping=known.mapping)
    with tempfile.TemporaryDirectory(prefix="guibin-") as folder:
        file = Path(folder) / "errors.xlsx"
        wording.write(file, problems)
        return file.read_bytes()


def _plain(name: str) -> str:
    return "".join(each for each in name.lower() if each.isalnum())
