"""The rules an archive is looked over by, among open archives."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from guibin.policy.fields import is_identity_number
from guibin.policy.packs import Policy
from guibin.policy.quality import ArchiveRule
from guibin.profiles.queries import archive_fields
from guibin.sealing.values import opened
from guibin_tenants import keyring
from guibin_tenants.scope import fetch

AGE_MAX = 115


class Broken(NamedTuple):
    """Whose archive breaks the rule, and how. `twin_units` are the org units of those it is compared with, None for no others."""

    customer_id: UUID
    detail: str = ""
    twin_units: tuple[UUID, ...] | None = None


Found = list[Broken]
_OPEN = "c.closed_at is null and c.erased_at is null"


async def find(rule: ArchiveRule, policy: Policy, *, on: date, now: datetime) -> Found:
    """Everything that breaks the rule, as of `on` in the company's zone."""
    return await _FINDERS[rule.name](rule, policy, on, now)


async def _missing_phone(rule: ArchiveRule, policy: Policy, on: date, now: datetime) -> Found:
    rows = await fetch(
        f"select c.id from customer c where {_OPEN} and not exists (select from sealed_value v"
        " where v.tenant_id = c.tenant_id and v.customer_id = c.id and v.field in ('mobile', 'phone'))"
    )
    return [Broken(row["id"]) for row in rows]


async def _nobody_responsible(rule: ArchiveRule, policy: Policy, on: date, now: datetime) -> Found:
    rows = await fetch(
        "select c.id, c.account_manager_id is not null as gone from customer c left join staff s"
        f" on s.tenant_id = c.tenant_id and s.id = c.account_manager_id where {_OPEN}"
        " and (c.account_manager_id is null or s.left_at is not null)"
    )
    return [Broken(row["id"], "left" if row["gone"] else "") for row in rows]


async def _duplicate(rule: ArchiveRule, policy: Policy, on: date, now: datetime) -> Found:
    """The same identity number, mobile or card twice; the same name with the same birthday. How often, never whose."""
    searchable = [f.name for f in archive_fields(policy) if f.searchable and f.name not in ("phone", "email")]
    rows = await fetch(
        "with mark as (select c.id, c.org_unit_id, v.field as detail, encode(v.exact, 'hex') as said from sealed_value v"
        f" join customer c on c.tenant_id = v.tenant_id and c.id = v.customer_id where {_OPEN} and v.field = any ($1)"
        " and v.exact is not null union all select c.id, c.org_unit_id, 'name_and_birthday',"
        f" concat_ws('/', c.name, coalesce(c.birthday::text, c.birthday_lunar)) from customer c where {_OPEN}"
        " and coalesce(c.birthday::text, c.birthday_lunar) is not null)"
        " select m.id, m.detail, array_agg(distinct twin.org_unit_id) as twin_units from mark m"
        " join mark twin on twin.detail = m.detail and twin.said = m.said and twin.id <> m.id group by 1, 2",
        searchable,
    )
    return [Broken(row["id"], row["detail"], tuple(row["twin_units"])) for row in rows]


async def _implausible_birthday(rule: ArchiveRule, policy: Policy, on: date, now: datetime) -> Found:
    rows = await fetch(
        f"select c.id from customer c where {_OPEN} and (c.birthday > $1 or c.birthday < $2"
        # A lunar year of 0 is one that nobody knows.
        " or substr(c.birthday_lunar, 1, 4)::int > extract(year from $1)"
        " or substr(c.birthday_lunar, 1, 4)::int between 1 and extract(year from $2)::int - 1)",
        on,
        on.replace(year=on.year - AGE_MAX, day=min(on.day, 28)),
    )
    return [Broken(row["id"]) for row in rows]


async def _implausible_identity_number(rule: ArchiveRule, policy: Policy, on: date, now: datetime) -> Found:
    """A wrong check digit, or another birthday or sex than the archive's. Opened in memory, shown to nobody."""
    names = [field.name for field in archive_fields(policy) if field.type == "identity_number"]
    rows = await fetch(
        "select v.id as value_id, v.customer_id, v.sealed, k.wrapped, c.sex, c.birthday"
        " from sealed_value v join customer c on c.tenant_id = v.tenant_id and c.id = v.customer_id join subject_key k"
        f" on k.tenant_id = v.tenant_id and k.subject_id = v.customer_id where {_OPEN} and v.field = any ($1)",
        names,
    )
    above = await keyring.tenant_key() if rows else b""
    return [Broken(row["customer_id"], detail) for row in rows for detail in _contradictions(row, above)]


def _contradictions(row: Any, above: bytes) -> Iterator[str]:
    key = keyring.unwrap_subject_key(above, row["customer_id"], bytes(row["wrapped"]))
    number = opened(row["value_id"], key, bytes(row["sealed"]), unshown=keyring.Unshown.COMPARED).strip().upper()
    if not is_identity_number(number):
        yield "check_digit"
        return
    if row["birthday"] and f"{row['birthday']:%Y%m%d}" != number[6:14]:
        yield "birthday"
    if row["sex"] and row["sex"] != ("male" if int(number[16]) % 2 else "female"):
        yield "sex"


async def _untouched(rule: ArchiveRule, policy: Policy, on: date, now: datetime) -> Found:
    """Neither changed nor looked over for so many months (S14-2)."""
    rows = await fetch(
        f"select c.id from customer c where {_OPEN} and c.changed_at < $1::timestamptz - make_interval(months => $2)",
        now,
        rule.months,
    )
    return [Broken(row["id"]) for row in rows]


_FINDERS: dict[str, Callable[[ArchiveRule, Policy, date, datetime], Awaitable[Found]]] = {
    "missing_phone": _missing_phone,
    "nobody_responsible": _nobody_responsible,
    "duplicate": _duplicate,
    "implausible_birthday": _implausible_birthday,
    "implausible_identity_number": _implausible_identity_number,
    "untouched": _untouched,
}
