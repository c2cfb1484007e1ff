"""What a directory's word makes of people here: accounts follow who is active in which groups, by the company's rules."""

from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from guibin.administration import actions, handing_over, rights, rules
from guibin.administration.handing_over import LEADER, HasOpenWork
from guibin.administration.requests import AccountChange, NewHandOver, NewPerson
from guibin.administration.rights import PersonRights
from guibin.administration.rules import Given
from guibin.audit.actions import noted
from guibin.context import Act
from guibin.policy.words import Login
from guibin.web.conversion import faults
from guibin_tenants import staff
from guibin_tenants.authentication import system_principal
from guibin_tenants.receivers import colleague
from guibin_tenants.refusals import Invalid, NotFound
from guibin_tenants.rows import add, change, locked
from guibin_tenants.scope import execute, fetch, fetch_column, fetch_value
from guibin_tenants.staff import StaffView
from guibin_tenants.tables import new_id

from . import changes, queries
from .refusals import AlreadyTold, LoginStays, NotTheirs
from .requests import Changes, Provisioning, Told, ToldGroup
from .tables import ScimGroup, ScimMember, ScimPerson, ScimSettings

NAME_CHARS_MAX = 100
_LEADERS = f"select m.id from staff m where {LEADER} and m.org_unit_id is not distinct from $1 and m.id <> $2 order by m.id limit 10"


async def set_provisioning(new: Provisioning, act: Act) -> Provisioning:
    """Take people from a directory by these rules, which hold at once for whoever it told already. Raises Invalid, and Forbidden for
    roles beyond the admin's own."""
    for rule in new.rules:
        await actions.refuse_beyond(rule.roles, rule.org_unit_id, act)
    if new.successor_id is not None:
        await colleague(new.successor_id, field="successor_id")
    row_id = new_id()
    await execute("delete from scim_settings")
    await add(ScimSettings, act, id=row_id, settings=new)
    await noted("scim.rules", act, subject="scim_settings", subject_id=row_id, shown=0)
    for person_id in await fetch_column("select id from scim_person order by user_name"):
        await _settle(person_id, new, act)
    return new


async def check_provisioning(new: Provisioning, act: Act) -> list[PersonRights]:
    """Who would gain and lose what at once by these rules, of whom the directory told already. Nothing is changed; raises what
    `set_provisioning` would."""
    return await rights.of_all(set_provisioning(new, act), act)


async def end_provisioning(act: Act) -> None:
    """No directory tells anything any more; accounts stay as they are. Raises NotProvisioned."""
    await queries.settings()
    await execute("delete from scim_settings")
    await noted("scim.end", act, subject="scim_settings", shown=0)


async def add_person(new: Told, act: Act) -> dict[str, Any]:
    """Raises NotProvisioned, AlreadyTold, Invalid, and what an account raises."""
    kept = await queries.settings()
    login = _login(new.user_name)
    if await fetch_value("select true from scim_person where user_name = $1", login):
        raise AlreadyTold()
    person_id = await add(
        ScimPerson,
        user_name=login,
        external_id=new.external_id,
        name=_called(new, ""),
        active=new.active,
        created_at=act.now,
        changed_at=act.now,
    )
    await noted("scim.person_add", act, subject="scim_person", subject_id=person_id, shown=0)
    await _settle(person_id, kept, act)
    return await queries.person(person_id)


async def replace_person(person_id: UUID, new: Told, act: Act) -> dict[str, Any]:
    """What is left out has no value any more. Raises NotFound, LoginStays, AlreadyTold, Invalid, and what an account raises."""
    kept = await queries.settings()
    person = await _person(person_id)
    login = _login(new.user_name)
    if login != person["user_name"]:
        if person["staff_id"] is not None:
            raise LoginStays()
        if await fetch_value("select true from scim_person where user_name = $1", login):
            raise AlreadyTold()
    said = {
        "user_name": login,
        "external_id": new.external_id,
        "name": _called(new, person["name"]),
        "active": new.active,
    }
    await change(ScimPerson, person_id, **said, changed_at=act.now)
    await noted("scim.person_change", act, subject="scim_person", subject_id=person_id, shown=0)
    await _settle(person_id, kept, act)
    return await queries.person(person_id)


