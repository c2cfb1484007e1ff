"""What is written about a customer in words, wherever it stands: every slice says here which of its columns erasure blanks.

Rows that are only ever added say it in their table's `erasable` (docs/decisions/0006); what is sealed does not open any more.
"""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from guibin_tenants.schema import about, erasable
from guibin_tenants.scope import execute
from guibin_tenants.tables import BLANK, TenantTable


class Words(Struct, frozen=True):
    """Columns of a table with free text, and `documents` with answers. `through` is the table that names the customer."""

    table: str
    texts: tuple[str, ...]
    documents: tuple[str, ...] = ()
    through: str = ""


_MARK = f"case when {{column}} = '' then '' else '{BLANK}' end"
_words: dict[str, Words] = {}


def words(table: str, *texts: str, documents: tuple[str, ...] = (), through: str = "") -> None:
    """Make columns known. Registered at import; a second time replaces."""
    _words[table] = Words(table, texts, documents, through)


def blanked() -> set[str]:
    """Every column that erasure blanks, as `table.column`."""
    changed = {f"{one.table}.{column}" for one in _words.values() for column in (*one.texts, *one.documents)}
    return changed | {f"{table._meta.tablename}.{name}" for table in _with_erasable() for name in table.keys.erasable}


async def blank(customer_id: UUID) -> None:
    """Nothing of it is left; that something was written, when and by whom stays. The customer is marked as erased already."""
    for one in _words.values():
        whose = "customer_id = $1"
        if one.through:
            whose = f"{one.through}_id in (select id from {one.through} where customer_id = $1)"
        await _blank(one.table, one.texts, one.documents, whose, customer_id)
    for table in _with_erasable():
        column, through = about(table)
        whose = f"{column} in (select id from {through} where customer_id = $1)" if through else f"{column} = $1"
        await _blank(table._meta.tablename, *erasable(table), whose, customer_id)


async def _blank(table: str, texts: Sequence[str], documents: Sequence[str], whose: str, customer_id: UUID) -> None:
    empty = [
        *(f"{column} = {_MARK.format(column=column)}" for column in texts),
        *(f"{column} = '{{}}'" for column in documents),
    ]
    await execute(f"update {table} set {', '.join(empty)} where {whose}", customer_id)


def _with_erasable() -> list[type[TenantTable]]:
    return [table for table in TenantTable.__subclasses__() if table.keys.erasable]


# Approvals know no archive: what is asked for about a customer is blanked from here.
words("approval_request", "note")
