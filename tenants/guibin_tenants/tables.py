"""Rows that belong to a tenant: the tenant's id is added to every statement here and nowhere else."""

from collections.abc import Collection, Sequence
from typing import Any, ClassVar, Literal, Self
from uuid import UUID as Uuid

from msgspec import Struct, structs
from piccolo.columns import UUID, Column, Timestamptz, Varchar
from piccolo.query import Count, Delete, Exists, Insert, Objects, Select, Update
from piccolo.table import Table
from uuid_utils.compat import uuid7

from .database import ENGINE
from .scope import current_tenant, tenant_or_none


class Index(Struct, frozen=True):
    """An index behind `tenant_id`; `where` makes it partial. Column names may carry `desc`.

    One that is `across` begins with its columns and ends with the tenant: for the relay, which asks what is due of whomever.
    """

    columns: tuple[str, ...]
    unique: bool = False
    where: str = ""
    name: str = ""
    across: bool = False


class Keys(Struct, frozen=True):
    """What a table promises beyond its columns.

    `references` maps a column to the table whose row it names, within the tenant. `wall` names the column that says
    whose a row is: an org unit, a customer, a member of staff (of that one's unit), or a row of another walled table,
    whose wall decides. `also` are columns that lead to others who see the row, `from_above` shows it to the units under
    its own. Where `wall` is empty, `unowned` lead to whose it is then; without any it is the whole company's and only
    who sees all of it sees the row, unless it is `everybodys`. An entry is a column, or a column and the table it names
    where `references` cannot say so; a column `…_ids` names several. `anyone_adds` such rows, though not to see them again.
    `written_by` says who writes rows that more people see: `company` is whoever sees the whole of it, a column names the
    org unit, or the row that has one; `writes` are the commands that is asked for, and `counted` columns are changed by
    everybody who sees the row.
    `lent_by` is the table whose rows lend one row of this to one member of staff for a time: the row is seen then, and neither it
    nor what is behind its wall is written.
    `follows` are columns of the same name and value as in the row that a reference names, and change with it: a wall of the
    table's own where the look through the other would cost too much.
    `collate_c` columns sort by bytes, so that a prefix is a range an index answers. `append_only` rows are
    never updated or deleted by the application, `expires` allows deleting them when their time is over. `erasable` columns
    are blanked when the customer they are about is erased: of an append-only row that is all that can ever be changed.
    `about` says whom rows without a customer of their own are about: a column, the table it is found in, and the column
    there; beside that one stands the customer. A row of a table with `begins` is something new about its customer: refused
    unless the archive is `open`, or unless it is at least `kept`, that is closed but not erased. When two archives of one
    customer become one, rows move with the columns that name the customer, `customers` beside those that refer to it, unless `merging`
    says that they stay. `checks` are SQL conditions by name. `relay` columns are readable
    across tenants by the relay role, which shares out work and sees nothing else; it may set `relay_marks`.
    Rows of a table that is `in_step` carry the moment of their last change, which PostgreSQL keeps (`in_step`).
    Of a company that is read-only no row is written, but for `while_frozen`: the columns that a look or a sign-in changes even then,
    `*` for rows that are written as ever.
    With `signed`, such as `handed`, those of the columns `handed_by`, `handed_by_name` and `handed_at` that there are say who
    wrote the row and when; with `signed_off` others say so of its end.
    """

    unique: tuple[tuple[str, ...], ...] = ()
    references: dict[str, str] = {}
    indexes: tuple[Index, ...] = ()
    wall: str = ""
    also: tuple[str, ...] = ()
    from_above: bool = False
    unowned: tuple[str, ...] = ()
    everybodys: bool = False
    anyone_adds: bool = False
    written_by: str = ""
    writes: tuple[Literal["insert", "update", "delete"], ...] = ("insert", "update", "delete")
    counted: tuple[str, ...] = ()
    lent_by: str = ""
    follows: dict[str, str] = {}
    collate_c: tuple[str, ...] = ()
    append_only: bool = False
    expires: bool = False
    erasable: tuple[str, ...] = ()
    about: tuple[str, str, str] | None = None
    begins: Literal["", "open", "kept"] = ""
    merging: Literal["moves", "stays"] = "moves"
    customers: tuple[str, ...] = ()
    checks: dict[str, str] = {}
    relay: tuple[str, ...] = ()
    relay_marks: tuple[str, ...] = ()
    in_step: bool = False
    while_frozen: Literal["*"] | tuple[str, ...] = ()
    signed: str = ""
    signed_off: str = ""


NAME_CHARS_MAX = 200
# SQL, of a row `c` of PostgreSQL's catalog: a table that holds rows of companies, whoever made it.
HOLDS_COMPANIES = """c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and exists (select from pg_attribute t where t.attrelid = c.oid and t.attname = 'tenant_id' and not t.attisdropped)"""
# The moment at which a row of a table that is in step was written last: the database's clock, not the application's.
LAST_CHANGED = "row_changed_at"
# What is left of a text that was there, so that it is still to be seen and rows that must have one keep one.
BLANK = "—"


def new_id() -> Uuid:
    """A UUIDv7: unique everywhere and in order of creation."""
    return uuid7()


class RowOf(UUID):
    """A column with the id of a row of that table of the tenant: an entry of `Keys.references` where the column stands."""

    def __init__(self, table: str, *, null: bool = False) -> None:
        self.table = table
        super().__init__(default=None, null=null)

    @property
    def column_type(self) -> str:
        return "UUID"


