"""From table definitions to PostgreSQL: keys that lead with the tenant, row security, walls and grants."""

from collections.abc import Sequence

from piccolo.columns import JSONB, Column
from piccolo.table import Table

from . import in_step
from .tables import BLANK, LAST_CHANGED, Index, Keys, TenantTable, differs

APP_ROLE = "guibin_app"
# Shares out work among all tenants; docs/decisions/0004 says what it sees.
RELAY_ROLE = "guibin_relay"
ERASURE = "erasure"
BEGINNING = "beginning"
WORDLESS = "wordless"
ARCHIVE_CHANGE = "archive_change"
MOVING = "moving"
SWITCHING = "switching"
# What PostgreSQL says when something new comes to an archive that has ended.
ARCHIVE_CLOSED, ARCHIVE_ERASED = "GB001", "GB002"
# What it says when a row of a company that is read-only would be written.
COMPANY_FROZEN = "GB003"

TENANT = "(select nullif(current_setting('guibin.tenant', true), '')::uuid)"
# The row is locked as the reference to it will lock it: an erasure that is under way is waited for, and then seen.
_BEGINNING = f"""create or replace function guibin_beginning() returns trigger language plpgsql as $$
declare archive record;
begin
  select c.closed_at, c.erased_at into archive from public.customer c
    where c.tenant_id = new.tenant_id and c.id = new.customer_id for key share;
  if archive.erased_at is not null then
    raise exception 'customer % was erased', new.customer_id using errcode = '{ARCHIVE_ERASED}';
  elsif archive.closed_at is not null and tg_argv[0] = 'open' then
    raise exception 'the archive of customer % is closed', new.customer_id using errcode = '{ARCHIVE_CLOSED}';
  end if;
  return new;
end $$"""
# What of an ended archive may still change: where it belongs, its version, and that it ended. Spellings follow the name.
_CHANGES_STILL = frozenset(
    {
        "tenant_id",
        "id",
        "org_unit_id",
        "account_manager_id",
        "version",
        "created_at",
        "changed_at",
        "closed_at",
        "erased_at",
        LAST_CHANGED,
    }
    | {"pinyin", "initials"}
)
_CHANGE = f"""create or replace function guibin_archive_change() returns trigger language plpgsql as $$
begin
  if old.erased_at is not null then
    raise exception 'customer % was erased', old.id using errcode = '{ARCHIVE_ERASED}';
  end if;
  raise exception 'the archive of customer % is closed', old.id using errcode = '{ARCHIVE_CLOSED}';
end $$"""
# A row that is kept goes to the other archive of its customer, and back, with nothing else of it changed; what is blanked by an
# erasure is the policy's to check.
_MOVING = """create or replace function guibin_moving() returns trigger language plpgsql as $$
declare
  named text; was uuid; becomes uuid; moved boolean := false;
  before jsonb := to_jsonb(old); after jsonb := to_jsonb(new);
begin
  foreach named in array tg_argv loop
    was := (before ->> named)::uuid;
    becomes := (after ->> named)::uuid;
    if was is distinct from becomes then
      moved := exists (select from public.archive_merge m where m.tenant_id = new.tenant_id and m.undone_at is null
        and (m.merged_id = was and m.customer_id = becomes or m.merged_id = becomes and m.customer_id = was));
      if not moved then
        raise exception '% is kept: its customer does not change', tg_table_name using errcode = '42501';
      end if;
      before := before - named;
      after := after - named;
    end if;
  end loop;
  if moved and before = after or not moved and exists (select from public.customer c where c.tenant_id = new.tenant_id
      and c.id = (after ->> tg_argv[0])::uuid and c.erased_at is not null) then
    return new;
  end if;
  raise exception '% is kept', tg_table_name using errcode = '42501';
end $$"""
# Of a company's registration the application changes the packs alone, the company's own, and of these what the operator allows.
_SWITCHING = f"""create or replace function guibin_switching() returns trigger language plpgsql as $$
begin
  if current_user = '{APP_ROLE}' and old.frozen_at is not null then
    perform public.guibin_frozen();
  end if;
  if current_user = '{APP_ROLE}' and exists (select from unnest(old.packs || new.packs) as p (name)
      where (p.name = any (old.packs)) <> (p.name = any (new.packs))
      and not p.name = any (coalesce(old.packs_allowed, '{{}}'))) then
    raise exception 'the company does not switch this pack itself' using errcode = '42501';
  end if;
  return new;
end $$"""
_FROZEN = f"""create or replace function guibin_frozen() returns boolean language plpgsql as $$
begin
  raise exception 'the company is frozen' using errcode = '{COMPANY_FROZEN}';
end $$"""
_FROZEN_CHANGE = f"""create or replace function guibin_frozen_change() returns trigger language plpgsql as $$
begin
  if current_user = '{APP_ROLE}' and exists (select from public.tenant t where t.id = new.tenant_id and t.frozen_at is not null) then
    perform public.guibin_frozen();
  end if;
  return new;
end $$"""
FUNCTIONS = (_BEGINNING, _CHANGE, _MOVING, _FROZEN, _FROZEN_CHANGE, _SWITCHING, in_step.FUNCTION)
# By what they make.
REGISTRY = {
    SWITCHING: (
        "alter table tenant enable row level security",
        "create policy everybody on tenant for select using (true)",
        f"create policy own on tenant for update to {APP_ROLE} using (id = {TENANT}) with check (id = {TENANT})",
        f"grant update (packs) on tenant to {APP_ROLE}",
        f"create trigger {SWITCHING} before update of packs on tenant for each row execute function guibin_switching()",
    )
}


