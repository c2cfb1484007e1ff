"""What is written about a customer in words, wherever it stands: every table says which of its columns erasure blanks.

What must stay, and why, is in docs/decisions/0006; what is sealed does not open any more.
"""

from uuid import UUID

from guibin_tenants.rows import standing
from guibin_tenants.schema import about, erasable
from guibin_tenants.scope import execute
from guibin_tenants.tables import BLANK, TenantTable, all_tables


def blanked() -> set[str]:
    """Every column that erasure blanks, as `table.column`."""
    return {f"{table._meta.tablename}.{name}" for table in _with_words() for name in table.keys.erasable}


async def blank(customer_id: UUID) -> None:
    """Nothing of it is left; that something was written, when and by whom stays. The customer is marked as erased already."""
    for table in await standing(_with_words()):
        texts, documents = erasable(table)
        empty = [
            *(f"{text} = case when {text} = '' then '' else '{BLANK}' end" for text in texts),
            *(f"{document} = '{{}}'" for document in documents),
        ]
        column, through, there = about(table)
        whose = f"{column} in (select {there} from {through} where customer_id = $1)" if through else f"{column} = $1"
        await execute(f"update {table._meta.tablename} set {', '.join(empty)} where {whose}", customer_id)


def _with_words() -> list[type[TenantTable]]:
    return [table for table in all_tables() if table.keys.erasable]
