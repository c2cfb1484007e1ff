"""Writing many archives at once: added or changed by number, given to another outlet or account manager."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from guibin.context import Act
from guibin.events import ArchivesWritten, tell_at_once
from guibin.notation.dates import columns_of, shown
from guibin.notation.names import search_keys
from guibin.policy.fields import ArchiveField
from guibin.sealing.actions import forget_fields, insert_sealed
from guibin.sealing.values import mask_of, sealed
from guibin_tenants import keyring
from guibin_tenants.receivers import sees
from guibin_tenants.refusals import Forbidden
from guibin_tenants.scope import execute, fetch, fetch_column
from guibin_tenants.tables import new_id

from . import searching
from .corrections import Altered, Subject, Value, differing, keep_all
from .held import Held
from .sheet_rows import Archive

# $17 are the fields that the file has; whatever else an archive holds stays as it is.
_UPSERT = """insert into customer (id, number, kind, name, pinyin, initials, org_unit_id, account_manager_id, sex,
    birthday, birthday_lunar, employer, department, position, preferences, fields, version,
    created_at, changed_at)
    select i, n, k, nm, py, ini, u, m, sx, bd, bl, em, de, po, '{}', f::jsonb, 1, $16, $16
    from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::uuid[],
        $9::text[], $10::date[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[])
        as r (i, n, k, nm, py, ini, u, m, sx, bd, bl, em, de, po, f)
    on conflict (tenant_id, number) do update set
        kind = excluded.kind, name = excluded.name, pinyin = excluded.pinyin, initials = excluded.initials,
        org_unit_id = excluded.org_unit_id, version = customer.version + 1, changed_at = excluded.changed_at,
        fields = (customer.fields - $17::text[]) || excluded.fields,
        account_manager_id = case when 'account_manager' = any ($17) then excluded.account_manager_id
            else customer.account_manager_id end,
        sex = case when 'sex' = any ($17) then excluded.sex else customer.sex end,
        birthday = case when 'birthday' = any ($17) then excluded.birthday else customer.birthday end,
        birthday_lunar = case when 'birthday' = any ($17) then excluded.birthday_lunar else customer.birthday_lunar end,
        employer = case when 'employer' = any ($17) then excluded.employer else customer.employer end,
        department = case when 'department' = any ($17) then excluded.department else customer.department end,
        position = case when 'position' = any ($17) then excluded.position else customer.position end
    returning id, number, (xmax = 0) as fresh"""


_TOLD = ("kind", "name", "sex", "employer", "department", "position")


class Columns(Struct, frozen=True):
    """What of an archive the file has: the names of its columns, and the archive's own fields by name."""

    given: tuple[str, ...]
    fields: dict[str, ArchiveField]
    # Where those come who are new and whose row names no org unit.
    home: UUID


async def write_archives(archives: Sequence[Archive], held: dict[str, Held], columns: Columns, act: Act) -> int:
    """Add those that are not `held`, change the others; how many were added. Raises Forbidden behind a wall."""
    if not archives:
        return 0
    names = [search_keys(archive.name) for archive in archives]
    born = [columns_of(archive.birthday) for archive in archives]
    try:
        written = await fetch(
            _UPSERT,
            [new_id() for _ in archives],
            [a.number for a in archives],
            [a.kind for a in archives],
            [a.name for a in archives],
            [pinyin for pinyin, _ in names],
            [initials for _, initials in names],
            [a.unit or (held[a.number].org_unit_id if a.number in held else columns.home) for a in archives],
            [a.manager for a in archives],
            [a.sex for a in archives],
            [solar for solar, _ in born],
            [lunar for _, lunar in born],
            [a.employer for a in archives],
            [a.department for a in archives],
            [a.position for a in archives],
            [msgspec.json.encode(a.fields).decode() for a in archives],
            act.now,
            list(columns.given),
        )
    except asyncpg.InsufficientPrivilegeError:
        raise Forbidden("The file names customers or org units that you do not see; nothing was imported") from None
    ids = {row["number"]: row["id"] for row in written}
    await keep_all([_history(a, held[a.number], columns) for a in archives if a.number in held], act, reason="")
    await _named(archives, ids, held)
    await _seal(archives, ids, columns.fields, fresh={row["id"] for row in written if row["fresh"]})
    await _assigned(archives, ids, held, act)
    return sum(row["fresh"] for row in written)