def create_statements(table: type[Table]) -> list[str]:
    """Everything that makes one table, one statement each."""
    if issubclass(table, TenantTable):
        return _tenant_table(table)
    return _control_table(table)


def column_definition(table: type[Table], column: Column) -> str:
    """One column as DDL."""
    name = column._meta.db_column_name
    parts = [f'"{name}"', column.column_type]
    if issubclass(table, TenantTable) and name in table.keys.collate_c:
        parts.append('collate "C"')
    if name == "tenant_id":
        parts.append("not null default nullif(current_setting('guibin.tenant', true), '')::uuid")
    elif name == LAST_CHANGED:
        # Rows that were there before the column changed at the latest when it was added.
        parts.append("not null default now()")
    elif not column._meta.null or column._meta.primary_key:
        parts.append("not null")
    return " ".join(parts)


def _tenant_table(table: type[TenantTable]) -> list[str]:
    name = table._meta.tablename
    columns = [column_definition(table, column) for column in table._meta.columns]
    return [
        f"create table {name} ({', '.join([*columns, 'primary key (tenant_id, id)', *constraints(table)])})",
        *row_security_statements(name),
        *(index_statement(name, index) for index in indexes(table)),
        *grants(table),
    ]


def row_security_statements(name: str) -> tuple[str, ...]:
    """What keeps the rows of one company from another."""
    return (
        f"alter table {name} enable row level security",
        f"alter table {name} force row level security",
        f"create policy tenant on {name} using (tenant_id = {TENANT}) with check (tenant_id = {TENANT})",
    )


def constraints(table: type[TenantTable]) -> list[str]:
    """What holds of its rows beside their key: what is unique, what refers to what, and the checks."""
    name, keys = table._meta.tablename, table.keys
    return [
        *(f"unique (tenant_id, {', '.join(unique)})" for unique in keys.unique),
        *(
            f"foreign key (tenant_id, {column}) references {target} (tenant_id, id)"
            for column, target in keys.references.items()
            if column not in keys.follows.values()
        ),
        *(
            f"foreign key (tenant_id, {reference}, {column}) references {keys.references[reference]} (tenant_id, id, {column})"
            " on update cascade"
            for column, reference in keys.follows.items()
        ),
        *(f"constraint {name}_{check} check ({condition})" for check, condition in keys.checks.items()),
    ]


def grants(table: type[TenantTable]) -> list[str]:
    """What the application's role may do with it, and the relay's."""
    name, keys = table._meta.tablename, table.keys
    return [f"grant {_granted(keys)} on {name} to {APP_ROLE}", *_relay(name, keys.relay, keys.relay_marks)]


