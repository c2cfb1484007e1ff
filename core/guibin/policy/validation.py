"""What a pack or policy must agree on with itself, said so that a tenant's admin can mend it."""

from collections.abc import Iterator

from .checking import Known, Problems, problems_in, texts_in
from .merging import rules_of
from .packs import Pack, Policy, Sections
from .posts import ROLES
from .problems import PolicyProblem
from .workstreams import ASIDE


def validate(policy: Pack | Policy) -> tuple[PolicyProblem, ...]:
    """Everything wrong; nothing when all is well."""
    return (
        *_duplicates(policy),
        *(_enabled(policy) if isinstance(policy, Policy) else ()),
        *_kinds(policy),
        *problems_in(policy, known_of(policy)),
        *(_workstreams(policy) if isinstance(policy, Policy) else ()),
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


def _enabled(policy: Policy) -> Problems:
    known = {scheme.name for scheme in policy.schemes}
    for name in policy.enabled_schemes or ():
        if name not in known:
            yield PolicyProblem("enabled_schemes", name, "a scheme of the packs or of your own")


def _kinds(policy: Pack | Policy) -> Problems:
    for kind in policy.organisations:
        if kind not in policy.customer_kinds:
            yield PolicyProblem("organisations", kind, "a customer kind", f"one of {policy.customer_kinds}")


def _workstreams(policy: Policy) -> Problems:
    """Each part of the policy is the work of exactly one workstream (S01-3)."""
    parts = set(Policy.__struct_fields__) - ASIDE
    named = [part for stream in policy.workstreams for part in stream.parts]
    for part in sorted(parts | set(named)):
        if part not in parts:
            yield PolicyProblem("workstreams", part, "a part of the policy", f"one of {sorted(parts)}")
        elif named.count(part) != 1:
            rule = f"in exactly one workstream, it is in {named.count(part)}"
            yield PolicyProblem("workstreams", part, rule, "name it in policy/workstreams.py")


def wanted_texts(policy: Pack | Policy) -> Iterator[str]:
    """Every text the value needs."""
    yield from (f"customer_kind.{kind}" for kind in policy.customer_kinds)
    yield from (f"field.{field.name}" for field in policy.fields)
    yield from texts_in(policy)
    # A pack's archives are looked over by rules that the core has the titles of.
    yield from (f"archive_rule.{rule.name}" for rule in policy.archive_rules if isinstance(policy, Policy))


def _texts(policy: Pack | Policy) -> Problems:
    for key in wanted_texts(policy):
        text = policy.texts.get(key)
        if text is None or not text.zh or not text.en:
            yield PolicyProblem("texts", key, "a text in zh and en", "add it to texts/zh.toml and texts/en.toml")
