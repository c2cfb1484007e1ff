"""What a pack or policy must agree on with itself, said so that a tenant's admin can mend it."""

from collections.abc import Iterable, Iterator

from . import activity_validation
from .approval_validation import approval_problems
from .card_validation import card_problems
from .complaints import ComplaintPolicy
from .deadlines import BusinessDays, BusinessHours, Days, Hours
from .entitlement_validation import entitlement_problems
from .merging import rules_of
from .milestone_validation import milestone_problems
from .packs import Pack, Policy, Sections
from .posts import ROLES
from .problems import PolicyProblem
from .reception_validation import reception_problems
from .service_items import APPOINTMENT, ServiceItem, TimeLimit
from .terms import Escalation
from .text_validation import wanted_texts
from .tier_validation import tier_problems

CALENDARS = frozenset({"always", "business"})


def validate(policy: Pack | Policy) -> tuple[PolicyProblem, ...]:
    """Everything wrong; nothing when all is well."""
    return (
        *_duplicates(policy),
        *(_enabled(policy) if isinstance(policy, Policy) else ()),
        *_posts(policy),
        *_kinds(policy),
        *tier_problems(policy),
        *entitlement_problems(policy),
        *_service_items(policy),
        *card_problems(policy),
        *(_complaints(policy.complaints, _who(policy)) if policy.complaints else ()),
        *approval_problems(policy.approvals, _who(policy)),
        *_department_tasks(policy),
        *_cadence(policy),
        *_care(policy),
        *reception_problems(policy, _who(policy)),
        *_surveys(policy),
        *_messages(policy),
        *activity_validation.problems(policy),
        *_texts(policy),
    )


def _duplicates(policy: Pack | Policy) -> Iterator[PolicyProblem]:
    for part in (name for name, rule in rules_of(Sections).items() if rule.named):
        seen: set[str] = set()
        for item in getattr(policy, part):
            if item.name in seen:
                yield PolicyProblem(part, item.name, "each name once", "rename one of them")
            seen.add(item.name)


def _posts(policy: Pack | Policy) -> Iterator[PolicyProblem]:
    for post in policy.posts:
        if post.name in ROLES:
            yield PolicyProblem("posts", post.name, "another name than a role's", "rename the post")
        if post.role not in ROLES:
            yield PolicyProblem(f"posts.{post.name}.role", post.role, "a role", f"one of {sorted(ROLES)}")


def _who(policy: Pack | Policy) -> frozenset[str]:
    return ROLES | {post.name for post in policy.posts}


def _escalations(steps: Iterable[Escalation], known: frozenset[str], path: str) -> Iterator[PolicyProblem]:
    for step in steps:
        if step.role not in known or step.after_minutes < 0:
            given = f"{step.role}, {step.after_minutes}"
            yield PolicyProblem(f"{path}.escalations", given, f"0 minutes or more, and one of {sorted(known)}")


def _enabled(policy: Policy) -> Iterator[PolicyProblem]:
    known = {scheme.name for scheme in policy.schemes}
    for name in policy.enabled_schemes or ():
        if name not in known:
            yield PolicyProblem("enabled_schemes", name, "a scheme of the packs or of your own")


def _kinds(policy: Pack | Policy) -> Iterator[PolicyProblem]:
    for kind in policy.organisations:
        if kind not in policy.customer_kinds:
            yield PolicyProblem("organisations", kind, "a customer kind", f"one of {policy.customer_kinds}")


def _service_items(policy: Pack | Policy) -> Iterator[PolicyProblem]:
    flows = {flow.name for flow in policy.approvals}
    forms = {form.name for form in policy.forms}
    for item in policy.service_items:
        if item.approval and item.approval not in flows:
            yield PolicyProblem(
                f"service_items.{item.name}", item.approval, "an approval flow", f"one of {sorted(flows)}"
            )
        if item.form and item.form not in forms:
            yield PolicyProblem(f"service_items.{item.name}", item.form, "a form", f"one of {sorted(forms)}")
        for limit in item.time_limits:
            yield from _time_limit(item, limit)
        yield from milestone_problems(item.milestones, _who(policy), f"service_items.{item.name}.milestones")
        for evidence in item.evidence:
            if evidence.step not in item.steps:
                yield PolicyProblem(f"service_items.{item.name}.evidence", evidence.step, "a step of the item")
    items = {item.name for item in policy.service_items if item.steps}
    for rhythm in policy.service_rhythms:
        if rhythm.item not in items:
            yield PolicyProblem("service_rhythms", rhythm.item, "a service item with steps", f"one of {sorted(items)}")


