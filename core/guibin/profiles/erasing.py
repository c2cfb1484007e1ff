"""What is written about a customer in words, wherever it stands: every slice says here which of its columns erasure blanks.

Rows that are only ever added stay as they are (docs/decisions/0006); what is sealed does not open any more.
"""

from uuid import UUID

from msgspec import Struct

from guibin_tenants.scope import execute


class Words(Struct, frozen=True):
    """Columns of a table with free text, and `documents` with answers. `through` is the table that names the customer."""

    table: str
    texts: tuple[str, ...]
    documents: tuple[str, ...] = ()
    through: str = ""


# That there was a text is still to be seen, and rows that must have one keep one.
_MARK = "case when {column} = '' then '' else '—' end"
_words: dict[str, Words] = {}


def words(table: str, *texts: str, documents: tuple[str, ...] = (), through: str = "") -> None:
    """Make columns known. Registered at import; a second time replaces."""
    _words[table] = Words(table, texts, documents, through)


def blanked() -> set[str]:
    """Every column that erasure blanks, as `table.column`."""
    return {f"{one.table}.{column}" for one in _words.values() for column in (*one.texts, *one.documents)}


async def blank(customer_id: UUID) -> None:
    """Nothing of it is left; that something was written, when and by whom stays."""
    for one in _words.values():
        whose = "customer_id = $1"
        if one.through:
            whose = f"{one.through}_id in (select id from {one.through} where customer_id = $1)"
        empty = [
            *(f"{column} = {_MARK.format(column=column)}" for column in one.texts),
            *(f"{column} = '{{}}'" for column in one.documents),
        ]
        await execute(f"update {one.table} set {', '.join(empty)} where {whose}", customer_id)


# Approvals know no archive: what is asked for about a customer is blanked from here.
words("approval_request", "note")
