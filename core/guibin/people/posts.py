"""The posts of the company's policy: who holds each, and what of the policy rests on it."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

from msgspec import Struct

from guibin.administration import posts as terms
from guibin.administration.posts import Capacity, TermView
from guibin.context import Act
from guibin.policy.packs import Policy
from guibin.policy_changes import places
from guibin.policy_changes.wording import element_title, section_title
from guibin_tenants import roles
from guibin_tenants.rows import many

# What says of a post what it is, and how it is called.
_ITSELF = ("posts", "texts")


class Holder(Struct, frozen=True):
    """Somebody who holds it, and in which org unit; in what capacity and until which day, where it was given with its days."""

    id: UUID
    name: str
    unit_name: str
    capacity: Capacity = "held"
    until_on: date | None = None


class Rest(Struct, frozen=True):
    """An element of the policy that names the post: the section and the element as they are called, and its clause."""

    section: str
    title: str
    clause: str


class PostView(Struct, frozen=True, kw_only=True):
    """One post: which role it brings, its clause, who holds it, what rests on it.

    `brings` are the company's own roles that its holders have as long as they hold it, by name. A `vacant` one is held by nobody in the whole company: what rests on it reaches nobody.
    """

    name: str
    title: str
    role: str
    brings: list[str]
    clause: str
    vacant: bool
    holders: list[Holder]
    rests: list[Rest]


class _Held(Struct, frozen=True):
    id: UUID
    name: str
    roles: tuple[str, ...]
    org_unit_id: UUID | None
    unit_name: str


async def posts(act: Act) -> list[PostView]:
    """Every post as the policy has it; holders of the org units under the reader's alone, `vacant` by all of them."""
    names = [post.name for post in act.policy.posts]
    people = await many(
        _Held,
        "from (select s.id, s.name, s.roles, s.org_unit_id, coalesce(u.name, '') as unit_name from staff s"
        " left join org_unit u on u.tenant_id = s.tenant_id and u.id = s.org_unit_id"
        " where s.left_at is null and s.roles && $1::text[]) person order by unit_name, name, id",
        names,
    )
    days = {(term.staff_id, term.post): term for term in await terms.running()}
    rests, brings = resting(act.policy, act.language), await roles.post_roles()
    return [
        PostView(
            name=post.name,
            title=act.policy.title(f"post.{post.name}", act.language),
            role=post.role,
            brings=list(brings.get(post.name, ())),
            clause=post.clause,
            vacant=not any(post.name in person.roles for person in people),
            holders=[
                _holder(person, days.get((person.id, post.name)))
                for person in people
                if post.name in person.roles and act.by.covers(person.org_unit_id)
            ],
            rests=rests[post.name],
        )
        for post in act.policy.posts
    ]


def _holder(person: _Held, term: TermView | None) -> Holder:
    if term is None:
        return Holder(person.id, person.name, person.unit_name)
    return Holder(person.id, person.name, person.unit_name, term.capacity, term.until_on)


def resting(policy: Policy, language: str) -> dict[str, list[Rest]]:
    """What of the policy names each post, in the order of the policy."""
    found: dict[str, list[Rest]] = {post.name: [] for post in policy.posts}
    for section in places.sections():
        if section in _ITSELF:
            continue
        for element in places.elements(policy, section):
            for name in dict.fromkeys(_named(places.plain_of(element.value))):
                if name in found:
                    scheme = getattr(element.value, "scheme", "")
                    title = element_title(element.value, (element.name, scheme), section, policy)
                    clause = getattr(element.value, "clause", "")
                    rest = Rest(section_title(section).in_language(language), title.in_language(language), clause)
                    found[name].append(rest)
    return found


def _named(plain: Any) -> Iterator[str]:
    """Every text that stands in it."""
    if isinstance(plain, str):
        yield plain
    elif isinstance(plain, dict):
        for each in plain.values():
            yield from _named(each)
    elif isinstance(plain, list | tuple):
        for each in plain:
            yield from _named(each)
