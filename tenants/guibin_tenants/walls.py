"""Walls inside a tenant (S02-6): which rows whoever does not see the whole of it sees, and which of them that one writes."""

import hashlib
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from .tables import Keys, TenantTable, all_tables, differs

# Unset or empty settings show nothing; head office is '*'.
_UNITS = "(select current_setting('guibin.units', true))"
EVERYWHERE = f"({_UNITS} = '*')"
SEEN_UNITS = "(select nullif(nullif(current_setting('guibin.units', true), '*'), ''))::uuid[]"
# Asked once per statement: it depends on no row.
_UNITS_ABOVE = (
    "(with recursive up (tenant_id, id) as (select u.tenant_id, u.parent_id from org_unit u"
    f" where u.id = any ({SEEN_UNITS}) union select u.tenant_id, u.parent_id from org_unit u"
    " join up on up.tenant_id = u.tenant_id and up.id = u.id) select up.id from up where up.id is not null)"
)
COMPANY = "company"
# While somebody looks at what was lent to them.
_NOTHING_LENT = "(select coalesce(current_setting('guibin.lent', true), '') = '')"
WRITES = {"insert": ("with check",), "update": ("using", "with check"), "delete": ("using",)}
NAMES = ("wall", *(f"wall_{command}" for command in WRITES), *(f"written_{command}" for command in WRITES))


class Wall(Struct, frozen=True):
    """One restrictive policy of a table, or a trigger where some columns are open. `digest` tells it from what it was in an
    earlier release.
    """

    name: str
    statement: str
    kind: Literal["policy", "trigger"] = "policy"

    @property
    def digest(self) -> str:
        """Of the statement."""
        return hashlib.sha256(self.statement.encode()).hexdigest()


def in_sight(target: str, row_id: str) -> str:
    """SQL: whether there is a row of this id behind no wall: the sub-select runs under its row security."""
    return f"exists (select from {target} p where p.id = {row_id})"


def unit_of(target: str, row_id: str) -> str:
    """SQL: the org unit of the row of this id, by which its wall decides; null behind it."""
    return f"(select p.org_unit_id from {target} p where p.id = {row_id})"


def walls(table: type[TenantTable], role: str = "") -> Iterator[Wall]:
    """The policies that `table.keys` asks for; for everybody, or for this role alone."""
    name, keys, to = table._meta.tablename, table.keys, f" to {role}" if role else ""
    if keys.wall:
        seen, asked = _seen(table), _whose_unowned(table)
        if keys.anyone_adds:
            yield _wall("wall", name, "select", to, f"using ({seen})", asked)
            for command in ("update", "delete"):
                clauses = " ".join(f"{clause} ({seen})" for clause in WRITES[command])
                yield _wall(f"wall_{command}", name, command, to, clauses)
        elif keys.lent_by:
            lent = f"{name}.id = (select guibin_lent_{name}())"
            yield _wall("wall", name, "select", to, f"using ({seen} or {lent})", asked + _what_is_lent(table))
            for command, checked in WRITES.items():
                said = " ".join(f"{clause} (({seen}) and {_NOTHING_LENT})" for clause in checked)
                yield _wall(f"wall_{command}", name, command, to, said)
        elif _may_be_lent(table):
            written = f"({seen}) and {_NOTHING_LENT}"
            yield _wall("wall", name, "all", to, f"using ({seen}) with check ({written})", asked)
            # A row that goes is looked at by no check.
            yield _wall("wall_delete", name, "delete", to, f"using ({_NOTHING_LENT})")
        else:
            yield _wall("wall", name, "all", to, f"using ({seen}) with check ({seen})", asked)
    if keys.written_by:
        written = _written(table, name)
        for command in keys.writes:
            if command == "update" and keys.counted:
                yield _all_but_counted(table)
                continue
            clauses = " ".join(f"{clause} ({written})" for clause in WRITES[command])
            yield _wall(f"written_{command}", name, command, to, clauses)


def _all_but_counted(table: type[TenantTable]) -> Wall:
    """Policies know no columns. It refuses in their words, so that both are answered alike."""
    name = table._meta.tablename
    written = " and ".join(f"({_written(table, side)})" for side in ("old", "new"))
    statement = (
        f"create or replace function guibin_written_{name}() returns trigger language plpgsql as $$ begin"
        f" if ({written}) is not true then"
        f" raise insufficient_privilege using message = 'row violates row-level security policy for table {name}';"
        f" end if; return new; end $$; create trigger written_update before update on {name} for each row"
        f" when ({differs(table, table.keys.counted)}) execute function guibin_written_{name}()"
    )
    return Wall("written_update", statement, "trigger")


def leads_to(keys: Keys, entry: str) -> tuple[str, str]:
    """The column of an entry of `wall`, `also` or `unowned`, and the table whose row it names."""
    column, _, target = entry.partition(" ")
    return column, target or keys.references.get(column) or ("org_unit" if column == "org_unit_id" else "customer")


def _wall(policy: str, name: str, command: str, to: str, clauses: str, before: str = "") -> Wall:
    return Wall(policy, f"{before}create policy {policy} on {name} as restrictive for {command}{to} {clauses}")