def _history(archive: Archive, before: Held, columns: Columns) -> tuple[Subject, list[Altered]]:
    """What the row changes, as the archive's history tells it. Who looks after them is told by their assignments."""
    after = before.after(archive, columns.given)
    stood = _plain(before)
    altered = differing(stood, dict.fromkeys(stood) | _plain(after))
    altered += [
        Altered(name, before.confidential.get(name, []), several, mask_of(columns.fields[name]))
        for name, several in archive.confidential.items()
    ]
    return Subject("customer", before.id, before.id), altered


def _plain(held: Held) -> dict[str, Value]:
    known: dict[str, Value] = {name: getattr(held, name) for name in _TOLD}
    known["birthday"] = shown(held.birthday) if held.birthday is not None else None
    return known | {f"fields.{name}": value for name, value in held.fields.items()}


async def _named(archives: Sequence[Archive], ids: dict[str, UUID], held: dict[str, Held]) -> None:
    """Let them be found by their names, where these are new."""
    fresh = {ids[a.number]: a.name for a in archives if a.number not in held}
    renamed = {ids[a.number]: a.name for a in archives if a.number in held and held[a.number].name != a.name}
    if fresh:
        await searching.name(fresh, fresh=True)
    if renamed:
        await searching.name(renamed)


async def _assigned(archives: Sequence[Archive], ids: dict[str, UUID], held: dict[str, Held], act: Act) -> None:
    """Whoever looks after them is to hear who is new, and who moved to another org unit (S05-3)."""
    moved: dict[UUID, list[UUID]] = {}
    for archive in archives:
        before = held.get(archive.number)
        if before is not None and archive.unit is not None and archive.unit != before.org_unit_id:
            moved.setdefault(archive.unit, []).append(ids[archive.number])
    await tell_at_once(ArchivesWritten(tuple(ids.values()), "imported", moved), act)


async def _seal(
    archives: Sequence[Archive], ids: dict[str, UUID], fields: dict[str, ArchiveField], *, fresh: set[UUID]
) -> None:
    with_values = [archive for archive in archives if archive.confidential]
    if not with_values:
        return
    above = await keyring.tenant_key()
    keys = await keyring.subject_keys([ids[archive.number] for archive in with_values])
    values = [
        sealed(
            fields[name],
            value,
            customer_id=ids[a.number],
            key=keys[ids[a.number]],
            tenant_key=above,
            place=place,
        )
        for a in with_values
        for name, several in a.confidential.items()
        for place, value in enumerate(several)
    ]
    # Of a new customer there is nothing to replace.
    replaced = [(ids[a.number], name) for a in with_values if ids[a.number] not in fresh for name in a.confidential]
    if replaced:
        await forget_fields(replaced)
    await insert_sealed(values)


async def move_all(unit_id: UUID, to_unit_id: UUID, act: Act) -> list[UUID]:
    """Every customer of the org unit belongs to the other from now on; their ids. The caller writes down who looks after them."""
    return await fetch_column(
        "update customer set org_unit_id = $2, version = version + 1, changed_at = $3 where org_unit_id = $1 returning id",
        unit_id,
        to_unit_id,
        act.now,
    )


async def change_blind_managers(customer_ids: list[UUID], unit_id: UUID, manager_id: UUID | None) -> None:
    """Whoever does not see the successor gives its customers to `manager_id`, else to the successor's own leader."""
    await execute(
        "update customer c set account_manager_id = coalesce($3, (select m.id from staff m where m.left_at is null"
        " and 'manager' = any (m.roles) and m.org_unit_id = $2 order by m.created_at, m.id limit 1))"
        " from staff s where s.tenant_id = c.tenant_id and s.id = c.account_manager_id and c.id = any ($1)"
        f" and not {sees('s', '$2')}",
        customer_ids,
        unit_id,
        manager_id,
    )


async def give(from_ids: Sequence[UUID], to_id: UUID, act: Act) -> list[UUID]:
    """Whomever these look after the other looks after from now on; their ids. The caller writes down who looks after them."""
    return await fetch_column(
        "update customer set account_manager_id = $2, version = version + 1, changed_at = $3"
        " where account_manager_id = any ($1) returning id",
        list(from_ids),
        to_id,
        act.now,
    )
