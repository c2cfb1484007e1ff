"""Adding, opening and removing files, each on record."""

import asyncio
import contextlib
from uuid import UUID

from msgspec import Struct

from guibin import events
from guibin.audit.actions import done, searched
from guibin.cases import Case
from guibin.cases.requests import Because, NewDisclosure
from guibin.context import Act
from guibin.events import FileAdded, FileRemoved
from guibin.profiles import disclosures
from guibin.profiles.subjects import refuse_unless_kept
from guibin.web.listing import PageAsked
from guibin_tenants.principals import may, require
from guibin_tenants.refusals import NotFound
from guibin_tenants.rows import add as add_row
from guibin_tenants.scope import current_tenant, execute, fetch, fetch_one, fetch_value, step_outside
from guibin_tenants.tables import new_id

from . import bounds, places, queries
from .checking import Checked, checked
from .queries import REMOVED, FileView
from .refusals import AlreadyHere, FileGone, NoRoom, PurposeNeeded
from .requests import NewFile
from .sealing import THUMBNAIL, WHOLE, opened, sealed
from .subjects import Holder, holder_of
from .tables import FileContent, FileRemoval, StoredFile

SUBJECT = "file"
DISCLOSE = may("customers:disclose")
THUMBNAIL_TYPE = "image/webp"
# As many as one subject may have; a customer's cases have more.
SHOWN_MAX = 100
# Decoding takes memory: one picture at a time.
_decoding = asyncio.Semaphore(1)
_ADDED = """insert into file_total as t (id, kept_in, bytes_count) values (gen_random_uuid(), $1, $2)
    on conflict (tenant_id, kept_in) do update set bytes_count = t.bytes_count + excluded.bytes_count"""


class Opened(Struct, frozen=True):
    """A file in clear, this once."""

    name: str
    media_type: str
    content: bytes


async def add(holder: Holder, subject_id: UUID, new: NewFile, act: Act) -> FileView:
    """Keep a file with it. What it is is found out, and put into the store, outside any transaction.

    Raises NotFound, Invalid, CaseEnded, NoRoom, AlreadyHere, ArchiveErased, StoreAway.
    """
    await _admitted(holder, subject_id, act)
    async with step_outside(), _decoding:
        found = await asyncio.to_thread(checked, new)
    customer_id, file_id, place = await _admitted(holder, subject_id, act), new_id(), places.here()
    whole = await sealed(found.content, file_id=file_id, part=WHOLE, customer_id=customer_id)
    if place == places.STORE:
        company_id = current_tenant()
        await _refuse_full(subject_id, found)
        async with step_outside():
            await places.put(company_id, file_id, whole)
        customer_id = await _admitted(holder, subject_id, act)
    await _alone(subject_id)
    await _refuse_full(subject_id, found)
    await _write(Case(holder.subject, subject_id, customer_id), (file_id, place), found, act)
    if place == places.DATABASE:
        await add_row(FileContent, file_id=file_id, part=WHOLE, sealed=whole)
    await execute(_ADDED, place, len(found.content))
    case = Case(SUBJECT, file_id, customer_id)
    await done("add", case, act, fields=(found.kind,))
    await events.happen(FileAdded(file_id, holder.subject, subject_id), act)
    return await queries.LISTED.one(file_id)


async def keep(case: Case, found: Checked, act: Act) -> UUID:
    """Keep a file that was checked already, in the database and in the transaction of what it came with; its id.

    Raises NoRoom, AlreadyHere, ArchiveErased.
    """
    await _alone(case.id)
    await _refuse_full(case.id, found)
    file_id = new_id()
    whole = await sealed(found.content, file_id=file_id, part=WHOLE, customer_id=case.customer_id)
    await _write(case, (file_id, places.DATABASE), found, act)
    await add_row(FileContent, file_id=file_id, part=WHOLE, sealed=whole)
    await execute(_ADDED, places.DATABASE, len(found.content))
    await done("add", Case(SUBJECT, file_id, case.customer_id), act, fields=(found.kind,))
    await events.happen(FileAdded(file_id, case.subject, case.id), act)
    return file_id


async def move(of: Case, to: Case, act: Act, *, because: str) -> None:
    """What was kept with one thing is kept with another from now on, under that one's key; that it moved, and why, stays.

    For files that `keep` put into the database. Raises NoRoom, ArchiveErased.
    """
    ids = await fetch(
        f"select x.id from stored_file x where x.subject = $1 and x.subject_id = $2 and not {REMOVED} order by x.id",
        of.subject,
        of.id,
    )
    for row in ids:
        file = await queries.LISTED.one(row["id"])
        content, small = await _part(file, WHOLE), await _part(file, THUMBNAIL) if file.thumbnail else None
        await done("open", Case(SUBJECT, file.id, file.customer_id), act, fields=(file.kind,))
        await _take_away(file, act, because=because)
        found = Checked(file.name, file.media_type, file.kind, file.confidential, content, file.sha256, small)
        with contextlib.suppress(AlreadyHere):
            await keep(to, found, act)


