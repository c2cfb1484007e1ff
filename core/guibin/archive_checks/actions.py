"""Looking all archives over, and waiving what is right as it is."""

from datetime import datetime
from uuid import UUID

from guibin.audit.actions import noted
from guibin.cases import Case
from guibin.context import Act
from guibin.notices.actions import Notice, notify
from guibin_tenants.rows import change, locked
from guibin_tenants.scope import execute, fetch

from . import queries
from .queries import FindingView
from .refusals import FindingSettled
from .requests import NewFindingWaiver
from .rules import Found, find
from .tables import ArchiveFinding


async def look_over(act: Act) -> int:
    """Find what breaks a rule, and what does not any more; how many findings are new. Identity numbers are opened for it in
    memory: that is on record."""
    day = act.today
    new = 0
    for rule in act.policy.archive_rules:
        found = await find(rule, act.policy, on=day, now=act.now)
        new += await _remember(rule.name, rule.clause, found, act.now)
    known = [rule.name for rule in act.policy.archive_rules]
    await execute("update archive_finding set gone_at = $2 where gone_at is null and rule <> all ($1)", known, act.now)
    await noted("archive.look_over", act, subject="customer", shown=0)
    return new


async def tell_account_managers(act: Act) -> None:
    """Whoever has something open among their customers hears how much, once a week at most."""
    week = act.today.strftime("%G-W%V")
    counts: dict[UUID, int] = {}
    for count in await queries.counts(in_own_unit=True):
        if count.account_manager_id is not None:
            counts[count.account_manager_id] = counts.get(count.account_manager_id, 0) + count.open
    for staff_id, number in counts.items():
        notice = Notice(
            "archive_findings", Case("staff", staff_id), staff_ids=(staff_id,), details={"count": str(number)}
        )
        await notify(notice, key=f"archive-findings/{week}/{staff_id}", now=act.now)


async def waive(finding_id: UUID, new: NewFindingWaiver, act: Act) -> FindingView:
    """It is right as it is: it stays waived as long as it is found. Raises NotFound, FindingSettled."""
    await queries.LISTED.one(finding_id)
    row = await locked(ArchiveFinding, finding_id)
    if row["gone_at"] or row["waived_at"]:
        raise FindingSettled("It is gone" if row["gone_at"] else "Somebody waived it")
    await change(ArchiveFinding, finding_id, act, waiver=new.reason)
    await noted("finding.waive", act, subject="archive_finding", subject_id=finding_id, customer_id=row["customer_id"])
    return await queries.LISTED.one(finding_id)


async def _remember(rule: str, clause: str, found: Found, now: datetime) -> int:
    customers, details = [each.customer_id for each in found], [each.detail for each in found]
    await execute(
        "update archive_finding f set gone_at = $4 where f.rule = $1 and f.gone_at is null and not exists ("
        " select from unnest($2::uuid[], $3::text[]) as t (c, d) where t.c = f.customer_id and t.d = f.detail)",
        *(rule, customers, details, now),
    )
    units = [None if each.twin_units is None else f"{{{','.join(map(str, each.twin_units))}}}" for each in found]
    rows = await fetch(
        "insert into archive_finding as f (id, customer_id, rule, detail, clause, found_at, twin_units)"
        " select gen_random_uuid(), c, $1, d, $4, $5, u::uuid[] from unnest($2::uuid[], $3::text[], $6::text[]) as t (c, d, u)"
        " on conflict (tenant_id, customer_id, rule, detail) where gone_at is null"
        " do update set twin_units = excluded.twin_units where f.twin_units is distinct from excluded.twin_units"
        " returning xmax = 0 as new",
        *(rule, customers, details, clause, now, units),
    )
    return sum(row["new"] for row in rows)
