"""What is owed, done from where it is listed: each kind's own action behind a form of as few fields as it needs."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from guibin.approvals import actions as approvals
from guibin.approvals.api import NewDecision
from guibin.audit.actions import searched
from guibin.care import actions as care
from guibin.care import renewals
from guibin.care.requests import RenewedOrder
from guibin.cases.requests import NewText
from guibin.complaints import improvements as measures
from guibin.console.commands import Asking, Asks, Command, Commands
from guibin.console.forms import Choice
from guibin.console.shell import PREFIX, Shell
from guibin.context import Act
from guibin.department_requests import actions as department_requests
from guibin.needs_analyses import actions as needs_analyses
from guibin.plans import actions as plans
from guibin.plans import work_logs
from guibin.plans.queries import plan_of
from guibin.plans.requests import NewItem, NewReview, NewWorkPlan
from guibin.policy.cadence import Span
from guibin.policy.money import Money
from guibin.policy.words import Code, Said
from guibin.receptions import typed as receptions
from guibin.receptions.choices import sheet_of_task
from guibin.records import actions as records
from guibin.records.queries import LISTED, InteractionFilter
from guibin.records.requests import channels_of
from guibin.relationships import actions as relationships
from guibin.relationships.queries import measure_of
from guibin.relationships.requests import NewExecution
from guibin.reviews import actions as reviews
from guibin.surveys import improvements
from guibin.web.listing import PageAsked
from guibin_tenants.principals import may
from guibin_tenants.refusals import Invalid

from .looks import about
from .queries import one

_RECORDS = may("records:write")
_CONTACTS_OFFERED = 10


class RenewedAs(Struct, frozen=True, kw_only=True):
    """The order that follows, its price in the company's currency."""

    number: Code
    ends_on: date
    price: Annotated[float, Meta(ge=0, le=100_000_000)]


class PlanAsText(Struct, frozen=True, kw_only=True):
    """A plan as it is typed: each line is one thing to do."""

    span: Span
    text: Said


async def carry_out_renewal(renewal_id: UUID, new: RenewedAs, act: Act) -> None:
    """As `care.renewals.carry_out`."""
    price = Money(amount=f"{new.price:.2f}")
    await renewals.carry_out(renewal_id, RenewedOrder(number=new.number, ends_on=new.ends_on, price=price), act)


async def hand_in(new: PlanAsText, act: Act) -> None:
    """As `plans.actions.hand_in`. Raises Invalid also where there is no line."""
    items = tuple(NewItem(text=line.strip()) for line in new.text.splitlines() if line.strip())
    if not items:
        raise Invalid.at("text", "at least one line")
    await plans.hand_in(NewWorkPlan(span=new.span, items=items), act)


async def finish_item(item_id: UUID, new: NewText, act: Act) -> None:
    """As `plans.actions.finish`."""
    await plans.finish(await plan_of(item_id), item_id, new, act)


async def review_plan(plan_id: UUID, new: NewReview, act: Act) -> None:
    """As `plans.actions.review`."""
    await plans.review(plan_id, new, act)


async def carry_out_measure(measure_id: UUID, new: NewExecution, act: Act) -> None:
    """As `relationships.actions.carry_out`."""
    measure = await measure_of(measure_id)
    await relationships.carry_out(measure.plan_id, measure_id, new, act)


async def decide(approval_id: UUID, new: NewDecision, act: Act) -> None:
    """As `approvals.actions.decide`."""
    await approvals.decide(approval_id, act, approved=new.approved, reason=new.reason)


async def _channels(shell: Shell) -> Sequence[Choice]:
    known = shell.studio.words
    return [
        Choice(name, shell.says(f"work.channel.{name}"))
        for name in channels_of(shell.act.policy)
        if known.has(f"work.channel.{name}")
    ]


