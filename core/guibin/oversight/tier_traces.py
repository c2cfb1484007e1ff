"""Why a customer holds a tier: the assessment with its figures and facts, or the application that was approved."""

from datetime import datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from guibin.console.shell import Shell
from guibin.tiers import queries as tiers
from guibin.tiers.explaining import Basis
from guibin.tiers.gauges import asked, exact, grounds
from guibin.tiers.queries import MembershipView
from guibin_tenants.refusals import NotFound
from guibin_tenants.rows import many, read

from .looks import known
from .traces import Fact, Figure, Link, Row, Step, Trace, rule_of, tier_called, version_of


async def membership(membership_id: UUID, shell: Shell) -> Trace:
    """Raises NotFound."""
    rows = await many(
        MembershipView,
        "from (select m.*, null::date as grace_until from membership m where m.id = $1) held",
        membership_id,
    )
    if not rows:
        raise NotFound(f"There is no membership {membership_id}")
    held = rows[0]
    basis = await tiers.basis_of(held.customer_id, held.basis_id) if held.basis_id else None
    applied = await _application(held.basis_id) if basis is None and held.basis_id else None
    tier, day = tier_called(held.tier, held.scheme, shell), shell.clock.full_day(held.starts_on)
    whole = Trace(
        kind="membership",
        id=membership_id,
        customer=await known(held.customer_id),
        title=tier,
        sentence=shell.says(f"oversight.trace.by_{held.basis}", tier=tier, day=day),
        decided_at=held.recorded_at,
        decided_by="",
        rule=None,
        policy=await version_of(basis.policy_version if basis else held.policy_version),
        since=await _since_membership(held, shell),
    )
    if basis is not None:
        return await _assessed(whole, held.customer_id, basis, shell)
    because = applied.reason if applied else held.reason
    approval = applied.approval_id if applied else None
    return replace(
        whole,
        decided_by=applied.applied_by_name if applied else "",
        rule=rule_of(applied.clause, shell) if applied else None,
        figures=[Figure(shell.says("oversight.trace.reason"), because)] if because else [],
        rests_on=[Link("approval", approval, shell.says("oversight.trace.approval"))] if approval else [],
    )


async def _assessed(whole: Trace, customer_id: UUID, basis: Basis, shell: Shell) -> Trace:
    says = shell.says
    scheme, day = shell.named(f"scheme.{basis.scheme.name}"), shell.clock.full_day(basis.as_of)
    earned = tier_called(basis.tier, basis.scheme.name, shell) if basis.tier else says("overview.no_tier")
    return replace(
        whole,
        sentence=says("oversight.trace.by_figures", day=day, scheme=scheme, tier=earned, held=whole.title),
        rule=rule_of(basis.clause, shell),
        figures=_figures(basis, shell),
        facts=await _facts(customer_id, basis, shell),
        criteria=[
            Figure(
                each.tier,
                says("oversight.semicolon").join(
                    f"{gauge.title} {gauge.value}{says('oversight.trace.of', bound=gauge.bound)}"
                    for gauge in each.gauges
                ),
                each.clause,
                reached,
            )
            for each, reached in asked(basis, shell.act)
        ],
    )


class _Applied(Struct, frozen=True):
    reason: str
    clause: str
    applied_by_name: str
    approval_id: UUID | None


async def _application(application_id: UUID) -> _Applied | None:
    found = await many(_Applied, "from application where id = $1", application_id)
    return found[0] if found else None


def _figures(basis: Basis, shell: Shell) -> list[Figure]:
    found = grounds(basis, shell.act)
    if found is None:
        return []
    return [Figure(each.title, each.value, each.bound, each.passed) for each in found.gauges]


async def _facts(customer_id: UUID, basis: Basis, shell: Shell) -> list[Fact]:
    used = await tiers.facts_used(customer_id, basis)
    return [
        Fact(
            shell.named(f"fact.{each.metric}"),
            exact(each.value, each.unit, shell.act),
            shell.clock.full_day(each.occurred_on),
            _source(each.source, each.source_ref, shell),
        )
        for each in used
    ]


def _source(source: str, ref: str, shell: Shell) -> str:
    key = f"overview.source.{source}"
    told = shell.says(key) if source and shell.studio.words.has(key) else source
    return f"{told} {ref}".strip()


async def _since_membership(held: MembershipView, shell: Shell) -> list[Step]:
    """Periods of grace, the end, and assessments of the same scheme that came after."""
    rows = await read(
        _Later,
        "select a.recorded_at as at, r.move, coalesce(r.becomes, '') as tier from assessment_result r"
        " join assessment a on a.tenant_id = r.tenant_id and a.id = r.assessment_id where r.customer_id = $1"
        " and a.scheme = $2 and a.applied_at is not null and a.recorded_at > $3 and a.id is distinct from $4"
        " order by a.recorded_at limit 40",
        held.customer_id,
        held.scheme,
        held.recorded_at,
        held.basis_id,
    )
    found = [
        Step(
            row.at,
            shell.says("oversight.trace.assessed", tier=tier_called(row.tier, held.scheme, shell) if row.tier else "—"),
            detail=shell.says(f"oversight.trace.move.{row.move}")
            if shell.studio.words.has(f"oversight.trace.move.{row.move}")
            else "",
        )
        for row in rows
    ]
    if held.ends_on is not None:
        at = datetime.combine(held.ends_on, time(), ZoneInfo(shell.act.company.time_zone))
        key = f"overview.ended.{held.ended_because}"
        why = shell.says(key) if held.ended_because and shell.studio.words.has(key) else ""
        found.append(Step(at, shell.says("oversight.trace.ended"), detail=why))
    return sorted(found, key=lambda each: each.at)


class _Later(Struct, frozen=True):
    at: datetime
    move: str
    tier: str


async def of_customer(customer_id: UUID) -> list[Row]:
    """The tiers a customer holds and held, the latest twenty."""
    return await read(
        Row,
        "select 'membership' as kind, m.id, m.scheme, m.tier as name, (m.ends_on is null) as open, m.recorded_at as at,"
        " '' as clause from membership m where m.customer_id = $1 order by m.recorded_at desc limit 20",
        customer_id,
    )