class TenantTable(Table, db=ENGINE):
    """A table of which every row belongs to one tenant. Raises NoTenantScope when used outside a scope.

    With `customer` a row names its customer and is seen by whoever sees that one; `in_step` is as in `Keys`. `signed` and `signed_off` are verbs as in
    `Keys`, and their columns are made here; one that is not `dated` has moments of its own. `keys` says what the table
    promises beyond that.
    """

    tenant_id = UUID(default=tenant_or_none, null=True)  # type: ignore[arg-type]  # None only where the class is defined
    id = UUID(primary_key=True, default=new_id)

    keys: ClassVar[Keys] = Keys()

    def __init_subclass__(
        cls,
        *,
        customer: bool = False,
        in_step: bool = False,
        signed: str = "",
        dated: bool = True,
        signed_off: str = "",
        **kwargs: Any,
    ) -> None:
        made: dict[str, Column] = {"customer_id": RowOf("customer")} if customer else {}
        if signed:
            made |= {f"{signed}_by": UUID(default=None), f"{signed}_by_name": Varchar(length=NAME_CHARS_MAX)}
        if signed and dated:
            made[f"{signed}_at"] = Timestamptz(default=None, null=True)
        if signed_off:
            made[f"{signed_off}_by"] = UUID(default=None, null=True)
            made[f"{signed_off}_by_name"] = Varchar(length=NAME_CHARS_MAX, default="")
            made[f"{signed_off}_at"] = Timestamptz(default=None, null=True)
        if in_step:
            made[LAST_CHANGED] = Timestamptz(default=None, null=True)
        for name, column in made.items():
            setattr(cls, name, column)
        references = {name: column.table for name, column in vars(cls).items() if isinstance(column, RowOf)}
        cls.keys = structs.replace(
            cls.keys,
            references=cls.keys.references | references,
            wall=cls.keys.wall or ("customer_id" if customer else ""),
            in_step=in_step or cls.keys.in_step,
            signed=signed or cls.keys.signed,
            signed_off=signed_off or cls.keys.signed_off,
        )
        kwargs.setdefault("db", ENGINE)
        super().__init_subclass__(**kwargs)

    @classmethod
    def insert(cls, *rows: Self) -> Insert[Self]:
        tenant = current_tenant()
        for row in rows:
            row.tenant_id = tenant
        return super().insert(*rows)

    @classmethod
    def select(cls, *columns: Any, exclude_secrets: bool = False) -> Select[Self]:
        return super().select(*columns, exclude_secrets=exclude_secrets).where(_mine(cls))

    @classmethod
    def objects(cls, *prefetch: Any) -> Objects[Self]:
        return super().objects(*prefetch).where(_mine(cls))

    @classmethod
    def count(cls, column: Column | None = None, distinct: Sequence[Column] | None = None) -> Count:
        return super().count(column=column, distinct=distinct).where(_mine(cls))

    @classmethod
    def exists(cls) -> Exists[Self]:
        return super().exists().where(_mine(cls))

    @classmethod
    def update(
        cls,
        values: dict[Column | str, Any] | None = None,
        force: bool = False,
        use_auto_update: bool = True,
        **kwargs: Any,
    ) -> Update[Self]:
        return super().update(values, force, use_auto_update, **kwargs).where(_mine(cls))

    @classmethod
    def delete(cls, force: bool = False) -> Delete:
        return super().delete(force).where(_mine(cls))

    def save(self, columns: Sequence[Column | str] | None = None) -> Insert[Self] | Update[Self]:
        if columns is None and self._exists_in_db:
            columns = [c for c in self._meta.columns if c._meta.name not in ("tenant_id", "id")]
        return super().save(columns)


class Part(TenantTable):
    """A signed part of another row, such as a note on a case: it names that row and is seen by whoever sees it.

    `of` is that row's table and `by` the column that names it, `…_id` by default. With `customer` it names the customer too,
    and is seen by whoever sees that one. A part is never changed unless `changes`; `erasable` are its words about a customer.
    """

    def __init_subclass__(
        cls,
        *,
        of: str = "",
        by: str = "",
        erasable: tuple[str, ...] = (),
        changes: bool = False,
        **kwargs: Any,
    ) -> None:
        reference = by or f"{of}_id"
        setattr(cls, reference, UUID(default=None))
        wall = "customer_id" if kwargs.get("customer") else reference
        cls.keys = structs.replace(
            cls.keys,
            references={reference: of} | cls.keys.references,
            wall=wall,
            append_only=not changes,
            erasable=erasable,
        )
        super().__init_subclass__(**kwargs)


def differs(table: type[Table], but: Collection[str]) -> str:
    """SQL in a trigger: whether the new row is another than the old one in any column but these."""
    names = [name for c in table._meta.columns if (name := c._meta.db_column_name) not in but]
    old, new = (", ".join(f'{side}."{name}"' for name in names) for side in ("old", "new"))
    return f"({old}) is distinct from ({new})"


def all_tables() -> list[type[TenantTable]]:
    """Every table that is defined by now, parts of others among them. One of the core stays what it is, whatever a pack calls its own."""
    found: dict[str, type[TenantTable]] = {}
    for table in _below(TenantTable):
        name = table._meta.tablename
        if name not in found or _of_the_core(table):
            found[name] = table
    return list(found.values())


def _below(of: type[TenantTable]) -> list[type[TenantTable]]:
    kinds = [table for kind in of.__subclasses__() for table in (kind, *_below(kind))]
    return [table for table in kinds if table is not Part]


def _of_the_core(table: type[TenantTable]) -> bool:
    return table.__module__.partition(".")[0] in ("guibin", "guibin_tenants")


def _mine(table: type[TenantTable]) -> Any:
    return table.tenant_id == current_tenant()