def _time_limit(item: ServiceItem, limit: TimeLimit) -> Iterator[PolicyProblem]:
    path = f"service_items.{item.name}.{limit.name}"
    if limit.calendar not in CALENDARS:
        yield PolicyProblem(path, limit.calendar, "always or business")
    for step in (limit.until, *limit.skips):
        if step and step not in item.steps:
            yield PolicyProblem(path, step, "a step of the item", f"one of {list(item.steps)}")
    if limit.until and limit.until in limit.skips:
        yield PolicyProblem(path, limit.until, "not a step that is skipped")
    if limit.counted_from == "appointment" and (APPOINTMENT not in item.steps or APPOINTMENT in limit.skips):
        yield PolicyProblem(path, limit.counted_from, f"an item with the step {APPOINTMENT!r}")
    if limit.counted_from == "approval" and not item.approval:
        yield PolicyProblem(path, limit.counted_from, "an item that needs an approval")


def _complaints(policy: ComplaintPolicy, known: frozenset[str]) -> Iterator[PolicyProblem]:
    for part in ("centre", "leadership"):
        for role in getattr(policy, part):
            if role not in known:
                yield PolicyProblem(f"complaints.{part}", role, "a role or post", f"one of {sorted(known)}")
    names = [level.name for level in policy.levels]
    if policy.default_level not in names:
        yield PolicyProblem("complaints.default_level", policy.default_level, "a level", f"one of {names}")
    for entry in policy.keywords:
        if entry.level not in names:
            yield PolicyProblem("complaints.keywords", entry.level, "a level", f"one of {names}")
    if len(set(names)) < len(names):
        yield PolicyProblem("complaints.levels", ", ".join(names), "each name once")
    if not 0 <= policy.sample_percent <= 100:
        yield PolicyProblem("complaints.sample_percent", str(policy.sample_percent), "0 to 100")
    for level in policy.levels:
        path = f"complaints.levels.{level.name}"
        if not 0 < level.warn_at_percent < 100:
            yield PolicyProblem(
                f"{path}.warn_at_percent", str(level.warn_at_percent), "1 to 99: a warning comes before the breach"
            )
        if level.calendar not in CALENDARS:
            yield PolicyProblem(f"{path}.calendar", level.calendar, "always or business")
        count = getattr(level.resolve_within, "count", 1)
        least = 0 if isinstance(level.resolve_within, Days | BusinessDays) else 1
        if isinstance(level.resolve_within, Hours | BusinessHours | Days | BusinessDays) and count < least:
            yield PolicyProblem(f"{path}.resolve_within", str(count), f"at least {least}")
        yield from _escalations(level.escalations, known, path)
        yield from milestone_problems(level.milestones, known, f"{path}.milestones")
        if getattr(level.rectify_within, "count", 1) < 1:
            yield PolicyProblem(f"{path}.rectify_within", str(level.rectify_within), "at least 1")


def _department_tasks(policy: Pack | Policy) -> Iterator[PolicyProblem]:
    known = _who(policy)
    for task in policy.department_tasks:
        path = f"department_tasks.{task.name}"
        if task.calendar not in CALENDARS:
            yield PolicyProblem(path, task.calendar, "always or business")
        if task.upward and task.upward not in known:
            yield PolicyProblem(f"{path}.upward", task.upward, "a role or post", f"one of {sorted(known)}")
        if not 0 < task.warn_at_percent < 100:
            yield PolicyProblem(path, str(task.warn_at_percent), "1 to 99: a warning comes before the breach")
        yield from _escalations(task.escalations, known, path)


