"""What a pack or policy must agree on with itself, said so that a tenant's admin can mend it."""

from collections.abc import Iterable, Iterator

from . import activity_validation
from .approval_validation import approval_problems
from .card_validation import card_problems
from .complaints import ComplaintPolicy
from .criteria import VALUE_SCORE, AllOf, AnyOf, Between, Criterion, metrics_in, number, settings_in
from .deadlines import BusinessDays, BusinessHours, Days, Hours
from .entitlement_validation import entitlement_problems
from .milestone_validation import milestone_problems
from .milestones import Escalation
from .packs import Pack, Policy
from .posts import ROLES
from .problems import PolicyProblem
from .reception_validation import reception_problems, reception_texts
from .service_items import APPOINTMENT, ServiceItem, TimeLimit
from .settings import settled
from .tiers import TierScheme

CALENDARS = frozenset({"always", "business"})
MONTHS_MAX = 1_200
NAME_CHARS_MAX = 60


def validate(policy: Pack | Policy) -> tuple[PolicyProblem, ...]:
    """Everything wrong; nothing when all is well."""
    return (
        *_duplicates(policy),
        *(_enabled(policy) if isinstance(policy, Policy) else ()),
        *_posts(policy),
        *_kinds(policy),
        *(problem for scheme in policy.schemes for problem in _scheme(scheme, policy)),
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
    for part in (
        "posts",
        "fields",
        "settings",
        "schemes",
        "service_items",
        "cards",
        "proofs",
        "approvals",
        "department_tasks",
        "reviews",
        "archive_rules",
        "activities",
        "registers",
        "relationships",
        "surveys",
        "kpis",
        "forms",
    ):
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


def _scheme(scheme: TierScheme, policy: Pack | Policy) -> Iterator[PolicyProblem]:
    path = f"schemes.{scheme.name}"
    metrics = {metric.name for metric in scheme.metrics}
    judged = metrics | ({VALUE_SCORE} if scheme.value_score else set())
    settings = {setting.name for setting in policy.settings}
    for tier, figured in zip(scheme.tiers, settled(scheme, policy.settings).tiers, strict=True):
        place = f"{path}.tiers.{tier.name}"
        for given, criterion in ((tier.criterion, figured.criterion), (tier.expectation, figured.expectation)):
            if given is None or criterion is None:
                continue
            for name in sorted(metrics_in(given) - judged):
                yield PolicyProblem(place, name, "a metric of the scheme", f"one of {sorted(judged)}")
            for name in sorted(settings_in(given) - settings):
                yield PolicyProblem(place, name, "a setting of the policy", f"one of {sorted(settings)}")
            if not settings_in(criterion):
                yield from _bounds(criterion, place)
    yield from _metrics(scheme, policy, path)
    for kind in scheme.customer_kinds:
        if policy.customer_kinds and kind not in policy.customer_kinds:
            yield PolicyProblem(f"{path}.customer_kinds", kind, "a customer kind", f"one of {policy.customer_kinds}")
    if scheme.value_score and sum(dimension.weight for dimension in scheme.value_score) != 100:
        yield PolicyProblem(f"{path}.value_score", str(len(scheme.value_score)), "weights that add up to 100")
    for dimension in scheme.value_score:
        if dimension.metric not in metrics:
            yield PolicyProblem(f"{path}.value_score", dimension.metric, "a metric of the scheme")
        if dimension.low >= dimension.high:
            yield PolicyProblem(f"{path}.value_score.{dimension.metric}", str(dimension.low), "low under high")
    names = {flow.name for flow in policy.approvals}
    for flow in (
        scheme.approval,
        scheme.list_approval,
        scheme.indicator_approval,
        *(tier.approval for tier in scheme.tiers),
    ):
        if flow and flow not in names:
            yield PolicyProblem(path, flow, "an approval flow", f"one of {sorted(names)}")


def _metrics(scheme: TierScheme, policy: Pack | Policy, path: str) -> Iterator[PolicyProblem]:
    figures = {setting.name: setting.words for setting in policy.settings}
    for metric in scheme.metrics:
        place = f"{path}.metrics.{metric.name}"
        if isinstance(metric.at_least, str) and metric.at_least not in figures:
            yield PolicyProblem(place, metric.at_least, "a setting of the policy", f"one of {sorted(figures)}")
        if metric.labels_of and not figures.get(metric.labels_of):
            yield PolicyProblem(place, metric.labels_of, "a setting of the policy with words")
        if metric.name == VALUE_SCORE:
            yield PolicyProblem(place, metric.name, "another name", "that is what the value score is called")
        if not 0 <= metric.months <= MONTHS_MAX or not 1 <= metric.per <= MONTHS_MAX:
            given = f"{metric.months} months, per {metric.per}"
            yield PolicyProblem(place, given, f"0 to {MONTHS_MAX} months, per 1 to {MONTHS_MAX}")
        if not metric.fact or max(len(metric.name), len(metric.fact)) > NAME_CHARS_MAX:
            yield PolicyProblem(place, metric.fact[:60], f"a name and a fact of 1 to {NAME_CHARS_MAX} characters")
        if metric.months == 0 and (metric.aggregate == "growth" or metric.divisor == "age"):
            yield PolicyProblem(place, "0 months", "a window of months")


def _bounds(criterion: Criterion, path: str) -> Iterator[PolicyProblem]:
    if isinstance(criterion, Between) and number(criterion.low) >= number(criterion.high):
        yield PolicyProblem(path, f"{criterion.low} to {criterion.high}", "low under high", "nobody is between them")
    if isinstance(criterion, AllOf | AnyOf):
        if not criterion.criteria:
            yield PolicyProblem(path, type(criterion).__name__, "at least one criterion")
        for part in criterion.criteria:
            yield from _bounds(part, path)


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


def wanted_texts(policy: Pack | Policy) -> Iterable[str]:
    """Every text the value needs."""
    yield from (f"post.{post.name}" for post in policy.posts)
    yield from (f"customer_kind.{kind}" for kind in policy.customer_kinds)
    yield from (f"field.{field.name}" for field in policy.fields)
    yield from (f"setting.{setting.name}" for setting in policy.settings)
    for scheme in policy.schemes:
        yield f"scheme.{scheme.name}"
        yield from (f"tier.{tier.name}" for tier in scheme.tiers)
        yield from (f"metric.{metric.name}" for metric in scheme.metrics)
        yield from (f"dimension.{dimension.name}" for dimension in scheme.value_score if dimension.name)
        yield from (f"strategy.{name}" for tier in scheme.tiers for name in tier.strategy)
    for item in policy.service_items:
        yield from (
            f"service_item.{item.name}.{part}" for part in ("title", "content", "standard", "channel", "process")
        )
        yield from (f"time_limit.{limit.name}" for limit in item.time_limits)
        yield from (f"milestone.{milestone.name}" for milestone in item.milestones)
    yield from (f"card.{card.name}" for card in policy.cards)
    yield from (f"proof.{proof.name}" for proof in policy.proofs)
    if policy.complaints:
        yield from (f"complaint_level.{level.name}" for level in policy.complaints.levels)
        yield from (f"complaint_cause.{cause}" for cause in policy.complaints.causes)
        for level in policy.complaints.levels:
            yield from (f"milestone.{milestone.name}" for milestone in level.milestones)
    yield from (f"department_task.{task.name}" for task in policy.department_tasks)
    yield from (f"approval.{flow.name}" for flow in policy.approvals)
    yield from (f"register.{register.name}" for register in policy.registers)
    yield from (f"measure.{measure.kind}" for one in policy.relationships for measure in one.measures)
    if policy.care:
        yield from (f"occasion.{occasion.name}" for occasion in policy.care.occasions)
    if policy.reception:
        yield from reception_texts(policy.reception)
    yield from activity_validation.wanted_texts(policy)
    if policy.messages:
        for kind in policy.messages.kinds:
            yield from (f"message.{kind.name}.{part}" for part in ("subject", "text"))
    for survey in policy.surveys:
        yield f"survey.{survey.name}"
        yield from (f"survey_question.{question}" for question in survey.questions)
    yield from (f"kpi.{kpi.name}" for kpi in policy.kpis)
    yield from (f"form.{form.name}" for form in policy.forms)
    yield from (f"archive_rule.{rule.name}" for rule in policy.archive_rules if isinstance(policy, Policy))
