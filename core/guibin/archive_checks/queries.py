"""Findings, and how many there are per account manager."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from guibin.profiles.queries import customer_of
from guibin.web.listing import Listing, newest_first
from guibin_tenants.rows import read

State = Literal["open", "waived", "gone"]


class FindingView(Struct, frozen=True):
    """What is wrong with whose archive; `detail` says more without showing a value."""

    id: UUID
    customer_id: UUID
    customer_number: str
    account_manager_id: UUID | None
    rule: str
    detail: str
    clause: str
    state: State
    found_at: datetime
    gone_at: datetime | None
    waived_by_name: str | None
    waiver: str | None


class FindingFilter(Struct, frozen=True, kw_only=True):
    """Which findings: by default those that are open; None does not filter."""

    state: State | None = "open"
    rule: str | None = None
    account_manager_id: UUID | None = None
    customer_id: UUID | None = None


class FindingCount(Struct, frozen=True):
    """Open findings of one rule among an account manager's customers; None are customers of nobody."""

    account_manager_id: UUID | None
    account_manager_name: str | None
    rule: str
    open: int


# Of what stands twice, only what stands twice in sight: anything else would tell what another outlet has.
_IN_SIGHT = """(x.twin_units is null or case when current_setting('guibin.units') = '*' then true
    else x.twin_units && current_setting('guibin.units')::uuid[] end)"""
_STATE = "case when x.gone_at is not null then 'gone' when x.waived_at is not null then 'waived' else 'open' end"
LISTED = Listing(
    view=FindingView,
    source=f"archive_finding x {customer_of('c', 'x')}",
    order=newest_first("x.found_at"),
    columns={"customer_number": "c.number", "account_manager_id": "c.account_manager_id", "state": _STATE},
    filters={"state": f"{_STATE} = $value", "account_manager_id": "c.account_manager_id = $value"},
    holds=_IN_SIGHT,
)


async def counts(*, in_own_unit: bool = False) -> list[FindingCount]:
    """Per account manager and rule, by name; only what is open. With `in_own_unit` only what the customer's org unit sees."""
    return await read(
        FindingCount,
        "select c.account_manager_id, s.name as account_manager_name, x.rule, count(*)::int as open"
        f" from archive_finding x {customer_of('c', 'x')}"
        " left join staff s on s.tenant_id = c.tenant_id and s.id = c.account_manager_id"
        f" where {_IN_SIGHT} and (not $1 or x.twin_units is null or c.org_unit_id = any (x.twin_units))"
        " and x.gone_at is null and x.waived_at is null group by 1, 2, 3 order by s.name nulls first, 1, x.rule",
        in_own_unit,
    )
