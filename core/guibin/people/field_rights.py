"""What of a customer each role sees, part by part: hidden, masked or in clear; and who sees more or less by a change of it."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from guibin.administration.field_rights import SightChange, changes, parts_of, rights_to
from guibin.audit.actions import noted
from guibin.context import Act
from guibin.policy.words import Name
from guibin_tenants import roles
from guibin_tenants.field_rights import READING, PartRights, Right, exceeds
from guibin_tenants.principals import ROLE_PERMISSIONS, Principal
from guibin_tenants.refusals import FieldError, Forbidden, NotFound, refuse

from .roles import people_with


class PartView(Struct, frozen=True, kw_only=True):
    """A part of what is kept of a customer and the class it is of; a class is of none."""

    name: str
    part_of: str


class RoleFieldsView(Struct, frozen=True, kw_only=True):
    """What a role sees of each part, and what of that was `said` of the role: of all else its class decides, which without a word
    is in clear."""

    role: str
    title: str
    rights: dict[str, Right]
    said: dict[str, Right]


class FieldRightsView(Struct, frozen=True, kw_only=True):
    """Every part, and every role that reads files."""

    parts: list[PartView]
    roles: list[RoleFieldsView]


class NewFieldRights(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a role sees, whole: of parts that are left out their class decides."""

    rights: Annotated[dict[Name, Right], Meta(max_length=300)]


class PersonSight(Struct, frozen=True, kw_only=True):
    """What one holder of the role sees more of from then on, and less of."""

    id: UUID
    name: str
    given: list[SightChange]
    taken: list[SightChange]


async def field_rights(act: Act) -> FieldRightsView:
    """Of the roles built in, then of the company's own."""
    parts, said = parts_of(act.policy), await roles.field_rights()
    return FieldRightsView(
        parts=[PartView(name=name, part_of=among) for name, among in parts.items()],
        roles=[
            RoleFieldsView(
                role=role, title=title, rights=rights_to((said.get(role, {}),), parts), said=said.get(role, {})
            )
            for role, title in (await _reading()).items()
        ],
    )


def one(role: str, known: FieldRightsView) -> RoleFieldsView:
    """Raises NotFound for a role that there is not, or that reads no files."""
    found = next((each for each in known.roles if each.role == role), None)
    if found is None:
        raise NotFound(f"There is no role {role} that reads files")
    return found


async def check(role: str, new: NewFieldRights, act: Act) -> list[PersonSight]:
    """Who would see more or less of what, by name. Nothing is changed; raises what `change` would."""
    said = await _allowed(role, new, act)
    rights, parts, reading = await roles.field_rights(), parts_of(act.policy), await _reading()
    found = []
    for person in await people_with(role):
        readers = [each for each in person.roles if each in reading and each not in ROLE_PERMISSIONS]
        before = rights_to(roles.sees_by(person.roles, readers, rights), parts)
        more, less = changes(before, rights_to(roles.sees_by(person.roles, readers, rights | {role: said}), parts))
        if more or less:
            found.append(PersonSight(id=person.id, name=person.name, given=more, taken=less))
    return found


async def change(role: str, new: NewFieldRights, act: Act) -> None:
    """From the next request of whoever holds it on. Raises NotFound; Invalid for a part that there is not; Forbidden for what whoever
    changes it does not see themselves, had or given, and for what they would see no more."""
    said = await _allowed(role, new, act)
    before = (await roles.field_rights()).get(role, {})
    await roles.set_field_rights(role, said)
    changed = tuple(
        f"{part}={said.get(part, '-')}" for part in sorted({*before, *said}) if before.get(part) != said.get(part)
    )
    await noted("role.fields", act, subject="role", shown=0, purpose=(await _reading())[role] or role, fields=changed)


async def _allowed(role: str, new: NewFieldRights, act: Act) -> PartRights:
    """What is to be kept of it, nothing that follows from the class anyway."""
    if role not in await _reading():
        raise NotFound(f"There is no role {role} that reads files")
    parts = parts_of(act.policy)
    refuse(
        [
            FieldError(f"rights.{part}", "a part of the archive", "see GET /api/v1/field-rights")
            for part in new.rights
            if part not in parts
        ]
    )
    said = {
        part: right
        for part, right in new.rights.items()
        if right != (new.rights.get(parts[part], "clear") if parts[part] else "clear")
    }
    await _refuse_beyond(role, said, act.by)
    return said


async def _refuse_beyond(role: str, said: PartRights, by: Principal) -> None:
    known = await roles.field_rights()
    for rights in (known, known | {role: said}):
        if exceeds(await roles.sees_of((role,), rights), by.sees):
            raise Forbidden("Nobody gives sight of what they do not see")
    if role in by.roles and exceeds(by.sees, await roles.sees_of(by.roles, known | {role: said})):
        raise Forbidden("You would see less yourself: somebody else changes your role")


async def _reading() -> dict[str, str]:
    """The roles that read files, with the titles of the company's own."""
    built_in = {name: "" for name, permissions in ROLE_PERMISSIONS.items() if READING in permissions}
    return built_in | {role.name: role.title for role in await roles.composed() if READING in role.permissions}
