"""What receptions must agree on with the rest of a pack or policy."""

from collections.abc import Iterator

from .packs import Pack, Policy
from .problems import PolicyProblem
from .receptions import Protocol, ReceptionPolicy

# A year ahead: what is prepared earlier belongs to no arrival.
BEFORE_MINUTES_MAX = 366 * 24 * 60


def reception_problems(policy: Pack | Policy, known: frozenset[str]) -> Iterator[PolicyProblem]:
    """Everything wrong with receptions; `known` are the roles and posts."""
    if policy.reception is None:
        return
    for part in ("centre", "report_to"):
        named = getattr(policy.reception, part)
        if not named or not set(named) <= known:
            yield PolicyProblem(f"reception.{part}", ", ".join(named), f"at least one of {sorted(known)}")
    if not 0 < policy.reception.warn_at_percent < 100:
        given = str(policy.reception.warn_at_percent)
        yield PolicyProblem("reception.warn_at_percent", given, "1 to 99: a warning comes before the breach")
    for step in policy.reception.escalations:
        if step.role not in known or step.after_minutes < 0:
            given = f"{step.role}, {step.after_minutes}"
            yield PolicyProblem("reception.escalations", given, f"0 minutes or more, and one of {sorted(known)}")
    names = [protocol.name for protocol in policy.reception.protocols]
    if not names or len(set(names)) < len(names):
        yield PolicyProblem("reception.protocols", ", ".join(names), "at least one, each name once")
    for protocol in policy.reception.protocols:
        yield from _protocol(protocol, policy)


def reception_texts(reception: ReceptionPolicy) -> Iterator[str]:
    """Every text receptions need."""
    for protocol in reception.protocols:
        yield f"protocol.{protocol.name}"
        yield f"reception_channel.{protocol.channel}"
        yield from (f"qualification.{reason.name}" for reason in protocol.qualifications)
        yield from (f"department.{department}" for department in protocol.told)
        yield from (f"reception_task.{task.name}" for task in protocol.tasks)
        yield from (f"reception_stage.{stage}" for stage in protocol.stages)
        yield from (f"etiquette.{item}" for item in protocol.etiquette)


def _protocol(protocol: Protocol, policy: Pack | Policy) -> Iterator[PolicyProblem]:
    path = f"reception.protocols.{protocol.name}"
    flows = sorted(flow.name for flow in policy.approvals)
    for flow in (protocol.approval, protocol.plan_approval):
        if flow not in flows and (flow or flow == protocol.approval):
            yield PolicyProblem(path, flow, "an approval flow", f"one of {flows}")
    if not protocol.told:
        yield PolicyProblem(path, "nobody", "at least one department that is told")
    for part in ("stages", "etiquette", "qualifications", "tasks"):
        named = [getattr(one, "name", one) for one in getattr(protocol, part)]
        if len(set(named)) < len(named) or (part == "stages" and not named):
            yield PolicyProblem(f"{path}.{part}", ", ".join(named), "at least one, each once")
    forms = sorted(form.name for form in policy.forms)
    for form in (protocol.form, *(task.form for task in protocol.tasks)):
        if form and form not in forms:
            yield PolicyProblem(path, form, "a form", f"one of {forms}")
    for task in protocol.tasks:
        if not 0 <= task.before_minutes <= BEFORE_MINUTES_MAX:
            rule = f"0 to {BEFORE_MINUTES_MAX} minutes ahead"
            yield PolicyProblem(f"{path}.tasks.{task.name}", str(task.before_minutes), rule)
    tiers = {(scheme.name, tier.name) for scheme in policy.schemes for tier in scheme.tiers}
    for reason in protocol.qualifications:
        if (reason.scheme or reason.tier) and (reason.scheme, reason.tier) not in tiers:
            yield PolicyProblem(f"{path}.{reason.name}", f"{reason.scheme}/{reason.tier}", "a tier of a scheme")
