"""What forms and filters of every slice offer: colleagues, org units, roles, tiers."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from uuid import UUID

from msgspec import Struct

from guibin_tenants import org_units
from guibin_tenants import roles as composed_roles
from guibin_tenants.principals import ROLE_PERMISSIONS
from guibin_tenants.rows import many

from .forms import Choice
from .shell import Shell


class Colleague(Struct, frozen=True):
    """Somebody who works here."""

    id: UUID
    name: str
    unit: str


async def colleagues(shell: Shell) -> Sequence[Choice]:
    """Whoever works here and holds a role, by name; the reader first."""
    found = await many(
        Colleague,
        "from (select s.id, s.name, coalesce(u.name, '') as unit from staff s"
        " left join org_unit u on u.tenant_id = s.tenant_id and u.id = s.org_unit_id"
        " where s.left_at is null and s.roles <> '{auditor}') person order by id <> $1, unit, name",
        shell.act.by.person,
    )
    return [Choice(str(one.id), f"{one.name} · {one.unit}" if one.unit else one.name) for one in found]


async def units(_: Shell) -> Sequence[Choice]:
    """Org units that stand."""
    return [Choice(str(unit.id), unit.name) for unit in await org_units.standing_units()]


async def roles(shell: Shell) -> Sequence[Choice]:
    """Built-in roles, the company's own and its posts."""
    own = [role.name for role in await composed_roles.composed()]
    named = dict.fromkeys((*ROLE_PERMISSIONS, *own, *(post.name for post in shell.act.policy.posts)))
    return [Choice(role, shell.post(role)) for role in named]


async def tiers(shell: Shell) -> Sequence[Choice]:
    """Every tier of the company's schemes, from high to low."""
    found = {
        tier.name: shell.act.policy.title(f"tier.{tier.name}", shell.language, scheme=scheme.name)
        for scheme in shell.act.policy.schemes
        for tier in scheme.tiers
    }
    return [Choice(name, title) for name, title in found.items()]


def words_of(key: str, names: Iterable[str]) -> Callable[[Shell], Awaitable[Sequence[Choice]]]:
    """Each of these names, called as the console's words `<key>.<name>` say."""
    known = tuple(names)

    async def offered(shell: Shell) -> Sequence[Choice]:
        return [Choice(name, shell.says(f"{key}.{name}")) for name in known]

    return offered
