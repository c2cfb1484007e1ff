"""Rules by which another system's word gives roles here, as of a provider's claims or a directory's groups: kept one by one, and
what those that hold give together."""

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar
from uuid import NAMESPACE_OID, UUID, uuid5

import msgspec
from msgspec import Struct

from guibin.context import Act
from guibin_tenants import staff
from guibin_tenants.refusals import Invalid, NotFound
from guibin_tenants.staff import StaffView

from .actions import posts_of

RULES_MAX = 100


class RoleRule(Protocol):
    """One that gives roles and posts, and perhaps an org unit."""

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles and posts."""

    @property
    def org_unit_id(self) -> UUID | None:
        """The org unit, if one is said."""


Rule = TypeVar("Rule", bound=RoleRule)


class Given(Struct, frozen=True):
    """What rules give somebody."""

    roles: tuple[str, ...]
    org_unit_id: UUID | None


def given(held: Sequence[RoleRule]) -> Given:
    """Roles and posts of all of them, each once, and the org unit of the first that says one."""
    unit_id = next((rule.org_unit_id for rule in held if rule.org_unit_id is not None), None)
    return Given(tuple(dict.fromkeys(role for rule in held for role in rule.roles)), unit_id)


async def may_take_over(account: StaffView, what: Given, act: Act) -> bool:
    """Whoever may choose what people are called there takes nothing that holds more than the rules give, and nothing that ended."""
    more = set(account.roles) - set(staff.with_posts(what.roles, await posts_of(act)))
    return not more and account.left_at is None


def id_of(rule: Any) -> UUID:
    """By which a rule is found as long as it says the same."""
    return uuid5(NAMESPACE_OID, msgspec.json.encode(rule).decode())


def found(rules: Sequence[Rule], rule_id: UUID) -> Rule:
    """Raises NotFound."""
    rule = next((rule for rule in rules if id_of(rule) == rule_id), None)
    if rule is None:
        raise NotFound("There is no such rule, or it says something else by now")
    return rule


def added(rules: Sequence[Rule], new: Rule, *, field: str) -> tuple[Rule, ...]:
    """One more, the last. Raises Invalid at the field where there are as many as may be."""
    if len(rules) >= RULES_MAX:
        raise Invalid.at(field, f"at most {RULES_MAX}")
    return (*rules, new)


def changed(rules: Sequence[Rule], rule_id: UUID, new: Rule) -> tuple[Rule, ...]:
    """Another in its place. Raises NotFound."""
    gone = found(rules, rule_id)
    return tuple(new if rule == gone else rule for rule in rules)


def without(rules: Sequence[Rule], rule_id: UUID) -> tuple[Rule, ...]:
    """The others. Raises NotFound."""
    gone = found(rules, rule_id)
    return tuple(rule for rule in rules if rule != gone)