async def change_person(person_id: UUID, new: Changes, act: Act) -> dict[str, Any]:
    """Raises WrongPath, and as `replace_person`."""
    await _person(person_id)
    told = changes.changed(await queries.person(person_id), new.operations)
    return await replace_person(person_id, _read(told, Told), act)


async def remove_person(person_id: UUID, act: Act) -> None:
    """Their account ends at once. Raises NotFound, and what ending an account raises."""
    kept = await queries.settings()
    await _person(person_id)
    await change(ScimPerson, person_id, active=False, changed_at=act.now)
    await _settle(person_id, kept, act)
    await execute("delete from scim_member where person_id = $1", person_id)
    await execute("delete from scim_person where id = $1", person_id)
    await noted("scim.person_remove", act, subject="scim_person", subject_id=person_id, shown=0)


async def add_group(new: ToldGroup, act: Act) -> dict[str, Any]:
    """Raises NotProvisioned, AlreadyTold, Invalid, and what accounts raise."""
    kept = await queries.settings()
    await _refuse_taken(new.display_name, None)
    said = {"name": new.display_name, "external_id": new.external_id, "created_at": act.now, "changed_at": act.now}
    group_id = await add(ScimGroup, **said)
    await noted("scim.group_add", act, subject="scim_group", subject_id=group_id, shown=0)
    await _settle_all(await _filled(group_id, new), kept, act)
    return await queries.group(group_id)


async def replace_group(group_id: UUID, new: ToldGroup, act: Act) -> dict[str, Any]:
    """Its members are those that are told. Raises NotFound, AlreadyTold, Invalid, and what accounts raise."""
    kept = await queries.settings()
    await _locked_group(group_id)
    await _refuse_taken(new.display_name, group_id)
    before = set(await fetch_column("select person_id from scim_member where group_id = $1", group_id))
    await change(ScimGroup, group_id, name=new.display_name, external_id=new.external_id, changed_at=act.now)
    await execute("delete from scim_member where group_id = $1", group_id)
    await noted("scim.group_change", act, subject="scim_group", subject_id=group_id, shown=0)
    await _settle_all(await _filled(group_id, new) | before, kept, act)
    return await queries.group(group_id)


async def change_group(group_id: UUID, new: Changes, act: Act) -> dict[str, Any]:
    """Raises WrongPath, and as `replace_group`."""
    await _locked_group(group_id)
    told = changes.changed(await queries.group(group_id), new.operations)
    return await replace_group(group_id, _read(told, ToldGroup), act)


async def remove_group(group_id: UUID, act: Act) -> None:
    """What it brought goes. Raises NotFound, and what accounts raise."""
    kept = await queries.settings()
    await _locked_group(group_id)
    before = set(await fetch_column("select person_id from scim_member where group_id = $1", group_id))
    await execute("delete from scim_member where group_id = $1", group_id)
    await execute("delete from scim_group where id = $1", group_id)
    await noted("scim.group_remove", act, subject="scim_group", subject_id=group_id, shown=0)
    await _settle_all(before, kept, act)


async def _filled(group_id: UUID, new: ToldGroup) -> set[UUID]:
    """Who is in the group from now on. Raises Invalid for somebody who was not told."""
    wanted = list(dict.fromkeys(member.value for member in new.members))
    known = set(await fetch_column("select id from scim_person where id = any($1) order by id for update", wanted))
    if strangers := [each for each in wanted if each not in known]:
        raise Invalid.at("members", "people who were told before", value=str(strangers[0]))
    for person_id in wanted:
        await add(ScimMember, group_id=group_id, person_id=person_id)
    return known


async def _settle_all(people: set[UUID], kept: Provisioning, act: Act) -> None:
    for person_id in sorted(people):
        await _settle(person_id, kept, act)