def about(table: type[TenantTable]) -> tuple[str, str, str]:
    """The column that says whom a row is about, the table it leads through, and the column there: the last two empty when it
    names the customer itself.
    """
    if table.keys.about:
        return table.keys.about
    if any(column._meta.db_column_name == "customer_id" for column in table._meta.columns):
        return "customer_id", "", ""
    column, target = next(iter(table.keys.references.items()))
    return column, target, "id"


def erasable(table: type[TenantTable]) -> tuple[list[str], list[str]]:
    """The columns erasure blanks: texts, then documents."""
    columns = [column for column in table._meta.columns if column._meta.db_column_name in table.keys.erasable]
    documents = [column._meta.db_column_name for column in columns if isinstance(column, JSONB)]
    return [c._meta.db_column_name for c in columns if c._meta.db_column_name not in documents], documents


def endings(table: type[TenantTable]) -> dict[str, list[str]]:
    """What holds of rows about customers whose archive was closed or erased: statements by the name of what they make."""
    name, keys = table._meta.tablename, table.keys
    found: dict[str, list[str]] = {}
    if keys.begins:
        found[BEGINNING] = [
            f"create trigger {BEGINNING} before insert on {name} for each row"
            f" execute function guibin_beginning('{keys.begins}')"
        ]
    if name == "customer":
        found[ARCHIVE_CHANGE] = [
            f"create trigger {ARCHIVE_CHANGE} before update on {name} for each row"
            " when (old.closed_at is not null and old.erased_at is not distinct from new.erased_at"
            f" and {differs(table, _CHANGES_STILL)}) execute function guibin_archive_change()"
        ]
    elif keys.erasable:
        found |= _wordless(table)
    if keys.append_only and moving(table):
        columns = moving(table)
        # What lets a row be blanked looks at a merge too: it is made anew where it stood before.
        again = [f"drop policy {ERASURE} on {name}", *_blanking(table)] if ERASURE in found else []
        found[MOVING] = [
            *again,
            f"grant update ({', '.join(columns)}) on {name} to {APP_ROLE}",
            f"create trigger {MOVING} before update on {name} for each row"
            f" execute function guibin_moving({', '.join(repr(column) for column in columns)})",
        ]
    if keys.in_step:
        found[in_step.TRIGGER] = [
            f"create trigger {in_step.TRIGGER} before insert or update on {name} for each row"
            " execute function guibin_in_step()"
        ]
    return found


def moving(table: type[TenantTable]) -> tuple[str, ...]:
    """The columns by which rows go along when their customer's archive becomes one with another."""
    if table.keys.merging == "stays":
        return ()
    named = [column for column, target in table.keys.references.items() if target == "customer"]
    first = [column for column in named if column == "customer_id"]
    return (*first, *(column for column in (*named, *table.keys.customers) if column not in first))


def _wordless(table: type[TenantTable]) -> dict[str, list[str]]:
    """Words about an erased customer are blanked as they are written, and can be blanked where rows are otherwise never changed.

    A case that was open ends like others; what is said of it then is not kept.
    """
    name, keys = table._meta.tablename, table.keys
    column, through, there = about(table)
    texts, documents = erasable(table)
    of_new = f"new.{column}"
    if through:
        of_new = (
            f"(select p.customer_id from public.{through} p where p.tenant_id = new.tenant_id and p.{there} = {of_new})"
        )
    found: dict[str, list[str]] = {}
    moments = [*(["insert"] if not keys.begins else []), *(["update"] if not keys.append_only else [])]
    if moments:
        said = [
            *(f"new.{text} not in ('', '{BLANK}')" for text in texts),
            *(f"new.{one} <> '{{}}'" for one in documents),
        ]
        blanks = [
            *(f"if new.{text} <> '' then new.{text} := '{BLANK}'; end if;" for text in texts),
            *(f"new.{document} := '{{}}';" for document in documents),
        ]
        found[WORDLESS] = [
            f"create or replace function guibin_wordless_{name}() returns trigger language plpgsql as $$"
            " declare erased timestamptz; begin"
            " select c.erased_at into erased from public.customer c"
            f" where c.tenant_id = new.tenant_id and c.id = {of_new} for key share;"
            f" if erased is not null then {' '.join(blanks)} end if; return new; end $$",
            f"create trigger {WORDLESS} before {' or '.join(moments)} on {name} for each row"
            f" when ({' or '.join(said)}) execute function guibin_wordless_{name}()",
        ]
    if keys.append_only:
        found[ERASURE] = _blanking(table)
    return found