def _seen(table: type[TenantTable]) -> str:
    name, keys = table._meta.tablename, table.keys
    ways = [EVERYWHERE, *(_in_sight(name, keys, entry) for entry in (keys.wall, *keys.also))]
    if keys.from_above:
        ways.append(f"{name}.{keys.wall} in {_UNITS_ABOVE}")
    if keys.unowned:
        ways.append(f"({name}.{keys.wall} is null and ({_owned(table)}))")
    elif keys.everybodys:
        ways.append(f"{name}.{keys.wall} is null")
    return " or ".join(ways)


def _owned(table: type[TenantTable]) -> str:
    name, keys = table._meta.tablename, table.keys
    near = [_in_sight(name, keys, entry) for entry in keys.unowned if not _walled(keys, entry)]
    columns = _unowned_columns(table)
    asked = ", ".join(f"{name}.{column}" for column in ("tenant_id", *columns))
    return " or ".join([*near, *([f"guibin_unowned_{name}({asked})"] if columns else [])])


def _whose_unowned(table: type[TenantTable]) -> str:
    """The function that asks the rows which stand behind walls of their own; nothing where there are none.

    In the policy itself each of those walls would be written out wherever the table is read: a list of what is owed over
    all slices took 90 ms to plan, of which these were more than half, and they are asked of few rows.
    """
    name, keys, columns = table._meta.tablename, table.keys, _unowned_columns(table)
    if not columns:
        return ""
    places = {column: f"${place}" for place, column in enumerate(columns, 2)}
    kinds = ", ".join(
        {column._meta.db_column_name: column for column in table._meta.columns}[each].column_type for each in columns
    )
    looks = " or ".join(
        f"exists (select from public.{target} p where p.tenant_id = $1 and {_named(column, places[column])})"
        for column, target in (leads_to(keys, entry) for entry in keys.unowned if _walled(keys, entry))
    )
    return (
        f"create or replace function guibin_unowned_{name}(uuid, {kinds}) returns boolean language plpgsql stable"
        f" as $$ begin return {looks}; end $$; "
    )


def _what_is_lent(table: type[TenantTable]) -> str:
    """The function that says which row is lent: that of a loan to this person, not ended, in whose time the moment lies."""
    name, loans = table._meta.tablename, table.keys.lent_by
    return (
        f"create or replace function guibin_lent_{name}() returns uuid language plpgsql stable as $$"
        " declare said text[] := string_to_array(nullif(current_setting('guibin.lent', true), ''), ' ');"
        f" begin if said is null then return null; end if; return (select l.{name}_id from public.{loans} l"
        " where l.id = said[1]::uuid and l.staff_id = said[2]::uuid and l.ended_at is null"
        " and l.opened_at <= said[3]::timestamptz and l.until_at > said[3]::timestamptz); end $$; "
    )


def _may_be_lent(table: type[TenantTable], asked: frozenset[str] = frozenset()) -> bool:
    """Whether its rows may be seen because another one is lent, to whose wall theirs leads."""
    if table.keys.lent_by:
        return True
    keys = table.keys
    targets = {leads_to(keys, entry)[1] for entry in (keys.wall, *keys.also, *keys.unowned) if entry}
    asked |= {table._meta.tablename}
    known = [each for each in all_tables() if each._meta.tablename in targets - asked]
    return any(_may_be_lent(each, asked) for each in known)


def _unowned_columns(table: type[TenantTable]) -> tuple[str, ...]:
    keys = table.keys
    return tuple(dict.fromkeys(leads_to(keys, entry)[0] for entry in keys.unowned if _walled(keys, entry)))


def _walled(keys: Keys, entry: str) -> bool:
    return leads_to(keys, entry)[1] not in ("org_unit", "staff")


def _in_sight(name: str, keys: Keys, entry: str) -> str:
    column, target = leads_to(keys, entry)
    whose = f"{name}.{column}"
    if target == "org_unit":
        return f"{whose} = any ({SEEN_UNITS})"
    if target == "staff":
        return (
            f"exists (select from staff s where s.tenant_id = {name}.tenant_id and s.id = {whose}"
            f" and s.org_unit_id = any ({SEEN_UNITS}))"
        )
    # The wall of the row it names decides: the sub-select runs under its row security.
    return f"exists (select from {target} p where p.tenant_id = {name}.tenant_id and {_named(column, whose)})"


def _named(column: str, value: str) -> str:
    return f"p.id = any ({value})" if column.endswith("_ids") else f"p.id = {value}"


def _written(table: type[TenantTable], row: str) -> str:
    """Whether whoever asks writes the row called `row`."""
    keys = table.keys
    if keys.written_by == COMPANY:
        return EVERYWHERE
    column, target = leads_to(keys, keys.written_by)
    if target == "org_unit":
        return f"{EVERYWHERE} or {row}.{column} = any ({SEEN_UNITS})"
    inner = _written(_table(target), "q")
    return (
        f"{EVERYWHERE} or exists (select from {target} q where q.tenant_id = {row}.tenant_id"
        f" and q.id = {row}.{column} and ({inner}))"
    )


def _table(name: str) -> type[TenantTable]:
    return next(table for table in all_tables() if table._meta.tablename == name)
