"""Roles that a company composes itself of permissions, beside those that are built in."""

from collections.abc import Collection, Sequence
from uuid import UUID

from msgspec import Struct
from piccolo.columns import Array, Text, Varchar

from . import settings
from .access import access_changed
from .field_rights import READING, FieldRights, PartRights, of_roles
from .field_rights import SETTING as FIELD_RIGHTS
from .principals import AUDITING, PERMISSIONS, ROLE_PERMISSIONS, Signature, permissions_of
from .refusals import FieldError, NotFound, refuse
from .rows import add, change, many
from .scope import execute, fetch_column, fetch_value
from .tables import Keys, TenantTable, new_id

TITLE_CHARS_MAX = 40
# What a role may be composed of: whoever reads the record does nothing that it records.
COMPOSABLE = PERMISSIONS - AUDITING


class CompanyRole(TenantTable, tablename="company_role", signed="composed"):
    """A role of the company's own. Staff hold it by its `name`, which is made for it and stays; people read its `title`."""

    name = Varchar(length=60)
    title = Varchar(length=TITLE_CHARS_MAX)
    permissions = Array(base_column=Text(), default=list)

    keys = Keys(written_by="company", unique=(("name",), ("title",)))


class ComposedRole(Struct, frozen=True, kw_only=True):
    """One of them."""

    id: UUID
    name: str
    title: str
    permissions: tuple[str, ...]


# The setting of a company: by post, the composed roles that whoever holds it has as long as they hold it.
POST_ROLES = "post_roles"
PostRoles = dict[str, tuple[str, ...]]
# SQL: the composed roles that posts bring to the member of staff `s`.
BROUGHT = (
    "array(select brought.name from tenant_setting p, jsonb_each(p.value) post, jsonb_array_elements_text(post.value)"
    f" as brought (name) where p.tenant_id = s.tenant_id and p.name = '{POST_ROLES}' and post.key = any (s.roles))"
)
# SQL: all that the composed roles of the member of staff `s` permit.
COMPOSED = (
    "array(select unnest(r.permissions) from company_role r where r.tenant_id = s.tenant_id"
    f" and r.name = any (s.roles || {BROUGHT}))"
)

# SQL: those of the roles composed that the member of staff `s` holds and that read files.
READERS = (
    "array(select r.name from company_role r where r.tenant_id = s.tenant_id"
    f" and r.name = any (s.roles || {BROUGHT}) and '{READING}' = any (r.permissions))"
)


async def composed() -> list[ComposedRole]:
    """All of them, by title."""
    return await many(ComposedRole, "from company_role order by title, id")


async def by_id(role_id: UUID) -> ComposedRole:
    """Raises NotFound."""
    found = await many(ComposedRole, "from company_role where id = $1", role_id)
    if not found:
        raise NotFound(f"There is no role {role_id}")
    return found[0]


async def post_roles() -> PostRoles:
    """The composed roles that each post brings."""
    return await settings.read(POST_ROLES, PostRoles, {})


async def set_post_roles(post: str, brings: tuple[str, ...]) -> None:
    """Those of whoever holds it, from the next request on. Whoever calls it checks the names."""
    await access_changed()
    await settings.merge(POST_ROLES, {post: brings})


async def permitted(roles: tuple[str, ...]) -> frozenset[str]:
    """All that these roles permit together, built in, composed, or brought by posts."""
    names = await _composed_of(roles)
    sql = "select unnest(permissions) from company_role where name = any ($1)"
    return permissions_of(roles) | frozenset(await fetch_column(sql, names) if names else ())


def sees_by(roles: tuple[str, ...], readers: Sequence[str], rights: FieldRights) -> tuple[PartRights, ...]:
    """What of files whoever holds these sees; `readers` are those of them composed that read files."""
    built_in = [role for role in roles if READING in ROLE_PERMISSIONS.get(role, ())]
    return of_roles(rights, (*built_in, *readers)) if rights else ()


async def sees_of(roles: tuple[str, ...], rights: FieldRights | None = None) -> tuple[PartRights, ...]:
    """As `sees_by`, looked up, with what posts bring; under the company's rights where no others are given."""
    rights = await field_rights() if rights is None else rights
    names = await _composed_of(roles) if rights else []
    sql = "select name from company_role where name = any ($1) and $2 = any (permissions)"
    return sees_by(roles, await fetch_column(sql, names, READING) if rights and names else (), rights)


async def set_field_rights(role: str, said: PartRights) -> None:
    """What the role sees from the next request on; `said` is all that it does not see in clear. Whoever calls it checks the names."""
    await access_changed()
    await settings.merge(FIELD_RIGHTS, {role: said})


async def field_rights() -> FieldRights:
    """What each role sees, by its name."""
    return await settings.read(FIELD_RIGHTS, FieldRights, {})


async def compose(title: str, permissions: tuple[str, ...], act: Signature, *, beside: Collection[str] = ()) -> UUID:
    """A new one; `beside` are permissions of the company's packs. Raises Invalid for a taken title, an unknown permission, or
    one that reads the record."""
    await _refuse_wrong(title, set(permissions) - set(beside), None)
    role_id = new_id()
    name = f"role-{role_id.hex[-12:]}"
    await add(CompanyRole, act, id=role_id, name=name, title=title, permissions=sorted(set(permissions)))
    return role_id


async def recompose(
    role: ComposedRole, title: str, permissions: tuple[str, ...], *, beside: Collection[str] = ()
) -> None:
    """Another title, other permissions: of everybody who holds it, from the next request on. What the role has of a pack that
    is off may stay. Raises Invalid."""
    await _refuse_wrong(title, set(permissions) - {*beside, *role.permissions}, role.id)
    await access_changed()
    await change(CompanyRole, role.id, title=title, permissions=sorted(set(permissions)))


async def remove(role: ComposedRole) -> None:
    """It is there no more; nobody holds it."""
    await access_changed()
    await execute("delete from company_role where id = $1", role.id)


async def _composed_of(roles: tuple[str, ...]) -> list[str]:
    """The names that composed roles may have, of these and of what the posts among them bring."""
    names = [role for role in roles if role not in ROLE_PERMISSIONS]
    known = await post_roles() if names else {}
    return [*names, *(role for name in names for role in known.get(name, ()))]


async def _refuse_wrong(title: str, permissions: Collection[str], role_id: UUID | None) -> None:
    wrong = [
        FieldError("permissions", "a permission that a role may have", "see GET /api/v1/roles", each)
        for each in sorted(permissions)
        if each not in COMPOSABLE
    ]
    taken = "select true from company_role where title = $1 and id is distinct from $2"
    if await fetch_value(taken, title, role_id):
        wrong.append(FieldError("title", "not used by another role", value=title))
    refuse(wrong, "The role cannot be composed so")
