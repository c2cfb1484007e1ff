"""Finding who has a number: one statement over the blind index."""

from datetime import date
from typing import Annotated
from uuid import UUID

from msgspec import Struct

from guibin.policy.fields import ArchiveField
from guibin.profiles.queries import OPEN
from guibin.sealing.seeing import PREFERENCES, shows
from guibin.sealing.values import exacts
from guibin.tiers.queries import tiers_held
from guibin_tenants.keyring import tenant_key
from guibin_tenants.rows import read

# As many as an agent can ask about; whoever shares a number with more is told there are more.
CALLERS_MAX = 10

_WHO = f"""
select c.id, c.number, c.name, c.sex, c.account_manager_id, c.preferences ->> 'language' as language,
  {tiers_held("c", "$2")} as held
from {OPEN}
  and c.id in (select customer_id from sealed_value where exact = any ($1::bytea[]))
order by c.id limit $3
"""


class Caller(Struct, frozen=True):
    """Somebody who has the number; `held` is the tier by scheme."""

    id: UUID
    number: str
    name: str
    sex: Annotated[str | None, shows("sex")]
    account_manager_id: UUID | None
    language: Annotated[str | None, shows(PREFERENCES)]
    held: dict[str, str]


async def callers(number: str, fields: tuple[ArchiveField, ...], *, on: date) -> list[Caller]:
    """The customers with this number whose archive is open and visible: none, one, or several; at most one more than
    CALLERS_MAX."""
    phones = tuple(field for field in fields if field.type == "phone")
    return await read(Caller, _WHO, exacts(phones, number, await tenant_key()), on, CALLERS_MAX + 1)
