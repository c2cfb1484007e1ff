"""Putting a customer up for a tier: an approval decides, and the membership starts with it."""

from datetime import date, timedelta
from typing import Annotated, Literal
from uuid import UUID

import asyncpg
from msgspec import Struct

from guibin.approvals import actions as approvals
from guibin.approvals.actions import Decided
from guibin.audit.actions import recorded
from guibin.cases import Case
from guibin.context import Act
from guibin.events import at_once
from guibin.notation.plausible import Plausible
from guibin.periods.days import local_day
from guibin.policy.approvals import ApprovalFlow, Facts
from guibin.policy.fields import check_values
from guibin.policy.forms import facts_of
from guibin.policy.packs import Policy
from guibin.policy.tiers import TierScheme
from guibin.policy.words import Answers, CodeIfAny, up_to
from guibin.profiles.queries import standing
from guibin_tenants.refusals import Conflict, FieldError, Invalid
from guibin_tenants.rows import add, change, locked
from guibin_tenants.scope import savepoint

from . import memberships, queries
from .comparing import compared
from .consents import refuse_unwilling
from .endorsing import refuse_unrecognised
from .memberships import NewMembership
from .queries import ApplicationView
from .tables import Application

Kind = Literal["tier", "exception", "upgrade", "adjustment"]
# The core's own flow, for schemes that name none.
_FALLBACK_FLOW = "exception"


class AlreadyApplied(Conflict):
    """An application for this customer and scheme waits already."""


