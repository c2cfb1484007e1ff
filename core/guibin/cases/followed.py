"""What can be followed: each kind of subject with its table and with what whoever hears of it must be allowed to read."""

from msgspec import Struct

from guibin_tenants.above import NamedFromAbove
from guibin_tenants.principals import Predicate, anyone
from guibin_tenants.rows import name_of
from guibin_tenants.tables import TenantTable


class Followed(Struct, frozen=True):
    """Rows of `table`, each seen by whom its wall lets see it; without one, somebody's own, told to nobody else. `matter` is
    the column that says what one is about, in people's words; a table that nobody writes such words in has none."""

    needs: Predicate
    table: type[TenantTable] | None = None
    matter: str = ""


# One's own notices, by whose they are.
INBOX = "inbox"
# What changes the board: a wall display hears of it, and may read none of it.
ON_BOARD = ("complaint", "service_request", "hotline_call", "reception")
# By the subject's name, as the record has it; every room gives its own.
FOLLOWED: NamedFromAbove[Followed] = NamedFromAbove()
FOLLOWED.give(INBOX, Followed(anyone))


def matter_of(subject: str, subject_id: str, chars: int) -> str:
    """SQL: what a case is about, the beginning of it, null where it is not to be seen; both are expressions."""
    said = (
        f"when '{name}' then (select left(m.{one.matter}, {chars}) from {name_of(one.table)} m where m.id = {subject_id})"
        for name, one in sorted(FOLLOWED.items())
        if one.matter and one.table is not None
    )
    return f"case {subject} {' '.join(said)} end"


def seen_in(subject: str) -> str:
    """The statement that finds which of the ids $1 are to be seen from where the scope stands."""
    table = FOLLOWED[subject].table
    assert table is not None, subject
    return f"select id from {name_of(table)} where id = any($1)"
