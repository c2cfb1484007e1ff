"""Approvals as people decide them: what waits for me, what it is about, why I may decide, and the answer one key away."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import Provide
from msgspec import Meta, Struct

from guibin.approvals import actions, bulk, moves, queries
from guibin.approvals.api import NewWithdrawal
from guibin.approvals.bulk import Chosen, Word
from guibin.approvals.queries import ApprovalFilter, ApprovalLine, StepView
from guibin.audit.actions import noted
from guibin.care import queries as care
from guibin.console import answers, forms, lists
from guibin.console.choices import colleagues
from guibin.console.commands import Command, Commands
from guibin.console.forms import Choice
from guibin.console.lists import Column, Table, View, Wanted
from guibin.console.moments import Deadline
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Outcome, Shell
from guibin.context import Act
from guibin.files import screens as files
from guibin.plan_reviews import queries as plan_reviews
from guibin.policy.money import from_minor
from guibin.policy.sentences import figure
from guibin.policy.tiers import TierScheme
from guibin.policy.words import Paragraph, Reason
from guibin.profiles import orders
from guibin.receptions import queries as receptions
from guibin.service_requests import queries as requests
from guibin.tiers import queries as tiers
from guibin.tiers.comparing import compared
from guibin.tiers.marks import marks
from guibin.tiers.queries import ApplicationView
from guibin.web.listing import PageAsked
from guibin_tenants.keys import ids_of
from guibin_tenants.principals import may
from guibin_tenants.refusals import Refusal

READ, DECIDE = may("approvals:read"), may("approvals:decide")
PATH = f"{PREFIX}/approvals"
NAME = "overview.approvals"
ENTRIES = (Entry(title=f"{NAME}.title", path=PATH, icon="checkbox", needs=READ, order=15, phone=True),)
# Where the matter of an approval has a page of its own.
_PLACES = {
    "service_request": "requests",
    "reception": "receptions",
    "policy_proposal": "policy/proposals",
    "assessment": "assessments",
}

_PLANS = {"campaign": "campaigns", "activity": "activities"}


class Approval(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Yes to the step that was looked at, perhaps with a word to it."""

    reason: Paragraph = ""
    step: Annotated[int, Meta(ge=0, le=100)] | None = None


class Rejection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """No, and why."""

    reason: Reason
    step: Annotated[int, Meta(ge=0, le=100)] | None = None