class NewApplication(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`exception` relaxes the thresholds for one customer and needs `expires_on`, the first day without it (S12-3).

    `upgrade` asks for a higher tier than the present one, `adjustment` for any other, or for none with an empty `tier`
    (S04-4). `form` names a form of the policy that `answers` fill in.
    """

    customer_id: UUID
    kind: Kind = "tier"
    scheme: CodeIfAny
    tier: CodeIfAny
    reason: Annotated[str, up_to(2_000, 1)]
    expires_on: date | None = None
    form: CodeIfAny = ""
    answers: Answers = {}


class _Applicant(Struct, frozen=True):
    """Of what kind the customer is, and which tier of the scheme it holds."""

    kind: str
    present: str | None


async def apply_for(new: NewApplication, act: Act) -> ApplicationView:
    """Put a customer up; the policy's approval flow decides.

    Raises Invalid with every bad field, NotFound for a customer the caller cannot see, NoConsent where the scheme is
    voluntary (S02-2), NotRecognised where recognition comes first (S13-6), AlreadyApplied, and NotAnApplicant when the flow is for other roles.
    """
    today = act.today
    customer = await standing(new.customer_id)
    scheme = act.policy.scheme(new.scheme)
    present = await memberships.present_tier(new.customer_id, new.scheme, on=today)
    problems = _problems(new, _Applicant(customer.kind, present), act.policy, today)
    if scheme is None or problems:
        raise Invalid("The application cannot be taken", fields=tuple(problems))
    if scheme.voluntary and new.tier:
        await refuse_unwilling(new.customer_id, scheme.name)
    if new.kind == "tier":
        await refuse_unrecognised(new.customer_id, scheme)
    flow = _flow(act.policy, scheme, max((present, new.tier), key=scheme.rank))
    application_id = await _write(new, scheme, act)
    approval_id = await approvals.ask(
        Case("application", application_id, new.customer_id),
        act,
        flow=flow.under(_facts(new, customer.kind, act), await queries.tiers_of(new.customer_id, on=today)),
        note=new.reason,
        org_unit_id=customer.org_unit_id,
    )
    await change(Application, application_id, approval_id=approval_id)
    case = Case("application", application_id, new.customer_id)
    return await recorded("write", case, queries.APPLICATIONS, act, fields=("tier",), purpose=new.kind)


def _facts(new: NewApplication, kind: str, act: Act) -> Facts:
    filled = facts_of(act.policy.form(new.form), new.answers)
    days = {"period_days": (new.expires_on - act.today).days} if new.expires_on else {}
    return {**filled, "customer_kind": kind, "tier": new.tier, "kind": new.kind, **days}


@at_once(Decided, about="application")
async def application_decided(decided: Decided, act: Act) -> None:
    """Approved: the membership starts, or ends, on the day of the decision.

    Raises NoConsent if it was withdrawn meanwhile, NotRecognised likewise, and Invalid for a bare yes to a registration
    that the figures do not bear out.
    """
    row = await locked(Application, decided.subject_id)
    if decided.approved and row["kind"] == "tier":
        await _refuse_unproven(decided, act)
    await change(Application, decided.subject_id, outcome=decided.outcome, decided_at=act.now)
    if not decided.approved:
        return
    if not row["tier"]:
        on = local_day(act.now, row["time_zone"])
        await memberships.end(row["customer_id"], row["scheme"], on=on, because=row["reason"], now=act.now)
        return
    if row["voluntary"]:
        await refuse_unwilling(row["customer_id"], row["scheme"])
    await memberships.start(
        NewMembership(
            customer_id=row["customer_id"],
            scheme=row["scheme"],
            tier=row["tier"],
            starts_on=local_day(act.now, row["time_zone"]),
            expires_on=row["expires_on"],
            basis="exception" if row["kind"] == "exception" else "application",
            basis_id=decided.subject_id,
            reason=row["reason"],
        ),
        now=act.now,
    )


async def _refuse_unproven(decided: Decided, act: Act) -> None:
    """A form that claims and proves nothing is not simply approved: whoever does says why (S13-6)."""
    application = await queries.APPLICATIONS.one(decided.subject_id)
    scheme = act.policy.scheme(application.scheme)
    if scheme is None or not scheme.form:
        return
    await refuse_unrecognised(application.customer_id, scheme)
    shown = await compared(application, scheme, act)
    if not shown.proven and not decided.reason.strip():
        differing = ", ".join(figure.metric for figure in shown.figures if figure.differs)
        rule = f"a reason where the figures do not show what was asked for (they give {shown.earned or 'no tier'})"
        raise Invalid.at("reason", rule, f"say why, or refuse; claims that differ: {differing or 'none'}")


def _problems(new: NewApplication, applicant: _Applicant, policy: Policy, today: date) -> list[FieldError]:
    scheme, present = policy.scheme(new.scheme), applicant.present
    if scheme is None:
        known = ", ".join(s.name for s in policy.schemes) or "the policy has none"
        return [FieldError("scheme", "a scheme of the policy", f"one of: {known}", new.scheme)]
    problems = []
    if new.kind == "adjustment" and present in (None, new.tier):
        rule = "another than the present tier"
        problems.append(FieldError("tier", rule, f"the present one is {present or 'none: apply for a tier'}", new.tier))
    if scheme.tier(new.tier) is None and (new.kind != "adjustment" or new.tier):
        tiers = ", ".join(tier.name for tier in scheme.tiers)
        problems.append(FieldError("tier", f"a tier of the scheme: {scheme.name}", f"one of: {tiers}", new.tier))
    if applicant.kind not in scheme.customer_kinds:
        rule = f"a customer of kind {', '.join(scheme.customer_kinds)}"
        problems.append(FieldError("customer_id", rule, "correct the archive or choose another scheme", applicant.kind))
    if new.kind == "upgrade" and not 0 < scheme.rank(present) < scheme.rank(new.tier):
        rule = "higher than the present tier"
        problems.append(FieldError("tier", rule, f"the present one is {present or 'none: apply for a tier'}", new.tier))
    return [*problems, *_expiry_problems(new, scheme, today), *_answer_problems(new, scheme, policy)]


def _expiry_problems(new: NewApplication, scheme: TierScheme, today: date) -> list[FieldError]:
    if new.kind != "exception":
        rule = "only for an exception"
        return [FieldError("expires_on", rule, "leave it out", str(new.expires_on))] if new.expires_on else []
    last = today + timedelta(days=scheme.exception_days_max)
    if new.expires_on is None or not today < new.expires_on <= last:
        rule = f"after today and not after {last}"
        return [FieldError("expires_on", rule, "an exception always ends (S12-3)", str(new.expires_on))]
    return []


def _answer_problems(new: NewApplication, scheme: TierScheme, policy: Policy) -> list[FieldError]:
    if new.kind == "tier" and scheme.form and new.form != scheme.form:
        return [FieldError("form", "the registration form of the scheme", f"fill in {scheme.form}", new.form)]
    form = next((form for form in policy.forms if form.name == new.form), None)
    if form is None:
        if not new.form and not new.answers:
            return []
        known = ", ".join(f.name for f in policy.forms) or "the policy has none"
        return [FieldError("form", "a form of the policy", f"one of: {known}", new.form)]
    return [
        FieldError(f"answers.{problem.field}", problem.rule, problem.fix, problem.value)
        for problem in check_values(form.fields, new.answers)
    ]


def _flow(policy: Policy, scheme: TierScheme, highest: str | None) -> ApprovalFlow:
    """That of the higher of the two tiers: whoever may give a low one may not take a high one away."""
    tier = scheme.tier(highest) if highest else None
    name = (tier.approval if tier else "") or scheme.approval or _FALLBACK_FLOW
    flow = policy.approval(name)
    if flow is None:
        raise Invalid.at("scheme", "a scheme with an approval flow", f"add {name} to the policy", name)
    return flow


async def _write(new: NewApplication, scheme: TierScheme, act: Act) -> UUID:
    tier = scheme.tier(new.tier)
    try:
        async with savepoint():
            return await add(
                Application,
                act,
                customer_id=new.customer_id,
                kind=new.kind,
                scheme=new.scheme,
                tier=new.tier,
                reason=new.reason,
                form=new.answers,
                expires_on=new.expires_on,
                time_zone=act.company.time_zone,
                voluntary=scheme.voluntary,
                policy_version=act.policy.version,
                clause=(tier.clause if tier else "") or scheme.clause,
            )
    except asyncpg.UniqueViolationError:
        raise AlreadyApplied() from None
