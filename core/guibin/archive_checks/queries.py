"""Findings, and how many there are per account manager."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
from msgspec import Struct

from guibin.web.paging import Cursor
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import fetch, fetch_one

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
    """Which findings: None does not filter."""

    state: State | None = None
    rule: str | None = None
    account_manager_id: UUID | None = None
    customer_id: UUID | None = None


class FindingCount(Struct, frozen=True):
    """Open findings of one rule among an account manager's customers; None are customers of nobody."""

    account_manager_id: UUID | None
    account_manager_name: str | None
    rule: str
    open: int


_FINDING = """select f.*, c.number as customer_number, c.account_manager_id from archive_finding f
    join customer c on c.tenant_id = f.tenant_id and c.id = f.customer_id"""
# Of what stands twice, only what stands twice in sight: anything else would tell what another outlet has.
IN_SIGHT = """(f.twin_units is null or case when current_setting('guibin.units') = '*' then true
    else f.twin_units && current_setting('guibin.units')::uuid[] end)"""
_STATE = "case when f.gone_at is not null then 'gone' when f.waived_at is not null then 'waived' else 'open' end"


async def by_id(finding_id: UUID) -> FindingView:
    """Raises NotFound."""
    row = await fetch_one(f"{_FINDING} where f.id = $1 and {IN_SIGHT}", finding_id)
    if row is None:
        raise NotFound(f"There is no finding {finding_id}")
    return _view(row)


async def findings(wanted: FindingFilter, *, after: Cursor | None, limit: int) -> list[FindingView]:
    """Findings newest first."""
    rows = await fetch(
        f"{_FINDING} where {IN_SIGHT} and ($1::text is null or {_STATE} = $1) and ($2::text is null or f.rule = $2)"
        " and ($3::uuid is null or c.account_manager_id = $3) and ($4::uuid is null or f.customer_id = $4)"
        " and ($5::timestamptz is null or (f.found_at, f.id) < ($5, $6::uuid)) order by f.found_at desc, f.id desc limit $7",
        *(wanted.state, wanted.rule, wanted.account_manager_id, wanted.customer_id),
        *(after.moment if after else None, after.id if after else None, limit),
    )
    return [_view(row) for row in rows]


async def counts(*, in_own_unit: bool = False) -> list[FindingCount]:
    """Per account manager and rule, by name; only what is open. With `in_own_unit` only what the customer's org unit sees."""
    rows = await fetch(
        "select c.account_manager_id, s.name, f.rule, count(*) as open from archive_finding f"
        " join customer c on c.tenant_id = f.tenant_id and c.id = f.customer_id"
        " left join staff s on s.tenant_id = c.tenant_id and s.id = c.account_manager_id"
        f" where {IN_SIGHT} and (not $1 or f.twin_units is null or c.org_unit_id = any (f.twin_units))"
        " and f.gone_at is null and f.waived_at is null group by 1, 2, 3 order by s.name nulls first, 1, f.rule",
        in_own_unit,
    )
    return [FindingCount(row["account_manager_id"], row["name"], row["rule"], row["open"]) for row in rows]


def _view(row: asyncpg.Record) -> FindingView:
    return FindingView(
        id=row["id"],
        customer_id=row["customer_id"],
        customer_number=row["customer_number"],
        account_manager_id=row["account_manager_id"],
        rule=row["rule"],
        detail=row["detail"],
        clause=row["clause"],
        state="gone" if row["gone_at"] else "waived" if row["waived_at"] else "open",
        found_at=row["found_at"],
        gone_at=row["gone_at"],
        waived_by_name=row["waived_by_name"],
        waiver=row["waiver"],
    )