def _cadence(policy: Pack | Policy) -> Iterator[PolicyProblem]:
    forms = {form.name for form in policy.forms}
    tiers = {(scheme.name, tier.name) for scheme in policy.schemes for tier in scheme.tiers}
    schemes = {scheme.name for scheme in policy.schemes}
    for register in policy.registers:
        path = f"registers.{register.name}"
        if register.form and register.form not in forms:
            yield PolicyProblem(path, register.form, "a form", f"one of {sorted(forms)}")
        if register.scheme and register.scheme not in schemes:
            yield PolicyProblem(path, register.scheme, "a scheme", f"one of {sorted(schemes)}")
    for template in policy.relationships:
        path = f"relationships.{template.name}"
        if template.tier and (template.scheme, template.tier) not in tiers:
            yield PolicyProblem(path, f"{template.scheme}/{template.tier}", "a tier of a scheme")
        for measure in template.measures:
            if not 1 <= measure.times <= 60:
                yield PolicyProblem(f"{path}.{measure.kind}", str(measure.times), "1 to 60 times")
    if policy.questions and not 0 < policy.questions.warn_at_percent < 100:
        yield PolicyProblem("questions", str(policy.questions.warn_at_percent), "1 to 99: a warning comes first")
    if policy.questions and policy.questions.calendar not in CALENDARS:
        yield PolicyProblem("questions", policy.questions.calendar, "always or business")


def _care(policy: Pack | Policy) -> Iterator[PolicyProblem]:
    if policy.care is None:
        return
    renewals = policy.care.renewals
    if renewals and not 1 <= renewals.weekday <= 7:
        yield PolicyProblem("care.renewals.weekday", str(renewals.weekday), "1 (Monday) to 7")
    if renewals and renewals.approval not in {flow.name for flow in policy.approvals}:
        yield PolicyProblem("care.renewals.approval", renewals.approval, "an approval flow")
    for occasion in policy.care.occasions:
        if occasion.kind == "festival" and not occasion.festivals:
            yield PolicyProblem(f"care.occasions.{occasion.name}", "no festival", "at least one festival")


def _messages(policy: Pack | Policy) -> Iterator[PolicyProblem]:
    if policy.messages is None:
        return
    names = [kind.name for kind in policy.messages.kinds]
    if len(set(names)) < len(names):
        yield PolicyProblem("messages.kinds", ", ".join(names), "each name once")
    if policy.messages.per_day_max < 0:
        yield PolicyProblem("messages.per_day_max", str(policy.messages.per_day_max), "0 or more")
    for name, moment in (("quiet_from", policy.messages.quiet_from), ("quiet_until", policy.messages.quiet_until)):
        if moment.tzinfo is not None:
            yield PolicyProblem(
                f"messages.{name}", moment.isoformat(), "a time without a zone", "the customer's counts"
            )


def _surveys(policy: Pack | Policy) -> Iterator[PolicyProblem]:
    for survey in policy.surveys:
        path = f"surveys.{survey.name}"
        if not survey.questions or len(set(survey.questions)) < len(survey.questions):
            yield PolicyProblem(f"{path}.questions", ", ".join(survey.questions), "at least one, each once")
        if not 1 <= survey.sample_percent <= 100:
            yield PolicyProblem(f"{path}.sample_percent", str(survey.sample_percent), "1 to 100")
        if not 0 <= survey.floor <= 100:
            yield PolicyProblem(f"{path}.floor", str(survey.floor), "0 to 100")
        if not 1 <= survey.answer_within_days <= 366 or not 0 <= survey.rest_days <= 3_660:
            given = f"{survey.answer_within_days}, {survey.rest_days}"
            yield PolicyProblem(path, given, "answered within 1 to 366 days, 0 to 3,660 days of rest")


def _texts(policy: Pack | Policy) -> Iterator[PolicyProblem]:
    for key in wanted_texts(policy):
        text = policy.texts.get(key)
        if text is None or not text.zh or not text.en:
            yield PolicyProblem("texts", key, "a text in zh and en", "add it to texts/zh.toml and texts/en.toml")
