"""Roles that the company composes: what each permits, who holds it, and who gains and loses what by a change of it."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from guibin.audit.actions import done, noted
from guibin.cases import Case
from guibin.context import Act
from guibin.policy.words import Name, up_to
from guibin_tenants import roles
from guibin_tenants.field_rights import READING, exceeds
from guibin_tenants.principals import ROLE_PERMISSIONS, permissions_of
from guibin_tenants.refusals import Conflict, FieldError, Forbidden, NotFound, refuse
from guibin_tenants.roles import TITLE_CHARS_MAX, ComposedRole
from guibin_tenants.rows import many

Title = Annotated[str, up_to(TITLE_CHARS_MAX, 1)]


class RoleHeld(Conflict):
    """Take the role from whoever holds it, and from posts that bring it, first. They would be left without what it permits."""


class NewRole(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A role of the company's own, whole: what it is called and what it permits."""

    title: Title
    permissions: Annotated[tuple[Name, ...], Meta(min_length=1, max_length=100)]


class PostBrings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The composed roles that a post brings, whole, by their names."""

    roles: Annotated[tuple[Name, ...], Meta(max_length=20)] = ()


class RoleView(Struct, frozen=True, kw_only=True):
    """A role and how many hold it; `id` and `title` are those of a composed one."""

    id: UUID | None
    name: str
    title: str
    permissions: list[str]
    people: int


class PersonChange(Struct, frozen=True, kw_only=True):
    """What one holder of the role may do from then on, and may do no more."""

    id: UUID
    name: str
    given: list[str]
    taken: list[str]


class RoleHolder(Struct, frozen=True):
    """Somebody who works here, with what they hold, and what the posts among it bring."""

    id: UUID
    name: str
    held: tuple[str, ...]
    brought: tuple[str, ...]

    @property
    def roles(self) -> tuple[str, ...]:
        """Both."""
        return (*self.held, *self.brought)


async def all_roles(act: Act) -> list[RoleView]:
    """Those built in, then those of the company's own."""
    own = await roles.composed()
    held = [role for holder in await people_with() for role in holder.roles]
    added = act.hooks.permissions_of(ROLE_PERMISSIONS)
    built_in = [
        RoleView(id=None, name=name, title="", permissions=sorted(permissions | added[name]), people=held.count(name))
        for name, permissions in ROLE_PERMISSIONS.items()
    ]
    return built_in + [
        RoleView(
            id=role.id,
            name=role.name,
            title=role.title,
            permissions=list(role.permissions),
            people=held.count(role.name),
        )
        for role in own
    ]


async def compose(new: NewRole, act: Act) -> UUID:
    """Raises Invalid, and Forbidden for a permission that the maker does not have."""
    _refuse_beyond(new.permissions, act)
    role_id = await roles.compose(new.title, new.permissions, act, beside=act.hooks.permissions())
    await done("compose", Case("role", role_id), act, shown=0, purpose=new.title, fields=tuple(new.permissions))
    return role_id


async def check(role_id: UUID, new: NewRole, act: Act) -> list[PersonChange]:
    """Who would gain and lose what, by name. Nothing is changed; raises what `recompose` would."""
    role = await roles.by_id(role_id)
    _refuse_beyond((*role.permissions, *new.permissions), act)
    composed, changes = await roles.composed(), []
    for holder in await people_with(role.name):
        beside = _permitted([each for each in holder.roles if each != role.name], composed)
        before, after = set(role.permissions) - beside, set(new.permissions) - beside
        if before != after:
            change = PersonChange(
                id=holder.id, name=holder.name, given=sorted(after - before), taken=sorted(before - after)
            )
            changes.append(change)
    return changes


async def recompose(role_id: UUID, new: NewRole, act: Act) -> None:
    """Of everybody who holds it, from the next request on. Raises NotFound, Invalid, and Forbidden for a permission, had or
    given, that whoever changes it does not have."""
    role = await roles.by_id(role_id)
    _refuse_beyond((*role.permissions, *new.permissions), act)
    await roles.recompose(role, new.title, new.permissions, beside=act.hooks.permissions())
    changed = tuple(sorted(set(role.permissions) ^ set(new.permissions)))
    await done("recompose", Case("role", role_id), act, shown=0, purpose=new.title, fields=changed)


