"""Why a complaint is of its level, why a deadline falls when it does, and how an approval was decided."""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.approvals import queries as approvals
from guibin.complaints import queries as complaints
from guibin.console.limits import limit_words
from guibin.console.shell import Shell
from guibin.policies import queries as policies
from guibin.policy.deadlines import Until
from guibin.service_requests import queries as requests
from guibin.sla import queries as sla
from guibin.sla.plans import ClockRecord
from guibin_tenants.refusals import NotFound
from guibin_tenants.rows import many, read
from guibin_tenants.scope import fetch_one

from .looks import known
from .traces import Figure, Link, Row, Step, Trace, milestone, rule_of, version_of


async def deadline(timer_id: UUID, shell: Shell) -> Trace:
    """Raises NotFound."""
    timer = await sla.LISTED.one(timer_id)
    row = await fetch_one("select clock from timer where id = $1", timer_id)
    assert row is not None
    terms, says = msgspec.json.decode(row["clock"], type=ClockRecord).terms, shell.says
    limit = shell.clock.exact(terms.limit.at) if isinstance(terms.limit, Until) else limit_words(terms.limit, shell)
    changes = await sla.changes_of(timer_id)
    steps = await _fired(timer_id, shell)
    first = changes[0].due_before if changes and changes[0].due_before else timer.due_at
    clause, links = await _ground_of(timer, shell)
    return Trace(
        kind="deadline",
        id=timer_id,
        customer=await known(timer.customer_id) if timer.customer_id else None,
        title=milestone(timer.subject, timer.milestone, shell),
        sentence=says("oversight.trace.due", limit=limit, at=shell.clock.exact(timer.due_at)),
        decided_at=timer.started_at,
        decided_by="",
        rule=rule_of(clause, shell),
        policy=await version_of(timer.policy_version),
        figures=[
            Figure(says("oversight.trace.limit"), limit),
            Figure(says("oversight.trace.started"), shell.clock.exact(timer.started_at)),
            Figure(says("oversight.trace.first_due"), shell.clock.exact(first)),
            Figure(says("oversight.trace.warns"), shell.clock.exact(timer.warn_at)),
            Figure(says("oversight.trace.due_now"), shell.clock.exact(timer.due_at)),
            Figure(says("oversight.trace.state"), says(f"oversight.timer.{timer.state}")),
        ],
        since=sorted(
            [
                *(
                    Step(
                        each.changed_at,
                        _moved(each.reason, shell),
                        each.changed_by_name,
                        says("oversight.trace.due_since", at=shell.clock.exact(each.due_after))
                        if each.due_after
                        else "",
                    )
                    for each in changes
                ),
                *steps,
                *([Step(timer.completed_at, says("oversight.trace.met_at"))] if timer.completed_at else []),
            ],
            key=lambda each: each.at,
        ),
        rests_on=links,
    )


async def _ground_of(timer: sla.TimerView, shell: Shell) -> tuple[str, list[Link]]:
    """The clause the deadline's limit stands under, and the decision it belongs to."""
    if timer.subject == "complaint":
        judged = await complaints.judged(timer.subject_id)
        if judged is not None:
            title = shell.named(f"complaint_level.{judged.level}")
            return judged.clause, [Link("complaint", timer.subject_id, title)]
    if timer.subject in ("approval", "approval_request"):
        row = await fetch_one(
            "select flow ->> 'name' as name, coalesce(flow ->> 'clause', '') as clause from approval_request where id = $1",
            timer.subject_id,
        )
        if row is not None:
            return row["clause"], [Link("approval", timer.subject_id, shell.named(f"approval.{row['name']}"))]
    if timer.subject == "service_request":
        return await requests.clause_of(timer.subject_id), []
    return "", []


async def _fired(timer_id: UUID, shell: Shell) -> list[Step]:
    rows = await read(
        _Fired, "select kind, fired_at, roles from timer_step where timer_id = $1 order by fired_at", timer_id
    )
    return [
        Step(
            row.fired_at,
            shell.says(f"oversight.fired.{row.kind}"),
            detail=shell.joined(map(shell.post, row.roles)),
        )
        for row in rows
        if shell.studio.words.has(f"oversight.fired.{row.kind}")
    ]


class _Fired(Struct, frozen=True):
    kind: str
    fired_at: datetime
    roles: tuple[str, ...]