def _blanking(table: type[TenantTable]) -> list[str]:
    name = table._meta.tablename
    column, through, there = about(table)
    texts, documents = erasable(table)
    whose = f"{name}.{column}"
    if through:
        whose = f"(select p.customer_id from {through} p where p.tenant_id = {name}.tenant_id and p.{there} = {whose})"
    erased = (
        f"exists (select from customer c where c.tenant_id = {name}.tenant_id and c.id = {whose}"
        " and c.erased_at is not null)"
    )
    merged = (
        f"exists (select from archive_merge a where a.tenant_id = {name}.tenant_id and a.undone_at is null"
        f" and {whose} in (a.customer_id, a.merged_id))"
        if moving(table)
        else "false"
    )
    blank = " and ".join(
        [*(f"{text} in ('', '{BLANK}')" for text in texts), *(f"{document} = '{{}}'" for document in documents)]
    )
    return [
        f"create policy {ERASURE} on {name} as restrictive for update using ({erased} or {merged})"
        f" with check ({erased} and {blank} or {merged})",
        f"grant update ({', '.join(table.keys.erasable)}) on {name} to {APP_ROLE}",
    ]


def _granted(keys: Keys) -> str:
    if not keys.append_only:
        return "select, insert, update, delete"
    return "select, insert, delete" if keys.expires else "select, insert"


def _relay(name: str, columns: tuple[str, ...], marks: tuple[str, ...]) -> list[str]:
    if not columns:
        return []
    statements = [
        f"create policy relay on {name} to {RELAY_ROLE} using (true) with check (true)",
        f"grant select ({', '.join(columns)}) on {name} to {RELAY_ROLE}",
    ]
    if marks:
        statements.append(f"grant update ({', '.join(marks)}) on {name} to {RELAY_ROLE}")
    return statements


def indexes(table: type[TenantTable]) -> Sequence[Index]:
    """Those it asks for, and one behind every reference."""
    led = {index.columns[0] for index in table.keys.indexes if not index.where and not index.across}
    led |= {unique[0] for unique in table.keys.unique}
    by_change = (Index((LAST_CHANGED, "id")),) if table.keys.in_step else ()
    # A reference without an index makes every delete of its target a scan.
    return (
        *table.keys.indexes,
        *by_change,
        *(Index((column,)) for column in table.keys.references if column not in led),
    )


def index_statement(name: str, index: Index, *, on: str = "") -> str:
    """One index of the table as DDL, made on another table of this shape where one is named."""
    label = label_of(name, index)
    where = f" where {index.where}" if index.where else ""
    columns = (*index.columns, "tenant_id") if index.across else ("tenant_id", *index.columns)
    return f"create {'unique ' if index.unique else ''}index {label} on {on or name} ({', '.join(columns)}){where}"


def label_of(name: str, index: Index) -> str:
    """What the index of a table is called."""
    return index.name or f"{name}_{'_'.join(c.split()[0] for c in index.columns)}_idx"


def _control_table(table: type[Table]) -> list[str]:
    name = table._meta.tablename
    columns = [column_definition(table, column) for column in table._meta.columns]
    primary = table._meta.primary_key._meta.db_column_name
    unique = [f"unique ({c._meta.db_column_name})" for c in table._meta.columns if c._meta.unique]
    return [
        f"create table {name} ({', '.join([*columns, f'primary key ({primary})', *unique])})",
        f"grant select on {name} to {APP_ROLE}, {RELAY_ROLE}",
    ]
