"""Which texts a policy needs, in both languages."""

from collections.abc import Iterable

from . import activity_validation
from .packs import Pack, Policy
from .reception_validation import reception_texts


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
