"""What a pack or policy must agree on with itself, said so that a tenant's admin can mend it."""

from .checking import Known, Problems, problems_in, texts_in
from .merging import rules_of
from .packs import Pack, Policy, Sections
from .posts import ROLES
from .problems import PolicyProblem


def validate(policy: Pack | Policy) -> tuple[PolicyProblem, ...]:
    """Everything wrong; nothing when all is well."""
    return (
        *_duplicates(policy),
        *problems_in(policy, known_of(policy)),
        *_texts(policy),
    )


def known_of(policy: Pack | Policy) -> Known:
    """What its parts may name."""
    return Known(
        roles=ROLES | {post.name for post in policy.posts},
        kinds=policy.customer_kinds,
        schemes=frozenset(scheme.name for scheme in policy.schemes),
        tiers=frozenset((scheme.name, tier.name) for scheme in policy.schemes for tier in scheme.tiers),
        items=frozenset(item.name for item in policy.service_items),
        stepped=frozenset(item.name for item in policy.service_items if item.steps),
        quotas={(right.scheme, right.item, right.tier): right.quota for right in policy.entitlements},
        flows={flow.name: flow.subject for flow in policy.approvals},
        forms=frozenset(form.name for form in policy.forms),
        events=frozenset(kind.name for kind in policy.activities),
        claims={form.name: tuple(one.claims for one in form.fields if one.claims) for form in policy.forms},
        figures={setting.name: setting.value for setting in policy.settings},
        words={setting.name: setting.words for setting in policy.settings},
        findable=frozenset(
            field.name for field in policy.fields if field.confidentiality == "confidential" and field.searchable
        ),
        texts=policy.texts,
    )


def _duplicates(policy: Pack | Policy) -> Problems:
    for part in (name for name, rule in rules_of(Sections).items() if rule.named):
        seen: set[str] = set()
        for item in getattr(policy, part):
            if item.name in seen:
                yield PolicyProblem(part, item.name, "each name once", "rename one of them")
            seen.add(item.name)


def _texts(policy: Pack | Policy) -> Problems:
    for key in texts_in(policy):
        text = policy.texts.get(key)
        if text is None or not text.zh or not text.en:
            yield PolicyProblem("texts", key, "a text in zh and en", "add it to texts/zh.toml and texts/en.toml")