async def _contacts(shell: Shell) -> Sequence[Choice]:
    """The customer's last contacts, by one of which a measure was carried out."""
    measure = await measure_of(UUID(str(shell.request.path_params["row_id"])))
    asked = InteractionFilter(customer_id=measure.customer_id, outcome="reached")
    found = await searched("interaction", await LISTED.page(asked, PageAsked(_CONTACTS_OFFERED), shell.act), shell.act)
    return [
        Choice(
            str(one.id),
            f"{shell.clock.moment(one.happened_at)} {shell.says(f'work.channel.{one.channel}')} {one.content[:20]}",
        )
        for one in found.items
    ]


async def _contact_given(_: Shell, customer_id: UUID) -> Mapping[str, str]:
    return {"customer_id": str(customer_id), "channel": "phone", "direction": "out"}


async def _of_customer(_: Shell, customer_id: UUID) -> Mapping[str, str]:
    return {"customer_id": str(customer_id)}


async def _answered(_: Shell, __: UUID) -> Mapping[str, str]:
    return {"done": "true"}


async def _by_phone(_: Shell, __: UUID) -> Mapping[str, str]:
    return {"channel": "phone"}


async def _approved(_: Shell, __: UUID) -> Mapping[str, str]:
    return {"approved": "true"}


async def _accepted(_: Shell, __: UUID) -> Mapping[str, str]:
    return {"accepted": "true"}


async def _weekly(shell: Shell, _: UUID) -> Mapping[str, str]:
    return {"span": shell.request.query_params.get("span", "week")}


def _about(kind: str) -> Asking:
    async def told(shell: Shell) -> Asks:
        row = await one(kind, UUID(str(shell.request.path_params["row_id"])), shell.act)
        return Asks(about=about(row, shell) if row is not None else ())

    return told


def _commands(kind: str, subject: str, **said: object) -> Commands:
    command = Command(name=kind, **{"needs": _RECORDS, "asks": _about(kind), **said})  # type: ignore[arg-type]  # as Command has them
    return Commands("work", subject, f"{PREFIX}/work/{kind}", command)


COMMANDS: dict[str, Commands] = {
    commands.path.rpartition("/")[2]: commands
    for commands in (
        _commands(
            "contact",
            "customer_id",
            action=records.record_interaction,
            choices={"channel": _channels},
            given=_contact_given,
            left_out=frozenset({"happened_at", "place", "number", "handling", "handled", "staff_id"}),
        ),
        _commands("question", "interaction_id", action=records.handle, given=_answered),
        _commands("care_task", "task_id", action=care.finish, needs=may("care:write")),
        _commands(
            "reminder",
            "reminder_id",
            action=care.remind,
            needs=may("care:write"),
            choices={"channel": _channels},
            given=_by_phone,
        ),
        _commands("renewal", "renewal_id", action=carry_out_renewal, needs=may("care:write")),
        _commands(
            "review",
            "customer_id",
            action=reviews.review,
            given=_of_customer,
            left_out=frozenset({"rhythm", "escalation"}),
        ),
        _commands("follow_up", "review_id", action=reviews.follow_up),
        _commands("needs_analysis", "analysis_id", action=needs_analyses.follow_up),
        _commands(
            "relationship_measure", "measure_id", action=carry_out_measure, choices={"interaction_id": _contacts}
        ),
        _commands(
            "reception_task",
            "task_id",
            action=receptions.report,
            needs=may("receptions:write"),
            sheet=sheet_of_task,
        ),
        _commands("improvement", "action_id", action=improvements.report, needs=may("surveys:write")),
        _commands("measure", "measure_id", action=measures.finish, needs=may("complaints:write")),
        _commands("department_request", "request_id", action=department_requests.answer, needs=may("requests:write")),
        _commands(
            "approval",
            "approval_id",
            action=decide,
            needs=may("approvals:decide"),
            given=_approved,
            left_out=frozenset({"step"}),
        ),
        _commands("plan", "staff_id", action=hand_in, given=_weekly),
        _commands("plan_item", "item_id", action=finish_item),
        _commands("plan_review", "plan_id", action=review_plan, given=_accepted),
        _commands("log", "staff_id", action=work_logs.write, left_out=frozenset({"worked_on", "customer_id"})),
    )
}