class NewApproval(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Yes to all that were chosen, perhaps with a word to them."""

    reason: Paragraph = ""


class NewRejection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """No to all that were chosen, and why."""

    reason: Reason


async def approve(approval_id: UUID, new: Approval, act: Act) -> None:
    """Say yes to the step that waits. Raises as `decide`."""
    await actions.decide(approval_id, act, approved=True, reason=new.reason, step=new.step)


async def reject(approval_id: UUID, new: Rejection, act: Act) -> None:
    """Say no: the request ends. Raises as `decide`."""
    await actions.decide(approval_id, act, approved=False, reason=new.reason, step=new.step)


async def withdraw(approval_id: UUID, new: NewWithdrawal, act: Act) -> None:
    """Take one's own request back. Raises as the action of approvals."""
    await actions.withdraw(approval_id, act, reason=new.reason)


async def _earlier(shell: Shell) -> Sequence[Choice]:
    """The steps it can be sent back to, each with who decided it."""
    line = await queries.by_id(UUID(str(shell.request.path_params["approval_id"])))
    decided = [step for step in line.steps if step.approved and not step.undone and step.step != line.step]
    return [
        Choice(str(step.step), f"{step.step + 1} · {shell.post(step.role)} · {step.decided_by_name}")
        for step in decided
    ]


async def _step(_: Shell, approval_id: UUID) -> dict[str, str]:
    seen = (await queries.by_id(approval_id)).step
    return {} if seen is None else {"step": str(seen)}


async def _counts(asked: Mapping[str, ApprovalFilter], shell: Shell) -> Mapping[str, int]:
    waiting = [name for name, filters in asked.items() if filters == ApprovalFilter()]
    return {name: await queries.count(ApprovalFilter(), shell.act) for name in waiting}


async def _rows(filters: ApprovalFilter, page: PageAsked, wanted: Wanted, shell: Shell) -> dict[str, Any]:
    found = await queries.queue(filters, page, shell.act)
    return {
        "rows": found.items,
        "next": found.next,
        "marks": await marks([line.customer_id for line in found.items], shell.act),
        "due_of": lambda line: shell.clock.due(_deadline(line)),
        "waiting_is_shown": filters.whose == "waiting",
        "cells": "overview/approval_cells.html",
    }


TABLE = Table(
    slice_name=NAME,
    path=PATH,
    follows=("approval",),
    columns=(
        Column(name="matter", confidential=True),
        Column(name="clause", width=72),
        Column(name="applicant", width=120, labelled=True),
        Column(name="due", width=144),
    ),
    views=(
        View(name="waiting", asks={}, counted=True),
        View(name="decided", asks={"whose": "decided"}),
        View(name="asked", asks={"whose": "asked"}),
        View(name="copied", asks={"whose": "copied"}),
        View(name="all", asks={"whose": "all"}),
    ),
    bulk={"approve": DECIDE, "reject": DECIDE},
    preview=True,
    kind=ApprovalFilter,
    needs=READ,
    counts=_counts,
    load=_rows,
    template="overview/approvals.html",
)
COMMANDS = Commands(
    NAME,
    "approval_id",
    PATH,
    Command(name="approve", action=approve, icon="check", key="a", main=True, given=_step, hidden=frozenset({"step"})),
    Command(name="reject", action=reject, icon="x", key="d", danger=True, given=_step, hidden=frozenset({"step"})),
    Command(name="withdraw", action=withdraw, needs=READ, icon="arrow-back-up", key="w"),
    Command(name="pass_on", action=moves.pass_on, icon="corner-up-right", key="t", choices={"staff_id": colleagues}),
    Command(name="add_signer", action=moves.add_signer, icon="plus", key="b", choices={"staff_id": colleagues}),
    Command(name="send_back", action=moves.send_back, icon="arrow-back-up", choices={"to_step": _earlier}),
    Command(name="copy_to", action=moves.copy_to, needs=READ, icon="send", key="y", choices={"staff_id": colleagues}),
    needs=DECIDE,
)


class Attempt(Struct, frozen=True):
    """One of several that are decided together, and what kept it from being decided."""

    approval_id: UUID
    refusal: Refusal | None


async def approve_each(approval_id: UUID, new: NewApproval, act: Act) -> Attempt:
    """Say yes to it if it is the reader's to decide."""
    return await _attempt(approval_id, Word(approved=True, reason=new.reason), act)


async def reject_each(approval_id: UUID, new: NewRejection, act: Act) -> Attempt:
    """Say no to it if it is the reader's to decide."""
    return await _attempt(approval_id, Word(approved=False, reason=new.reason), act)


async def _attempt(approval_id: UUID, word: Word, act: Act) -> Attempt:
    return Attempt(approval_id, await bulk.attempt(Chosen(approval_id=approval_id), word, act))


async def _told(attempts: Sequence[Attempt], shell: Shell) -> Outcome:
    """How many were decided, and by name which were not, and why."""
    left = {each.approval_id: each.refusal for each in attempts if each.refusal is not None}
    said = shell.says(f"{NAME}.together", count=len(attempts) - len(left))
    if not left:
        return Outcome(said)
    lines = await bulk.named(list(left), shell.act)
    why = [
        shell.says(
            f"{NAME}.left", what=_called(lines.get(each), shell), why=forms.faults(refusal, shell)[""].rstrip("。.")
        )
        for each, refusal in left.items()
    ]
    return Outcome(said + shell.says(f"{NAME}.left_over", count=len(left), which="".join(why)), stays=True)


def _called(line: ApprovalLine | None, shell: Shell) -> str:
    if line is None:
        return shell.says(f"{NAME}.gone")
    return " ".join(each for each in (shell.named(f"approval.{line.flow}"), line.customer_name or "") if each)


TOGETHER = Commands(
    NAME,
    "approval_id",
    PATH,
    Command(name="approve", action=approve_each, icon="check", main=True, tells=_told),
    Command(name="reject", action=reject_each, icon="x", danger=True, tells=_told),
    needs=DECIDE,
)


class Matter(Struct, frozen=True):
    """What an approval is about: where it has a page, and what was asked for, each with its name.

    `beside` is what an application claims, line by line beside what the company has recorded (S13-6).
    """

    place: str = ""
    told: tuple[tuple[str, str], ...] = ()
    beside: "Beside | None" = None


class Line(Struct, frozen=True):
    """One figure as people read it, and whether the claim is not borne out."""

    title: str
    claimed: str
    recorded: str
    differs: bool


class Beside(Struct, frozen=True):
    """The figures, the tier they give, and whether they show what was asked for."""

    lines: tuple[Line, ...]
    earned: str
    proven: bool


class ApprovalScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=READ, dependencies={"filters": lists.asks(ApprovalFilter), "page": Provide(lists.page_asked)})
    async def queue(self, filters: ApprovalFilter, page: PageAsked, shell: Shell) -> Response[Any]:
        return await lists.answer(TABLE, filters, page, shell)

    @get("/bulk/{command:str}", needs=DECIDE)
    async def ask_all(self, command: str, shell: Shell) -> Response[str]:
        return await TOGETHER.ask_all(command, shell)

    @post("/bulk/{command:str}", needs=DECIDE, status_code=200)
    async def do_all(self, command: str, shell: Shell) -> Response[str]:
        return await TOGETHER.do_all(command, shell)

    @get("/{approval_id:uuid}", needs=READ)
    async def case(self, approval_id: UUID, shell: Shell) -> Response[str]:
        return await _shown(approval_id, shell, "overview/approval.html")

    @get("/{approval_id:uuid}/preview", needs=READ)
    async def preview(self, approval_id: UUID, shell: Shell) -> Response[str]:
        return await _shown(approval_id, shell, "overview/approval_preview.html")

    ask, do = COMMANDS.handlers("/{approval_id:uuid}", needs=READ)