async def destroy(of: Case, act: Act, *, because: str) -> None:
    """Everything that `keep` put there, with the reason."""
    for row in await fetch(
        f"select x.id from stored_file x where x.subject = $1 and x.subject_id = $2 and not {REMOVED}",
        of.subject,
        of.id,
    ):
        file = await queries.LISTED.one(row["id"])
        await _take_away(file, act, because=because)
        await done("remove", Case(SUBJECT, file.id, file.customer_id), act, fields=(file.kind,))


async def _take_away(file: FileView, act: Act, *, because: str) -> None:
    await add_row(FileRemoval, act, file_id=file.id, reason=because)
    await execute("delete from file_content where file_id = $1", file.id)
    await execute(_ADDED, places.DATABASE, -file.bytes_count)


async def show(file_id: UUID, act: Act) -> FileView:
    """What is known of a file. Raises NotFound, Forbidden."""
    file = await _readable(file_id, act)
    await done("read", Case(SUBJECT, file.id, file.customer_id), act)
    return file


class Shown(Struct, frozen=True):
    """The newest files of one of these, and the small pictures that there are; `more` where that is not all."""

    files: list[FileView]
    pictures: dict[UUID, bytes]
    more: bool


async def shown(holder: Holder, subject_id: UUID, act: Act) -> Shown:
    """As a page shows them: one look, one entry; none where there is nothing to be seen. Raises NotFound."""
    asking = await queries.asking(holder, subject_id, act)
    page = await queries.of(holder).page(None, PageAsked(SHOWN_MAX), act, **asking)
    if not page.items:
        return Shown([], {}, False)
    await searched(SUBJECT, page, act, verb="list", fields=("thumbnail",))
    whose = {file.id: file.customer_id for file in page.items if file.thumbnail and file.removal is None}
    rows = await fetch(
        "select file_id, sealed from file_content where part = 'thumbnail' and file_id = any ($1)", list(whose)
    )
    pictures = {
        row["file_id"]: await opened(
            bytes(row["sealed"]), file_id=row["file_id"], part=THUMBNAIL, customer_id=whose[row["file_id"]]
        )
        for row in rows
    }
    return Shown(page.items, pictures, page.next is not None)


async def open_file(file_id: UUID, act: Act, *, said_why: bool = False) -> Opened:
    """A file that is not confidential, or of which it was said why. Raises NotFound, Forbidden, PurposeNeeded, FileGone,
    ArchiveErased, StoreAway."""
    file = await _readable(file_id, act)
    if file.confidential and not said_why:
        raise PurposeNeeded("Say why it is opened: POST its disclosures")
    content = await _whole(file)
    await done("open", Case(SUBJECT, file.id, file.customer_id), act, fields=(file.kind,))
    return Opened(file.name, file.media_type, content)


async def disclose(file_id: UUID, new: NewDisclosure, act: Act) -> Opened:
    """Any file, with the purpose on record. Raises as `open_file`."""
    file = await _readable(file_id, act)
    require(act.by, DISCLOSE)
    content = await _whole(file)
    await disclosures.keep(Case(SUBJECT, file.id, file.customer_id), (file.kind,), new, act)
    return Opened(file.name, file.media_type, content)


async def say_why(file_id: UUID, new: NewDisclosure, act: Act) -> None:
    """Put the purpose on record before the file is fetched by itself. Raises NotFound, Forbidden, FileGone."""
    file = await _readable(file_id, act)
    require(act.by, DISCLOSE)
    _refuse_gone(file)
    await disclosures.keep(Case(SUBJECT, file.id, file.customer_id), (file.kind,), new, act)


async def thumbnail(file_id: UUID, act: Act) -> Opened:
    """The picture, small. Raises NotFound also for what has none; Forbidden, FileGone, ArchiveErased."""
    file = await _readable(file_id, act)
    if not file.thumbnail:
        raise NotFound(f"There is no thumbnail of file {file_id}: it is confidential, or no picture")
    content = await _part(file, THUMBNAIL)
    await done("thumbnail", Case(SUBJECT, file.id, file.customer_id), act)
    return Opened(file.name, THUMBNAIL_TYPE, content)


