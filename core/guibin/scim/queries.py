"""What the directory told, as it is read again."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from guibin.web.public_address import public_address
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import execute, fetch, fetch_one, fetch_value

from .filters import Attribute, Attributes, condition_of
from .refusals import NotProvisioned
from .requests import Provisioning

PATH = "/scim/v2"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
PAGE_MAX = 100
_OF_PEOPLE: Attributes = {
    "id": Attribute("x.id::text"),
    "username": Attribute("x.user_name", any_case=True),
    "externalid": Attribute("x.external_id"),
    "displayname": Attribute("x.name"),
    "name.formatted": Attribute("x.name"),
    "active": Attribute("x.active", is_flag=True),
}
_OF_GROUPS: Attributes = {
    "id": Attribute("x.id::text"),
    "displayname": Attribute("x.name"),
    "externalid": Attribute("x.external_id"),
}
_PERSON = """select x.*, coalesce((select jsonb_agg(jsonb_build_object('value', g.id, 'display', g.name) order by g.name, g.id)
 from scim_member m join scim_group g on g.tenant_id = m.tenant_id and g.id = m.group_id
 where m.tenant_id = x.tenant_id and m.person_id = x.id), '[]') as belongs from scim_person x"""
_GROUP = """select x.*, coalesce((select jsonb_agg(jsonb_build_object('value', p.id, 'display', p.name) order by p.user_name)
 from scim_member m join scim_person p on p.tenant_id = m.tenant_id and p.id = m.person_id
 where m.tenant_id = x.tenant_id and m.group_id = x.id), '[]') as belongs from scim_group x"""


class Asked(Struct, frozen=True):
    """Which part of a list: `start` from 1, at most `count`."""

    filter: str = ""
    start: int = 1
    count: int = PAGE_MAX


async def settings() -> Provisioning:
    """The company's rules. Raises NotProvisioned."""
    row = await fetch_one("select settings from scim_settings")
    if row is None:
        raise NotProvisioned()
    return msgspec.json.decode(row["settings"], type=Provisioning)


async def held() -> Provisioning:
    """As `settings`, nobody else changing them meanwhile."""
    await execute("select id from scim_settings for update")
    return await settings()


async def counts() -> dict[str, int]:
    """How many people were told, how many of them have an account that works, and how many groups."""
    row = await fetch_one(
        "select count(*) as people, count(*) filter (where s.left_at is null and s.id is not null) as accounts,"
        " (select count(*) from scim_group) as groups"
        " from scim_person x left join staff s on s.tenant_id = x.tenant_id and s.id = x.staff_id"
    )
    return dict(row or {})


async def person(person_id: UUID) -> dict[str, Any]:
    """As RFC 7643 spells them. Raises NotFound."""
    row = await fetch_one(f"{_PERSON} where x.id = $1", person_id)
    if row is None:
        raise NotFound(f"There is no User {person_id}")
    return _person(row)


async def group(group_id: UUID) -> dict[str, Any]:
    """As RFC 7643 spells it. Raises NotFound."""
    row = await fetch_one(f"{_GROUP} where x.id = $1", group_id)
    if row is None:
        raise NotFound(f"There is no Group {group_id}")
    return _group(row)


async def people(asked: Asked) -> dict[str, Any]:
    """Those that the filter holds for, by their names. Raises WrongFilter."""
    condition = condition_of(asked.filter, _OF_PEOPLE)
    total = await fetch_value(f"select count(*) from scim_person x where {condition.sql}", *condition.values)
    rows = await fetch(f"{_PERSON} where {condition.sql} order by x.user_name, x.id {_part(asked)}", *condition.values)
    return _listed([_person(row) for row in rows], total, asked)


async def groups(asked: Asked) -> dict[str, Any]:
    """Those that the filter holds for, by their names. Raises WrongFilter."""
    condition = condition_of(asked.filter, _OF_GROUPS)
    total = await fetch_value(f"select count(*) from scim_group x where {condition.sql}", *condition.values)
    rows = await fetch(f"{_GROUP} where {condition.sql} order by x.name, x.id {_part(asked)}", *condition.values)
    return _listed([_group(row) for row in rows], total, asked)


def _part(asked: Asked) -> str:
    return f"limit {int(asked.count)} offset {int(asked.start) - 1}"


def _listed(resources: list[dict[str, Any]], total: int, asked: Asked) -> dict[str, Any]:
    return {
        "schemas": [LIST],
        "totalResults": total,
        "startIndex": asked.start,
        "itemsPerPage": len(resources),
        "Resources": resources,
    }


def _person(row: asyncpg.Record) -> dict[str, Any]:
    return {
        "schemas": [USER],
        "id": str(row["id"]),
        "userName": row["user_name"],
        "displayName": row["name"],
        "name": {"formatted": row["name"]},
        "active": row["active"],
        "groups": msgspec.json.decode(row["belongs"]),
        **({"externalId": row["external_id"]} if row["external_id"] is not None else {}),
        "meta": _meta("User", row["id"], row["created_at"], row["changed_at"]),
    }


def _group(row: asyncpg.Record) -> dict[str, Any]:
    return {
        "schemas": [GROUP],
        "id": str(row["id"]),
        "displayName": row["name"],
        "members": msgspec.json.decode(row["belongs"]),
        **({"externalId": row["external_id"]} if row["external_id"] is not None else {}),
        "meta": _meta("Group", row["id"], row["created_at"], row["changed_at"]),
    }


def _meta(kind: str, row_id: UUID, created_at: datetime, changed_at: datetime) -> dict[str, str]:
    return {
        "resourceType": kind,
        "created": created_at.isoformat(),
        "lastModified": changed_at.isoformat(),
        "location": f"{public_address()}{PATH}/{kind}s/{row_id}",
    }