def _deadline(line: ApprovalLine) -> Deadline:
    return Deadline(due_at=line.due_at if line.step is not None else None, warn_at=line.warn_at)


async def _shown(approval_id: UUID, shell: Shell, template: str) -> Response[str]:
    line = await queries.line_of(approval_id, shell.act)
    mine = await queries.waits_for(approval_id, shell.act)
    own = line.step is not None and line.applicant_id in await ids_of(shell.act.by)
    open_to_me = mine or own or DECIDE(shell.act.by)
    back = ("send_back",) if mine and await _earlier(shell) else ()
    names = (
        *(("approve", "reject", "pass_on", "add_signer", *back) if mine else ()),
        *(("withdraw",) if own else ()),
        *(("copy_to",) if open_to_me else ()),
    )
    waiting = next((step for step in line.steps if step.step == line.step and step.approved is None), None)
    return shell.page(
        template,
        line=line,
        mark=(await marks([line.customer_id], shell.act)).get(line.customer_id) if line.customer_id else None,
        due=shell.clock.due(_deadline(line)),
        matter=await _matter(line, shell),
        mine=mine,
        files=await files.part("approval_request", approval_id, shell) if template == "overview/approval.html" else "",
        own=own,
        may_decide=_deciders(waiting, shell) if waiting else "",
        commands=COMMANDS.allowed(shell, *names),
        address=lambda name: COMMANDS.address(approval_id, name),
    )


def _deciders(step: StepView, shell: Shell) -> str:
    if step.person is not None:
        return step.person_name
    return (" + " if step.together else " / ").join(shell.post(role) for role in (step.role, *step.others))


async def _matter(line: ApprovalLine, shell: Shell) -> Matter:
    place = _PLACES.get(line.subject, "")
    if line.subject == "service_request":
        request = await requests.FORM.one(line.subject_id)
        title = shell.named(f"service_item.{request.item}.title")
        return Matter(
            f"{PREFIX}/{place}/{line.subject_id}",
            (
                (shell.says(f"{NAME}.item"), title),
                (shell.says(f"{NAME}.number"), request.number),
                *_answers(request.answers, shell),
            ),
        )
    if line.subject == "application":
        application = await tiers.APPLICATIONS.one(line.subject_id)
        scheme = shell.act.policy.scheme(application.scheme)
        tier = shell.act.policy.title(f"tier.{application.tier}", shell.language, scheme=application.scheme)
        return Matter(
            "",
            (
                (shell.says(f"{NAME}.tier"), f"{shell.named(f'scheme.{application.scheme}')} · {tier}"),
                *_answers(application.answers, shell),
            ),
            await _beside(application, scheme, shell) if scheme and scheme.form and application.tier else None,
        )
    if line.subject == "plan_review":
        return await _plan(line.subject_id, shell)
    if line.subject == "renewal":
        return Matter("", await _renewal(line.subject_id, shell))
    if line.subject == "reception_plan":
        reception_id = await receptions.reception_of(line.subject_id)
        return Matter(f"{PREFIX}/receptions/{reception_id}" if reception_id else "")
    return Matter(f"{PREFIX}/{place}/{line.subject_id}" if place else "")


async def _beside(application: ApplicationView, scheme: TierScheme, shell: Shell) -> Beside:
    shown = await compared(application, scheme, shell.act)
    await noted("application.compare", shell.act, customer_id=application.customer_id, fields=("tier", "measures"))
    return Beside(
        tuple(
            Line(
                each.title,
                "" if each.claimed is None else figure(each.claimed, each.unit),
                shell.says(f"{NAME}.no_record") if each.recorded is None else figure(each.recorded, each.unit),
                each.differs,
            )
            for each in shown.figures
        ),
        shown.earned_title or shell.says(f"{NAME}.no_tier"),
        shown.proven,
    )


async def _plan(review_id: UUID, shell: Shell) -> Matter:
    review = await plan_reviews.LISTED.one(review_id)
    of_customer = review.subject == "relationship_plan"
    place, of = ("customers", review.customer_id) if of_customer else (_PLANS[review.subject], review.subject_id)
    said = (shell.says(f"{NAME}.subject.plan_review"), shell.named(f"plan_review.{review.name}"))
    return Matter(f"{PREFIX}/{place}/{of}", (said,))


async def _renewal(renewal_id: UUID, shell: Shell) -> tuple[tuple[str, str], ...]:
    renewal = await care.RENEWALS.one(renewal_id)
    running = await orders.list_orders(renewal.customer_id, shell.act)
    order = next((each for each in running if each.id == renewal.order_id), None)
    paid = from_minor(order.price, order.currency) if order and order.price is not None else None
    told = (
        ("product", order.product if order else ""),
        ("ends_on", shell.clock.full_day(renewal.ends_on)),
        ("price", f"{paid.currency} {paid.amount}" if paid else ""),
    )
    return tuple((shell.says(f"{NAME}.{name}"), text) for name, text in told if text)


def _answers(given: dict[str, str | int | bool | None], shell: Shell) -> tuple[tuple[str, str], ...]:
    return tuple(answers.in_words(given, shell))
