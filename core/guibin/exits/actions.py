"""Writing a company's exit pack: on record first, then every table as it was at one moment, then its files.

Nothing is held in memory beyond some rows or one file. Broken off anywhere, there is no pack: it takes its name when it is whole and signed.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.audit.actions import noted
from guibin.context import Act
from guibin.evidence import actions as log
from guibin.evidence import packs as evidence
from guibin.evidence import verify as verifying
from guibin.evidence.keys import origin, public_keys, signing_key
from guibin.evidence.packs import NewPack
from guibin.evidence.verify import LOG
from guibin.files import places
from guibin.files import sealing as files_sealing
from guibin.files.queries import REMOVED as IS_REMOVED
from guibin.files.sealing import WHOLE
from guibin.profiles import disclosures
from guibin.profiles.disclosures import as_recorded, gate
from guibin.profiles.refusals import ArchiveErased
from guibin.watch.failpoints import reach
from guibin_tenants.keyring import KeyringError
from guibin_tenants.scope import current_tenant, fetch, snapshot, step_outside

from . import queries, sealing, versions, wording
from .queries import DOCUMENT, Held
from .requests import NewExit
from .sealing import ERASED, FILE, NOT_ASKED, REMOVED, SECRET, SHUT, Withheld, sealed_columns
from .writing import Folder, refuse_taken, short

Say = Callable[[str], None]
FILES_AT_ONCE = 20
VERIFIER = Path(verifying.__file__).read_bytes()
# Sealed bytes of these tables are written as files.
CONTENT = "file_content"
ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "application/pdf": "pdf"}
_FILES = f"""select x.id, x.customer_id, x.name, x.confidential, x.kept_in, x.sha256, x.bytes_count, x.subject, x.subject_id,
    {IS_REMOVED} as removed, c.sealed from stored_file x left join file_content c on c.tenant_id = x.tenant_id and c.file_id = x.id
    and c.part = '{WHOLE}' where x.tenant_id = $1 and ($2::uuid is null or x.id > $2) and x.id <= $3 order by x.id limit $4"""
_HEADS = ("id", "file", "name", "subject", "subject_id", "customer_id", "bytes", "sha256", "because")


class Exit(Struct, frozen=True):
    """A pack that was written: its folder, the SHA-256 of its manifest, how many tables, rows, files and bytes are in it."""

    folder: str
    root: str
    tables: int
    rows: int
    files: int
    bytes: int


async def write(place: Path, new: NewExit, act: Act, *, say: Say) -> Exit:
    """Write the pack into a folder that is not there yet. Inside a scope, which it commits more than once; what is asked for in clear
    is on record before anything is written, for every customer and for the company.

    Raises Invalid, NoBasis, NoPlace, StoreAway, KeyringError.
    """
    refuse_taken(place)
    await gate(new, ())
    if new.clear:
        await disclosures.keep_of_everybody(new, act)
    await noted("exit.write", act, subject="exit", fields=("clear",) * new.clear, purpose=as_recorded(new))
    _, private = await signing_key(act.now)
    # The log in the pack ends behind the entry that the pack was made.
    while await log.sequence(act) >= log.ENTRIES_AT_ONCE:
        pass
    folder = Folder(place, await _head(new, act))
    try:
        async with snapshot():
            tables = await queries.tables()
            rows = await _tables(folder, tables, clear=new.clear, say=say)
            last = (await fetch("select id from stored_file order by id desc limit 1"))[:1]
            await versions.write(folder, act)
            await _evidence(folder, new, act)
            reach("exit.rows")
        await _files(folder, last[0]["id"] if last else None, act, clear=new.clear)
        reach("exit.files")
        await _words(folder, tables, new, act)
        if new.clear:
            # Who came while it was written.
            await disclosures.keep_of_everybody(new, act)
        async with step_outside():
            root = folder.finish(private)
    except BaseException:
        folder.give_up()
        raise
    return Exit(str(place), root, len(tables), rows, folder.files, folder.bytes)


async def _head(new: NewExit, act: Act) -> dict[str, Any]:
    keys = [str(each) for each in await public_keys()]
    return {
        "company": act.company.slug,
        "company_id": str(act.company.id),
        "origin": origin(),
        "key": keys[0],
        "later_keys": keys[1:],
        "made_at": act.now.isoformat(),
        "made_by": act.by.name,
        "purpose": as_recorded(new),
        "clear": new.clear,
    }


async def _tables(folder: Folder, tables: Sequence[Held], *, clear: bool, say: Say) -> int:
    known, total = {each.name: each for each in tables}, 0
    for place, table in enumerate(tables, 1):
        without = frozenset(table.secret) | (frozenset(sealed_columns(table)) if not clear else frozenset())
        if table.name == CONTENT:
            without |= {"sealed"}
        with folder.file(wording.file_of(table)) as out:
            async for rows in queries.rows(table, without=without):
                shown = _Shown(table, without, await sealing.opened(queries.narrowed(table, *without), rows, known))
                for row in rows:
                    said = {name: shown.value(row, name) for name in table.shown}
                    out(msgspec.json.encode(_attached(folder, table, row, said), enc_hook=str) + b"\n")
                total += len(rows)
        if place % 50 == 0 or place == len(tables):
            say(f"{place} of {len(tables)} tables, {total} rows")
    return total


class _Shown(Struct, frozen=True):
    """What the lines of a table say: nothing of the columns `without`, and of sealed ones the `opened` values."""

    table: Held
    without: frozenset[str]
    opened: dict[tuple[UUID, str], bytes | Withheld]

    def value(self, row: Any, name: str) -> Any:
        """As it stands in the line."""
        if self.table.name == CONTENT and name == "sealed":
            return FILE
        if name in self.without:
            return SECRET if name in self.table.secret else NOT_ASKED
        value = row[name]
        if (row["id"], name) in self.opened:
            return self.opened[row["id"], name]
        if isinstance(value, str) and self.table.columns[name] == DOCUMENT:
            return msgspec.Raw(value.encode())
        if isinstance(value, UUID):
            return str(value)
        return [str(each) if isinstance(each, UUID) else each for each in value] if isinstance(value, list) else value


def _attached(folder: Folder, table: Held, row: Any, said: dict[str, Any]) -> dict[str, Any]:
    """The line, with pictures and documents in files of their own."""
    for name in sealed_columns(table):
        content = said[name]
        if not isinstance(content, bytes):
            continue
        kind = ENDINGS.get(str(said.get("media_type", "")))
        if kind:
            file = f"attachments/{table.name}/{row['id']}.{kind}"
            folder.write(file, _picture(content))
            said[name] = FILE
        else:
            said[name] = sealing.text_of(content)
    return said


def _picture(content: bytes) -> bytes:
    """Pictures are sealed in base64 by some slices."""
    try:
        return verifying.decoded(content.decode())
    except ValueError:
        return content


async def _evidence(folder: Folder, new: NewExit, act: Act) -> None:
    """The whole log with what proves it, and its checkpoints each as a file that `--checkpoint` takes."""
    with folder.file(LOG) as out:
        async for line in evidence.pack(NewPack(purpose=new.purpose), act, entries_max=None):
            out(line)
    for row in await fetch("select size, note from evidence_checkpoint order by size"):
        folder.write(f"evidence/checkpoints/{row['size']:012d}.note", row["note"].encode())


async def _files(folder: Folder, last: UUID | None, act: Act, *, clear: bool) -> None:
    """Every file that was there when the tables were written, as it was added; and the list of them all."""
    listed = io.StringIO()
    sheet = csv.writer(listed)
    sheet.writerow(_HEADS)
    with folder.file("files.csv") as out:
        out(b"\xef\xbb\xbf")
        after: UUID | None = None
        while last is not None and (found := await fetch(_FILES, current_tenant(), after, last, FILES_AT_ONCE)):
            after = found[-1]["id"]
            for row, content in await _contents(found, act, clear=clear):
                name = "" if isinstance(content, Withheld) else f"files/{row['id']}/{short(row['name'])}"
                if isinstance(content, bytes):
                    folder.write(name, content)
                because = content.withheld if isinstance(content, Withheld) else ""
                sheet.writerow(_line(row, name, because))
            out(listed.getvalue().encode())
            listed.seek(0)
            listed.truncate()
    reach("exit.listed")


async def _contents(rows: Sequence[Any], act: Act, *, clear: bool) -> Iterator[tuple[Any, bytes | Withheld]]:
    """The bytes of each, or why they are not here; that they were opened is on record."""
    wanted = [row for row in rows if not row["removed"] and (clear or not row["confidential"])]
    sealed = {row["id"]: bytes(row["sealed"]) for row in wanted if row["sealed"] is not None}
    company_id, away = current_tenant(), [row["id"] for row in wanted if row["kept_in"] == places.STORE]
    if away:
        async with step_outside():
            sealed |= {each: await places.get(company_id, each) for each in away}
    customers = tuple(dict.fromkeys(row["customer_id"] for row in wanted if row["customer_id"] is not None))
    if wanted:
        await noted("exit.files", act, subject="exit", customer_ids=customers, shown=len(wanted))
    found: list[tuple[Any, bytes | Withheld]] = []
    for row in rows:
        if row["removed"]:
            found.append((row, REMOVED))
        elif row["id"] not in sealed:
            found.append((row, NOT_ASKED if row["confidential"] and not clear else SHUT))
        else:
            found.append((row, await _content(row, sealed[row["id"]])))
    return iter(found)


async def _content(row: Any, sealed: bytes) -> bytes | Withheld:
    try:
        return await files_sealing.opened(sealed, file_id=row["id"], part=WHOLE, customer_id=row["customer_id"])
    except ArchiveErased:
        return ERASED
    except (KeyringError, ValueError):
        return SHUT


def _line(row: Any, name: str, because: str) -> tuple[object, ...]:
    said = (row["subject"], row["subject_id"], row["customer_id"] or "", row["bytes_count"], row["sha256"])
    return (row["id"], name, row["name"], *said, because)


async def _words(folder: Folder, tables: Sequence[Held], new: NewExit, act: Act) -> None:
    words = wording.dictionary(tables, act.policy)
    folder.write("dictionary.json", msgspec.json.format(msgspec.json.encode(words)))
    folder.write("dictionary.csv", wording.as_sheet(words))
    registered = msgspec.json.encode(await queries.registration(), enc_hook=str)
    folder.write("company.json", msgspec.json.format(registered))
    folder.write("roles.json", msgspec.json.format(msgspec.json.encode(versions.roles(act))))
    folder.write("guibin-verify.py", VERIFIER)
    recorded = as_recorded(new)
    folder.write(
        "README.md",
        wording.readme(
            {
                "company": act.company.slug,
                "made_at": act.now.isoformat(),
                "made_by": act.by.name,
                "key": str((await public_keys())[0]),
                "clear_zh": f"以明文给出（{recorded}）" if new.clear else f"没有以明文给出（{recorded}）",
                "clear_en": f"{'in clear' if new.clear else 'not in clear'} ({recorded})",
            }
        ),
    )