async def remove(file_id: UUID, new: Because, act: Act) -> FileView:
    """Destroy it; that it was there, and why it is not, stays. Raises NotFound, Forbidden, CaseEnded, FileGone."""
    file = await _readable(file_id, act)
    holder = holder_of(file.subject)
    require(act.by, holder.writes)
    customer_id = await _admitted(holder, file.subject_id, act)
    if customer_id is not None:
        await refuse_unless_kept(customer_id)
    await _alone(file.subject_id)
    if await fetch_value(f"select {REMOVED} from stored_file x where x.id = $1", file_id):
        raise FileGone("It was removed already")
    place = await fetch_value("select kept_in from stored_file where id = $1", file_id)
    await add_row(FileRemoval, act, file_id=file_id, reason=new.reason)
    await execute("delete from file_content where file_id = $1", file_id)
    await execute(_ADDED, place, -file.bytes_count)
    await done("remove", Case(SUBJECT, file.id, file.customer_id), act, fields=(file.kind,))
    await events.happen(FileRemoved(file_id, file.subject, file.subject_id), act)
    return await queries.LISTED.one(file_id)


async def _admitted(holder: Holder, subject_id: UUID, act: Act) -> UUID | None:
    customer_id = await holder.whose(subject_id, act.by)
    if holder.admits is not None:
        await holder.admits(subject_id, act)
    return customer_id


async def _alone(subject_id: UUID) -> None:
    """Nobody else adds to its files, or removes one, until the transaction ends: they are counted."""
    await fetch_value("select pg_advisory_xact_lock(hashtextextended('files ' || $1::text, 0))", str(subject_id))


async def _readable(file_id: UUID, act: Act) -> FileView:
    file = await queries.LISTED.one(file_id)
    require(act.by, holder_of(file.subject).reads)
    return file


async def _refuse_full(subject_id: UUID, found: Checked) -> None:
    there = await fetch_one(
        "select count(*) as files, coalesce(sum(x.bytes_count), 0) as bytes, max(x.name) filter (where x.sha256 = $2) as same,"
        " (select coalesce(sum(t.bytes_count), 0) from file_total t) as company"
        f" from stored_file x where x.subject_id = $1 and not {REMOVED}",
        subject_id,
        found.sha256,
    )
    assert there is not None
    size = len(found.content)
    if there["same"] is not None:
        raise AlreadyHere(f"It is called {there['same']} here")
    if there["files"] >= bounds.SUBJECT_FILES_MAX:
        raise NoRoom(f"There are {bounds.SUBJECT_FILES_MAX} files already: remove one that is not needed")
    if there["bytes"] + size > bounds.SUBJECT_BYTES_MAX:
        most = bounds.spoken(bounds.SUBJECT_BYTES_MAX)
        raise NoRoom(
            f"All files together have at most {most}, and there are {bounds.spoken(int(there['bytes']))} already"
        )
    if there["company"] + size > bounds.ROOM.company_bytes:
        most = bounds.spoken(bounds.ROOM.company_bytes)
        raise NoRoom(f"The company's files together have at most {most}: ask whoever operates the service for more")


async def _write(case: Case, kept: tuple[UUID, str], found: Checked, act: Act) -> None:
    file_id, place = kept
    await add_row(
        StoredFile,
        act,
        id=file_id,
        subject=case.subject,
        subject_id=case.id,
        customer_id=case.customer_id,
        name=found.name,
        media_type=found.media_type,
        kind=found.kind,
        confidential=found.confidential,
        bytes_count=len(found.content),
        sha256=found.sha256,
        thumbnail=found.thumbnail is not None,
        kept_in=place,
    )
    if found.thumbnail is not None:
        small = await sealed(found.thumbnail, file_id=file_id, part=THUMBNAIL, customer_id=case.customer_id)
        await add_row(FileContent, file_id=file_id, part=THUMBNAIL, sealed=small)


async def _whole(file: FileView) -> bytes:
    place = await fetch_value("select kept_in from stored_file where id = $1", file.id)
    if place == places.DATABASE:
        return await _part(file, WHOLE)
    _refuse_gone(file)
    company_id = current_tenant()
    async with step_outside():
        kept = await places.get(company_id, file.id)
    return await opened(kept, file_id=file.id, part=WHOLE, customer_id=file.customer_id)


async def _part(file: FileView, part: str) -> bytes:
    _refuse_gone(file)
    kept = await fetch_value("select sealed from file_content where file_id = $1 and part = $2", file.id, part)
    if kept is None:
        raise FileGone("It was destroyed with its customer's archive")
    return await opened(bytes(kept), file_id=file.id, part=part, customer_id=file.customer_id)


def _refuse_gone(file: FileView) -> None:
    if file.removal is not None:
        raise FileGone(f"{file.removal.removed_by_name} removed it: {file.removal.reason}")