async def approval(approval_id: UUID, shell: Shell) -> Trace:
    """Raises NotFound."""
    asked = await approvals.by_id(approval_id)
    says = shell.says
    decided = [step for step in asked.steps if step.approved is not None]
    last = max((step.decided_at for step in decided if step.decided_at), default=None)
    outcome = says(f"overview.approvals.outcome.{asked.outcome or 'waiting'}")
    return Trace(
        kind="approval",
        id=approval_id,
        customer=await known(asked.customer_id) if asked.customer_id else None,
        title=shell.named(f"approval.{asked.flow}"),
        sentence=says(
            "oversight.trace.asked", who=asked.applicant_name, at=shell.clock.exact(asked.asked_at), outcome=outcome
        ),
        decided_at=asked.closed_at or last or asked.asked_at,
        decided_by=shell.joined(dict.fromkeys(each.decided_by_name for each in decided if each.decided_by_name)),
        rule=rule_of(asked.clause, shell),
        policy=await version_of(asked.policy_version),
        figures=[
            Figure(
                says("oversight.trace.step", number=step.step + 1),
                shell.joined(shell.post(role) for role in (step.role, *step.others))
                if not step.person_name
                else step.person_name,
                _decided(step, shell),
                step.approved,
            )
            for step in asked.steps
        ],
        since=sorted(
            [
                Step(asked.asked_at, says("oversight.trace.asked_for"), asked.applicant_name, asked.note),
                *(
                    Step(
                        step.decided_at,
                        says("oversight.trace.yes" if step.approved else "oversight.trace.no"),
                        step.decided_by_name,
                        step.reason,
                    )
                    for step in decided
                    if step.decided_at
                ),
                *(
                    Step(each.moved_at, says(f"oversight.moved_on.{each.kind}"), each.moved_by_name, each.reason)
                    for each in asked.moves
                ),
            ],
            key=lambda each: each.at,
        ),
    )


def _decided(step: approvals.StepView, shell: Shell) -> str:
    if step.approved is None or step.decided_at is None:
        return shell.says("oversight.trace.waits")
    answer = shell.says("oversight.trace.yes" if step.approved else "oversight.trace.no")
    return f"{answer} · {step.decided_by_name} · {shell.clock.moment(step.decided_at)}"


async def complaint(complaint_id: UUID, shell: Shell) -> Trace:
    """Raises NotFound."""
    row, says = await complaints.judged(complaint_id), shell.says
    if row is None:
        raise NotFound(f"There is no complaint {complaint_id}")
    level = shell.act.policy.complaints.level(row.level)
    changes = await complaints.rejudged(complaint_id)
    timers = await many(
        _TimerId,
        "from (select id, milestone from timer where subject_id = $1) running order by milestone",
        complaint_id,
    )
    within = limit_words(level.resolve_within, shell) if level else ""
    return Trace(
        kind="complaint",
        id=complaint_id,
        customer=await known(row.customer_id) if row.customer_id else None,
        title=f"{shell.named(f'complaint_level.{row.level}')} · {row.number}",
        sentence=shell.because(row.because)
        or says("oversight.trace.level", level=shell.named(f"complaint_level.{row.level}")),
        decided_at=row.received_at,
        decided_by="",
        rule=rule_of(row.clause, shell),
        policy=await version_of(await policies.version_at(row.recorded_at)),
        figures=[Figure(says("oversight.trace.limit"), within)] if within else [],
        since=[
            Step(
                each.changed_at,
                says(
                    "oversight.trace.level_changed",
                    old=shell.named(f"complaint_level.{each.from_level}"),
                    new=shell.named(f"complaint_level.{each.to_level}"),
                ),
                each.changed_by_name,
                each.reason,
            )
            for each in changes
        ],
        rests_on=[Link("deadline", each.id, milestone("complaint", each.milestone, shell)) for each in timers],
    )


class _TimerId(Struct, frozen=True):
    id: UUID
    milestone: str


def _moved(reason: str, shell: Shell) -> str:
    key = f"why.move.{reason}"
    return shell.says(key) if shell.studio.words.has(key) else shell.says("oversight.trace.moved")


async def of_customer(customer_id: UUID) -> list[Row]:
    """Approvals, levels and deadlines of a customer, of each the latest twenty."""
    return await read(
        Row,
        "(select 'approval' as kind, a.id, '' as scheme, a.flow ->> 'name' as name, a.closed_at is null as open,"
        " a.asked_at as at, coalesce(a.flow ->> 'clause', '') as clause from approval_request a where a.customer_id = $1"
        " order by a.asked_at desc limit 20)"
        " union all (select 'complaint', c.id, '', c.level, true, c.received_at, c.clause from complaint c"
        " where c.customer_id = $1 order by c.received_at desc limit 20)"
        " union all (select 'deadline', t.id, t.subject, t.milestone, t.completed_at is null and t.cancelled_at is null,"
        " t.started_at, '' from timer t where t.customer_id = $1 order by t.started_at desc limit 20)",
        customer_id,
    )
