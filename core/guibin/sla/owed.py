"""What somebody owes, as a slice declares it: which rows wait for whom until when. The room `work` puts all into one list."""

from collections.abc import Awaitable, Callable, Mapping

from msgspec import Struct

from guibin.context import Act
from guibin_tenants.principals import Predicate

Values = Callable[[Act], Awaitable[Mapping[str, object]]]


async def _nothing(_: Act) -> Mapping[str, object]:
    return {}


class Owed(Struct, frozen=True, kw_only=True):
    """One kind of what is owed, shown to whoever `needs` lets: the rows of `source` (what follows `from`; its first table is
    `x`) of which `holds` is true, each with these `columns` of COLUMNS, the others as they stand there.

    There `$now`, `$by` (who asks), `$me` (the member of staff, also where a key of theirs asks), `$unit` (where they work),
    `$units` (those they see, null for all), `$leads`, `$zone` and `$today` are known, and what `asks` gives, under names
    that no other kind has for anything else. What is `private` is shown to its owner and to whoever leads them, not at the desk.
    """

    kind: str
    needs: Predicate
    source: str
    holds: str
    columns: Mapping[str, str] = {}
    asks: Values = _nothing
    private: bool = False

    def statement(self, whose: str = "true") -> str:
        """The rows of whom `whose` says, with every column of COLUMNS; `{mine}`, `{private}` or a column in it stand for
        what they are here."""
        said = COLUMNS | {"kind": f"'{self.kind}'::text", "subject": f"'{self.kind}'::text"} | dict(self.columns)
        said.setdefault("mine", f"(({said['staff_id']}) = $me::uuid) is true")
        said["private"] = str(self.private).lower()
        # Where nothing is shown of it, an index may find it.
        found = said | {"mine": dict(self.columns).get("mine", f"({said['staff_id']}) = $me::uuid")}
        listed = ", ".join(f"{said[name]} as {name}" for name in (*COLUMNS, "kind", "subject", "mine", "private"))
        return f"select {listed} from {self.source} where ({self.holds}) and ({whose.format(**found)})"


# Who has a case `x` now: its handler, or its owner while nobody else has it. Without `coalesce`, which PostgreSQL holds to be
# leaky: whose a case is would be asked only after the wall of every row.
HANDLER = "case when x.handler_id is not null then x.handler_id when x.handler_unit_id is null then x.owner_id end"
# The index by whose cases are found among those of these states, an expression.
HANDLED = f"({HANDLER.replace('x.', '')})"
# Whose what came from outside is: the account manager's of the customer `c` who is known, and everybody's at the head office where
# nobody is and no outlet took it.
MANAGERS_OR_HEAD_OFFICES = (
    "((c.account_manager_id = $me::uuid) is true"
    " or (c.account_manager_id is null and x.org_unit_id is null and $unit::uuid is null))"
)
# What every row of what is owed shows, and how it is where a kind says nothing of it. `about` is a code of the policy, or tells
# apart what one row owes several times; `happens_at` a moment agreed upon, what is `ahead` 0 comes before all that is 1, `due_on` the last day of what has a whole day.
COLUMNS: dict[str, str] = {
    "id": "x.id",
    "subject_id": "x.id",
    "number": "''::text",
    "customer_id": "null::uuid",
    "about": "''::text",
    "matter": "''::text",
    "details": "'{}'::jsonb",
    "staff_id": "null::uuid",
    "unit_id": "null::uuid",
    "happens_at": "null::timestamptz",
    "due_on": "null::date",
    "due_at": "null::timestamptz",
    "warn_at": "null::timestamptz",
    "paused_at": "null::timestamptz",
    "provisional": "false",
    "ahead": "1",
}
# The columns of what is due as its timer `t` says.
BY_TIMER = {
    "due_at": "t.due_at",
    "warn_at": "t.warn_at",
    "paused_at": "t.paused_at",
    "provisional": "coalesce(t.provisional, false)",
}


def by_day(day: str) -> dict[str, str]:
    """The columns of what is due until the end of a day, an expression; the day itself is its warning."""
    return {
        "due_on": day,
        "due_at": f"(({day}) + 1)::timestamp at time zone $zone::text",
        "warn_at": f"({day})::timestamp at time zone $zone::text",
    }