async def _settle(person_id: UUID, kept: Provisioning, act: Act) -> None:
    """Their account becomes what the rules say now: made, changed, ended at once, or let back."""
    person = await _person(person_id)
    given = await _given(person_id, kept)
    by_rule = msgspec.structs.replace(act, by=system_principal(name="directory", job_id=act.by.id))
    account = await staff.by_id(person["staff_id"]) if person["staff_id"] is not None else None
    if not person["active"] or not given.roles:
        if account is not None and account.left_at is None:
            await actions.shut_out(account.id, await _successor(account, kept), by_rule)
        return
    if account is None:
        account = await _account(person, given, kept, by_rule)
        await change(ScimPerson, person_id, staff_id=account.id)
    if account.left_at is not None:
        account = await actions.let_back(account.id, by_rule)
    await _follow(account, person["name"], given, kept, by_rule)


async def _follow(account: StaffView, name: str, given: Given, kept: Provisioning, act: Act) -> None:
    wanted = staff.with_posts(given.roles, await actions.posts_of(act))
    now = (set(account.roles), account.org_unit_id, account.name)
    if now == (set(wanted), given.org_unit_id, name):
        return
    new = AccountChange(name=name, roles=given.roles, org_unit_id=given.org_unit_id)
    try:
        await actions.change_account(account.id, new, act)
    except HasOpenWork:
        successor_id = await _successor(account, kept)
        if successor_id is None:
            raise
        await actions.hand_over(account.id, NewHandOver(successor_id=successor_id, reason=act.own_reason("moved")), act)
        await actions.change_account(account.id, new, act)


async def _account(person: asyncpg.Record, given: Given, kept: Provisioning, act: Act) -> StaffView:
    there = await staff.by_login(person["user_name"])
    if there is None:
        new = NewPerson(
            login=person["user_name"], name=person["name"], roles=given.roles, org_unit_id=given.org_unit_id
        )
        return await actions.add_person(new, None, act)
    taken = await fetch_value("select true from scim_person where staff_id = $1", there.id)
    if not kept.takes_over or taken or not await rules.may_take_over(there, given, act):
        raise NotTheirs()
    return there


async def _successor(account: StaffView, kept: Provisioning) -> UUID | None:
    """Whoever can take all of it: a leader of their org unit, else whom the company named."""
    leaders = await fetch_column(_LEADERS, account.org_unit_id, account.id)
    named = [kept.successor_id] if kept.successor_id is not None else []
    for candidate in (*leaders, *named):
        if not (await handing_over.preview(account, candidate)).hinders:
            return UUID(str(candidate))
    return None


async def _given(person_id: UUID, kept: Provisioning) -> Given:
    sql = "select g.name from scim_member m join scim_group g on g.tenant_id = m.tenant_id and g.id = m.group_id where m.person_id = $1"
    groups = set(await fetch_column(sql, person_id))
    return rules.given([rule for rule in kept.rules if rule.group in groups])


async def _person(person_id: UUID) -> asyncpg.Record:
    try:
        return await locked(ScimPerson, person_id)
    except NotFound:
        raise NotFound(f"There is no User {person_id}") from None


async def _locked_group(group_id: UUID) -> None:
    if not await fetch("select id from scim_group where id = $1 for update", group_id):
        raise NotFound(f"There is no Group {group_id}")


async def _refuse_taken(name: str, but: UUID | None) -> None:
    sql = "select true from scim_group where name = $1 and id is distinct from $2"
    if await fetch_value(sql, name, but):
        raise AlreadyTold()


def _login(user_name: str) -> str:
    login = user_name.strip().lower()
    if wrong := faults(login, Login):
        raise Invalid.at("userName", wrong[0].rule, "small letters, digits and . _ @ -", user_name)
    return login


def _called(new: Told, before: str) -> str:
    """What they are called: whichever of the two names is another than before, else the login."""
    name = new.name
    whole = f"{name.family_name or ''}{name.given_name or ''}" if name else ""
    parted = (
        whole
        if not whole.isascii()
        else f"{(name.given_name if name else '') or ''} {(name.family_name if name else '') or ''}"
    )
    said = [
        each.strip() for each in (new.display_name, name.formatted if name else "", parted) if each and each.strip()
    ]
    fresh = next((each for each in said if each != before), before)
    return (fresh or new.user_name)[:NAME_CHARS_MAX]


def _read(told: dict[str, Any], kind: type[Any]) -> Any:
    if wrong := faults(told, kind):
        raise Invalid(fields=tuple(wrong))
    return msgspec.convert(told, kind)