async def remove(role_id: UUID, act: Act) -> None:
    """Raises NotFound, RoleHeld, Forbidden."""
    role = await roles.by_id(role_id)
    _refuse_beyond(role.permissions, act)
    holders = await people_with(role.name)
    if holders:
        raise RoleHeld(f"{len(holders)} people hold it")
    if any(role.name in brings for brings in (await roles.post_roles()).values()):
        raise RoleHeld("A post brings it")
    await roles.remove(role)
    await done("remove", Case("role", role_id), act, shown=0, purpose=role.title)


async def check_brought(post: str, new: PostBrings, act: Act) -> list[PersonChange]:
    """Who would gain and lose what if the post brought these roles. Nothing is changed; raises what `bring` would."""
    known = await _allowed(post, new, act)
    composed, changes = await roles.composed(), []
    for holder in await people_with(post):
        brought = [role for each in holder.held for role in known.get(each, ())]
        before, after = _permitted(holder.roles, composed), _permitted((*holder.held, *brought), composed)
        if before != after:
            given, taken = sorted(after - before), sorted(before - after)
            changes.append(PersonChange(id=holder.id, name=holder.name, given=given, taken=taken))
    return changes


async def bring(post: str, new: PostBrings, act: Act) -> None:
    """Whoever holds the post has these composed roles as long as they hold it: no longer once it is taken from them, in sessions that
    are open, too. Raises NotFound for an unknown post, Invalid for an unknown role, Forbidden for roles, had or given, that whoever
    changes it could not give by hand, and for a post that they hold."""
    await _allowed(post, new, act)
    before = (await roles.post_roles()).get(post, ())
    await roles.set_post_roles(post, new.roles)
    changed = tuple(sorted(set(before) ^ set(new.roles)))
    await noted("role.bring", act, subject="role", shown=0, purpose=post, fields=changed)


async def _allowed(post: str, new: PostBrings, act: Act) -> roles.PostRoles:
    """What posts would bring then."""
    if post not in {each.name for each in act.policy.posts}:
        raise NotFound(f"There is no post {post}")
    composed = {role.name for role in await roles.composed()}
    wrong = [role for role in new.roles if role not in composed]
    refuse([FieldError("roles", "a role of the company's own", "see GET /api/v1/roles", role) for role in wrong])
    known = await roles.post_roles()
    touched = tuple({*known.get(post, ()), *new.roles})
    permitted = await roles.permitted(touched)
    _refuse_beyond(tuple(permitted), act)
    if READING in permitted and exceeds(await roles.sees_of(touched), act.by.sees):
        raise Forbidden("Nobody gives sight of what they do not see")
    if post in act.by.roles and set(new.roles) - set(known.get(post, ())):
        raise Forbidden("Nobody gives roles to themselves: another admin does")
    return known | {post: new.roles}


def _permitted(held: Sequence[str], composed: Sequence[ComposedRole]) -> frozenset[str]:
    """All that these roles permit together, built in or composed."""
    return permissions_of(held).union(*(role.permissions for role in composed if role.name in held))


async def one(role_id: UUID) -> ComposedRole:
    """Raises NotFound."""
    return await roles.by_id(role_id)


async def people_with(role: str = "") -> list[RoleHolder]:
    """Whoever holds the role, or a post that brings it; everybody who works here without one. Roles that posts bring are among
    theirs."""
    return await many(
        RoleHolder,
        f"from (select s.id, s.name, s.roles as held, {roles.BROUGHT} as brought from staff s where s.left_at is null) person"
        " where $1 = '' or $1 = any (held || brought) order by name, id",
        role,
    )


def _refuse_beyond(permissions: tuple[str, ...], act: Act) -> None:
    beyond = sorted(set(permissions) & (roles.COMPOSABLE | act.hooks.permissions().keys()) - act.by.permissions)
    if beyond:
        raise Forbidden(f"Nobody gives what they do not have: {', '.join(beyond)}")
