"""Whom one can be in a demonstration company: one of each role, by one click."""

from msgspec import Struct

from guibin.packs import Packs
from guibin_tenants.directory import find
from guibin_tenants.refusals import NotFound
from guibin_tenants.rows import many
from guibin_tenants.scope import tenant_scope

# Logins that every demonstration company has, in the order of a working day.
LOGINS = ("desk", "manager11", "lead1", "auditor", "admin")


class Person(Struct, frozen=True):
    """Somebody one can be; `unit` is empty for the head office."""

    login: str
    name: str
    roles: tuple[str, ...]
    unit: str


class Company(Struct, frozen=True):
    """A demonstration company with its people."""

    slug: str
    name: str
    pack: str
    people: list[Person]


async def people_of(packs: Packs) -> list[Company]:
    """Every pack's company that is there."""
    found = []
    for pack in packs.names:
        demonstration = packs.hooks_of((pack,)).demonstration()
        if demonstration is None:
            continue
        try:
            tenant = await find(demonstration.slug)
        except NotFound:
            continue
        async with tenant_scope(tenant.id):
            people = await many(
                Person,
                "from (select s.login, s.name, s.roles, coalesce(u.name, '') as unit from staff s"
                " left join org_unit u on u.tenant_id = s.tenant_id and u.id = s.org_unit_id"
                " where s.login = any ($1::text[]) and s.left_at is null) person order by array_position($1, login::text)",
                list(LOGINS),
            )
        found.append(Company(tenant.slug, tenant.name, pack, people))
    return found
