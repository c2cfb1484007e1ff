"""What has files: each slice says how one of its own is found, and who reads and writes it."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from msgspec import Struct

from guibin.cases.subjects import CustomerOf
from guibin.context import Act
from guibin_tenants.principals import Predicate, Principal
from guibin_tenants.refusals import NotFound
from guibin_tenants.rows import name_of
from guibin_tenants.scope import fetch_value
from guibin_tenants.tables import TenantTable

from .refusals import CaseEnded

Admits = Callable[[UUID, Act], Awaitable[None]]


class Holder(Struct, frozen=True, kw_only=True):
    """Customers, or cases of one kind.

    `whose` finds one, behind its wall. Whoever `reads` it sees its files, whoever `writes` it adds and removes them where
    `admits` does not refuse. `along` is SQL for the ids of others whose files are shown with those of `$subject_id`;
    `everything` shows all files about the customer, of whatever subject one reads.
    """

    subject: str
    whose: CustomerOf
    reads: Predicate
    writes: Predicate
    admits: Admits | None = None
    along: str = ""
    everything: bool = False


_holders: dict[str, Holder] = {}


def add_holder(holder: Holder) -> Holder:
    """Make it known. Registered at import."""
    _holders[holder.subject] = holder
    return holder


def holder_of(subject: str) -> Holder:
    """Raises NotFound for what has no files."""
    found = _holders.get(subject)
    if found is None:
        raise NotFound(f"There is no {subject} that has files")
    return found


def all_holders() -> tuple[Holder, ...]:
    """Whatever has files, by name."""
    return tuple(_holders[name] for name in sorted(_holders))


def unless(table: type[TenantTable], over: str) -> Admits:
    """Not where this is true of the row: files of what is over do not change."""

    async def admits(subject_id: UUID, act: Act) -> None:
        if await fetch_value(f"select {over} from {name_of(table)} x where x.id = $1 for share", subject_id):
            raise CaseEnded("It was filed, cancelled or decided")

    return admits


def readable(by: Principal) -> list[str]:
    """The subjects whose files one may see."""
    return [holder.subject for holder in all_holders() if holder.reads(by)]
