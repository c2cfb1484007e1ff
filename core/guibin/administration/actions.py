"""What admins do. Nobody hands out more than they hold."""

import ipaddress
from datetime import timedelta
from uuid import UUID

from msgspec import UNSET, Struct, structs

from guibin.assignments.handing_over import open_work
from guibin.audit.actions import AuditNote, done, noted
from guibin.audit.attempts import attempt
from guibin.cases import Case
from guibin.context import Act
from guibin.events import StaffLeft, at_once, tell_at_once
from guibin.notices.actions import Notice, notify
from guibin.policy.posts import roles_of
from guibin_tenants import absences, keys, org_units, staff
from guibin_tenants import roles as composed_roles
from guibin_tenants.absences import AbsenceView, StandIn
from guibin_tenants.field_rights import READING, exceeds
from guibin_tenants.keys import KeyView, NewKey
from guibin_tenants.org_units import OrgUnitView
from guibin_tenants.principals import Principal, may, require
from guibin_tenants.receivers import standing_unit
from guibin_tenants.refusals import Conflict, Forbidden, Invalid, NotFound
from guibin_tenants.rows import add
from guibin_tenants.scope import execute, fetch, fetch_value
from guibin_tenants.staff import NewStaff, StaffView

from . import handing_over, rights
from .handing_over import DissolutionPreview, Dissolved, HandedOver, HandOverPreview, MovePreview
from .requests import (
    AccountChange,
    DissolutionAsked,
    KeyRotation,
    Leaving,
    MoveAsked,
    NewAbsence,
    NewAccount,
    NewApiKey,
    NewDeputy,
    NewHandOver,
    NewPassword,
    NewPerson,
    NewUnit,
    PreviewAsked,
    UnitChange,
    UnitDissolution,
)
from .rights import RightsChange
from .tables import RoleChange

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


_STAND_IN = StandIn.__struct_fields__


class KeyEnded(Conflict):
    """The key has ended: make another. Nothing is put in the place of a key that works no more."""


class NotGone(Conflict):
    """Whoever did not leave cannot come back. The account works."""


class LastAdmin(Conflict):
    """The last tenant admin stays until there is another. Nobody could administer the company any more."""


async def accounts(by: Principal) -> list[StaffView]:
    """Everybody of the org units under one's own by login, those who left included."""
    return [account for account in await staff.all_staff() if by.covers(account.org_unit_id)]


async def account_of(staff_id: UUID, by: Principal) -> StaffView:
    """Raises NotFound, also for somebody of another org unit."""
    account = await staff.by_id(staff_id)
    if account.id != by.id and not by.covers(account.org_unit_id):
        raise staff.unknown(staff_id)
    return account


async def add_account(new: NewAccount, act: Act) -> StaffView:
    """Raises Invalid, and Forbidden for roles, posts or units beyond the admin's own."""
    return await add_person(new, new.password, act)


async def add_person(new: NewPerson, password: str | None, act: Act) -> StaffView:
    """Whoever has no password yet signs in nowhere. Raises Invalid, and Forbidden for roles, posts or units beyond the admin's own."""
    posts = await posts_of(act)
    await _refuse_roles(staff.with_posts(new.roles, posts), act.by)
    await _refuse_unit(new.org_unit_id, act.by)
    # A refusal tells that a login has somebody, in whatever org unit.
    async with attempt(AuditNote(action="staff.add", subject="staff", fields=("login",), shown=0, asked=True), act):
        account = await staff.add(
            NewStaff(
                login=new.login,
                name=new.name,
                roles=new.roles,
                org_unit_id=new.org_unit_id,
                password=password,
                password_set_by=act.by.person,
                part_time=new.part_time,
            ),
            now=act.now,
            posts=posts,
        )
    entry = await _record("staff.add", account.id, act)
    await _remember(None, account, entry, act)
    return account


async def change_account(staff_id: UUID, new: AccountChange, act: Act) -> StaffView:
    """Raises NotFound, Invalid, Forbidden. What the person may do changes with the next request.

    Roles are given whole: a post that is left out goes, and so does the role it brought.
    """
    before, changed = await _changed(staff_id, new, act)
    account = await staff.change(changed)
    # What was taken by hand is held no more, whatever day it was to end.
    await execute(
        "update post_term set ended_at = $2 where staff_id = $1 and begun_at is not null and ended_at is null"
        " and post <> all ($3::text[])",
        staff_id,
        act.now,
        list(account.roles),
    )
    entry = await _record("staff.change", staff_id, act)
    await _remember(before, account, entry, act)
    return account


async def check_change(staff_id: UUID, new: AccountChange, act: Act) -> RightsChange:
    """What the person would gain and lose. Nothing is changed; raises what `change_account` would."""
    return await rights.between(*await _changed(staff_id, new, act), act)


async def _changed(staff_id: UUID, new: AccountChange, act: Act) -> tuple[StaffView, StaffView]:
    before = await account_of(staff_id, act.by)
    roles = before.roles if new.roles is UNSET else staff.with_posts(new.roles, await posts_of(act))
    unit = before.org_unit_id if new.org_unit_id is UNSET else new.org_unit_id
    # Whoever may not grant a role may not take it away either, nor act on its holder.
    await _refuse_roles(before.roles + roles, act.by)
    await _refuse_unit(unit, act.by)
    await refuse_last_admin(before, roles)
    if staff_id == act.by.person and set(roles) - set(before.roles):
        raise Forbidden("Nobody gives roles or posts to themselves: another admin does")
    if unit != before.org_unit_id:
        await handing_over.refuse_losing_sight(before, unit)
    await handing_over.refuse_losing_part(before, roles)
    changed = structs.replace(
        before,
        name=before.name if new.name is UNSET else new.name,
        roles=roles,
        org_unit_id=unit,
        part_time=before.part_time if new.part_time is UNSET else new.part_time,
    )
    return before, changed


async def set_password(staff_id: UUID, new: NewPassword, act: Act) -> None:
    """A password that opens nothing but the choice of another; every session of the account ends, and its owner is told.

    Raises NotFound, Invalid, Forbidden.
    """
    if staff_id == act.by.person:
        raise Forbidden("Your own password is changed with the present one: PUT /api/v1/me/password")
    await in_charge_of(staff_id, act.by)
    await staff.set_password(staff_id, new.password, by=act.by.person, now=act.now)
    await _record("staff.password", staff_id, act)
    notice = Notice("password_set", Case("staff", staff_id), staff_ids=(staff_id,))
    await notify(notice, key=f"password/{staff_id}/{act.now.isoformat()}", now=act.now)


async def leave(staff_id: UUID, new: Leaving, act: Act) -> StaffView:
    """End an account; customers and open work go to the successor. Raises HasOpenWork when there is some and nobody to
    take it, Invalid for a successor who cannot.
    """
    account = await in_charge_of(staff_id, act.by)
    await _refuse_last_admin(account)
    if new.successor_id is not None:
        taken = NewHandOver(successor_id=new.successor_id, reason=act.own_reason("left"))
        await handing_over.hand_over_all(account, taken, act)
    await handing_over.refuse_open_work(account)
    return await _leave(account, act)


async def check_leave(staff_id: UUID, act: Act) -> RightsChange:
    """What they would lose by leaving. Nothing is changed; raises NotFound, Forbidden, LastAdmin."""
    account = await in_charge_of(staff_id, act.by)
    await _refuse_last_admin(account)
    return await rights.between(account, structs.replace(account, left_at=act.now), act)


async def shut_out(staff_id: UUID, successor_id: UUID | None, act: Act) -> bool:
    """End an account at once, whatever is open; whether all of it went to the successor. What did not stays theirs, and the
    company's admins are told to hand it over. Raises NotFound, Forbidden, LastAdmin, Invalid for a successor who cannot."""
    account = await in_charge_of(staff_id, act.by)
    await _refuse_last_admin(account)
    if successor_id is not None and await open_work((staff_id,)):
        await handing_over.hand_over_all(
            account, NewHandOver(successor_id=successor_id, reason=act.own_reason("left")), act
        )
        await notify(
            Notice("left_to_you", Case("staff", staff_id), staff_ids=(successor_id,)),
            key=f"left_to_you/{staff_id}/{act.now.isoformat()}",
            now=act.now,
        )
    is_whole = not await open_work((staff_id,))
    await _leave(account, act)
    if not is_whole:
        notice = Notice("left_with_work", Case("staff", staff_id), roles=("tenant_admin",), at_head_office=True)
        await notify(notice, key=f"left_with_work/{staff_id}/{act.now.isoformat()}", now=act.now)
    return is_whole


async def let_back(staff_id: UUID, act: Act) -> StaffView:
    """Whoever left works here again, without a password: somebody else says who they are. Raises NotFound, NotGone, Invalid for a
    dissolved org unit, Forbidden."""
    account = await _gone(staff_id, act)
    await staff.come_back(staff_id)
    await staff.forget_password(staff_id)
    return await _back(account, act)


async def _leave(account: StaffView, act: Act) -> StaffView:
    await tell_at_once(StaffLeft(account.id), act)
    await staff.leave(account.id, now=act.now)
    entry = await _record("staff.leave", account.id, act)
    await add(RoleChange, act, entry_id=entry, staff_id=account.id, taken=list(account.roles))
    return await staff.by_id(account.id)


async def come_back(staff_id: UUID, new: NewPassword, act: Act) -> StaffView:
    """Whoever left works here again, with the roles they had and a password that opens nothing but the choice of another.

    Raises NotFound, NotGone, Invalid for a weak password or a dissolved org unit, Forbidden.
    """
    account = await _gone(staff_id, act)
    await staff.come_back(staff_id)
    await staff.set_password(staff_id, new.password, by=act.by.person, now=act.now)
    return await _back(account, act)


async def check_come_back(staff_id: UUID, act: Act) -> RightsChange:
    """What they would have again. Nothing is changed; raises NotFound, NotGone, Invalid for a dissolved org unit, Forbidden."""
    account = await _gone(staff_id, act)
    return await rights.between(account, structs.replace(account, left_at=None), act)


async def _gone(staff_id: UUID, act: Act) -> StaffView:
    account = await in_charge_of(staff_id, act.by)
    if account.left_at is None:
        raise NotGone(f"{account.name} works here")
    await _refuse_unit(account.org_unit_id, act.by)
    return account


async def _back(account: StaffView, act: Act) -> StaffView:
    entry = await _record("staff.come_back", account.id, act)
    await add(RoleChange, act, entry_id=entry, staff_id=account.id, given=list(account.roles))
    return await staff.by_id(account.id)


@at_once(StaffLeft, name="api_key.owner_id")
async def revoke_keys(left: StaffLeft, act: Act) -> None:
    """Their keys stop working, for services too."""
    await keys.revoke_of_owner(left.staff_id, act.now)


async def hand_over(staff_id: UUID, new: NewHandOver, act: Act) -> HandedOver:
    """All customers and open work go to the successor; the account stays. Raises NotFound, Invalid, Forbidden."""
    account = await in_charge_of(staff_id, act.by)
    return await handing_over.hand_over_all(account, new, act)


async def preview_hand_over(staff_id: UUID, asked: PreviewAsked, act: Act) -> HandOverPreview:
    """What would move, before it does. Raises NotFound, Forbidden for somebody one may not act on."""
    return await handing_over.preview(await in_charge_of(staff_id, act.by), asked.successor_id)


async def absences_of(staff_id: UUID, by: Principal) -> list[AbsenceView]:
    """When somebody is away, the latest first. Raises NotFound."""
    return await absences.of((await account_of(staff_id, by)).id)


async def note_absence(staff_id: UUID, new: NewAbsence, act: Act) -> AbsenceView:
    """Escalations pass them over meanwhile, or go to who stands in. Raises NotFound, Invalid, Forbidden."""
    account = await in_charge_of(staff_id, act.by)
    absence_id = await absences.note(account.id, (new.from_at or act.now, new.until_at), act.by, now=act.now)
    await _stand_in(absence_id, account, NewDeputy(**{name: getattr(new, name) for name in _STAND_IN}), act)
    await _record("staff.absence", staff_id, act)
    return await _absence(account.id, absence_id)


async def name_deputy(staff_id: UUID, absence_id: UUID, new: NewDeputy, act: Act) -> AbsenceView:
    """Another stands in from now on, or nobody. Raises NotFound, Invalid, Forbidden."""
    account = await in_charge_of(staff_id, act.by)
    await _stand_in(absence_id, account, new, act)
    await _record("staff.deputy", staff_id, act)
    return await _absence(account.id, absence_id)


async def _stand_in(absence_id: UUID, account: StaffView, new: NewDeputy, act: Act) -> None:
    unknown = [name for name in new.matters if act.policy.approval(name) is None]
    if unknown:
        raise Invalid.at("matters", "approval flows of the company's policy", value=unknown[0])
    if new.deputy_id is not None and new.deputy_id == act.by.person and not new.notices_only:
        rule, fix = "somebody else: nobody gives it to themselves to decide", "let another leader name you"
        raise Invalid.at("deputy_id", rule, fix, str(new.deputy_id))
    await absences.put(absence_id, account.id, StandIn(**{name: getattr(new, name) for name in _STAND_IN}))


async def _absence(staff_id: UUID, absence_id: UUID) -> AbsenceView:
    return next(each for each in await absences.of(staff_id) if each.id == absence_id)


@at_once(StaffLeft, name="staff_absence.deputy_id")
async def end_deputy(left: StaffLeft, act: Act) -> None:
    """Nobody stands in where they did; it is said among what is uncovered."""
    await absences.without(left.staff_id)


async def end_absence(staff_id: UUID, absence_id: UUID, act: Act) -> None:
    """They are back. Raises NotFound, Forbidden."""
    account = await in_charge_of(staff_id, act.by)
    await absences.take_back(account.id, absence_id)
    await _record("staff.return", staff_id, act)


async def dissolve_unit(unit_id: UUID, new: UnitDissolution, act: Act) -> Dissolved:
    """Raises NotFound, AlreadyDissolved, NobodyTakesOver, Invalid; Forbidden for units beyond the admin's own."""
    if not await fetch_value("select true from org_unit where id = $1", unit_id):
        raise NotFound(f"There is no org unit {unit_id}")
    if not act.by.covers(unit_id):
        raise Forbidden("That org unit is not under yours")
    await _refuse_unit(new.successor_id, act.by, field="successor_id")
    return await handing_over.dissolve(unit_id, new, act)


async def preview_dissolution(unit_id: UUID, asked: DissolutionAsked, act: Act) -> DissolutionPreview:
    """What would move, before it does. Raises NotFound, AlreadyDissolved, Forbidden for a unit beyond the admin's own."""
    return await handing_over.preview_dissolution(await unit_in_charge(unit_id, act.by), asked.successor_id)


async def preview_move(unit_id: UUID, asked: MoveAsked, act: Act) -> MovePreview:
    """Who would see more and who less, before it moves. Raises NotFound, AlreadyDissolved, Forbidden as `change_unit`."""
    unit = await unit_in_charge(unit_id, act.by)
    return await handing_over.preview_move(unit, await org_units.by_code(asked.parent) if asked.parent else None)


async def change_unit(unit_id: UUID, new: UnitChange, act: Act) -> OrgUnitView:
    """Another name, or another unit above it. Raises NotFound, AlreadyDissolved, Invalid, Forbidden, and HasOpenWork where
    somebody would not see their customers or open work any more."""
    unit = await unit_in_charge(unit_id, act.by)
    if new.name is not UNSET and new.name != unit.name:
        said = f"{unit.name} → {new.name}"
        unit = await org_units.change(structs.replace(unit, name=new.name))
        await done("rename", Case("org_unit", unit.id), act, shown=0, purpose=said)
    if new.parent is not UNSET:
        above = await org_units.by_code(new.parent)
        if above is not None and above.id != unit.parent_id:
            await _refuse_unit(above.id, act.by, field="parent")
        unit = await handing_over.move(unit, above, act)
    return unit


async def unit_in_charge(unit_id: UUID, by: Principal) -> OrgUnitView:
    """The org unit, for whoever may change it, nobody else meanwhile. Raises NotFound, AlreadyDissolved, Forbidden."""
    unit = await handing_over.standing(unit_id)
    if not by.covers(unit_id):
        raise Forbidden("That org unit is not under yours")
    return unit


async def open_unit(new: NewUnit, act: Act) -> OrgUnitView:
    """Raises Invalid for an unknown parent or a taken code, Forbidden for a parent beyond the admin's own."""
    parent = await org_units.by_code(new.parent)
    if parent is not None:
        await _refuse_unit(parent.id, act.by)
    unit = await org_units.open_unit(code=new.code, name=new.name, parent=new.parent)
    await done("open", Case("org_unit", unit.id), act, shown=0)
    return unit


class CreatedKey(Struct, frozen=True):
    """`token` is shown this once: keep it like a password."""

    token: str
    key: KeyView


async def create_key(new: NewApiKey, act: Act) -> CreatedKey:
    """The key's text, shown this once. Raises Invalid; Forbidden for scopes, units, addresses or a time beyond the maker's."""
    beyond = sorted(set(new.scopes) - act.by.permissions)
    if beyond:
        raise Forbidden(f"You cannot give a key what you do not have yourself: {', '.join(beyond)}")
    await _refuse_unit(new.org_unit_id, act.by)
    if new.expires_at is not None and new.expires_at <= act.now:
        raise Invalid.at("expires_at", "later than now", value=new.expires_at.isoformat())
    key = NewKey(
        name=new.name,
        scopes=new.scopes,
        addresses=new.addresses,
        expires_at=new.expires_at,
        org_unit_id=new.org_unit_id,
        owner_id=act.by.owner_id if act.by.kind == "key" else act.by.id,
        service=new.service,
    )
    if act.by.kind == "key":
        key = _within(key, await keys.by_id(act.by.id))
    token, made = await keys.create(key, now=act.now, beside=act.hooks.permissions())
    await noted("key.create", act, subject="api_key", subject_id=made.id, shown=0)
    return CreatedKey(token, made)


async def rotate_key(key_id: UUID, new: KeyRotation, act: Act) -> CreatedKey:
    """Another key for the same, shown this once; the one before works on for the overlap. Only one's own: whoever has the
    text of a key acts in its owner's name. Raises NotFound, KeyEnded, Invalid; Forbidden as `create_key`.
    """
    before = await _key_in_sight(key_id, act)
    if before.owner_id is None or before.owner_id != act.by.person:
        raise Forbidden("Only its owner makes another in its place: revoke it, and let them make one")
    if before.revoked_at is not None or (before.expires_at is not None and before.expires_at <= act.now):
        raise KeyEnded(f"The key {before.name} works no more")
    created = await create_key(
        NewApiKey(
            name=before.name,
            scopes=before.scopes,
            addresses=before.addresses,
            expires_at=before.expires_at,
            org_unit_id=before.org_unit_id,
            service=before.service,
        ),
        act,
    )
    await keys.ends_at(key_id, act.now + timedelta(hours=new.overlap_hours))
    await noted("key.rotate", act, subject="api_key", subject_id=key_id, shown=0)
    return created


async def keys_in_sight(*, by: Principal) -> list[KeyView]:
    """Those of the org units this one covers, newest first."""
    return [key for key in await keys.all_keys() if by.covers(key.org_unit_id)]


async def revoke_key(key_id: UUID, act: Act) -> KeyView:
    """The key stops working at once, and every key made with it. Raises NotFound, also for one of another outlet."""
    await _key_in_sight(key_id, act)
    key = await keys.revoke(key_id, now=act.now)
    await noted("key.revoke", act, subject="api_key", subject_id=key_id, shown=0)
    return key


async def _key_in_sight(key_id: UUID, act: Act) -> KeyView:
    key = await keys.by_id(key_id)
    if not act.by.covers(key.org_unit_id):
        raise NotFound(f"There is no API key {key_id}")
    return key


def _within(new: NewKey, maker: KeyView) -> NewKey:
    """A key made with a key is used from nowhere else, and for no longer."""
    addresses = new.addresses or maker.addresses
    if maker.addresses and not all(_inside(address, maker.addresses) for address in addresses):
        raise Forbidden(f"A key made with this one may be used from there only: {', '.join(maker.addresses)}")
    expires_at = new.expires_at or maker.expires_at
    if maker.expires_at is not None and expires_at is not None and expires_at > maker.expires_at:
        raise Forbidden(f"A key made with this one ends with it: {maker.expires_at.isoformat()}")
    return structs.replace(new, addresses=addresses, expires_at=expires_at, made_with=maker.id)


def _inside(address: str, networks: tuple[str, ...]) -> bool:
    try:
        given = ipaddress.ip_network(address)
    except ValueError:
        # Refused with the rest of what is wrong.
        return True
    return any(_holds(ipaddress.ip_network(network), given) for network in networks)


def _holds(network: Network, given: Network) -> bool:
    return network.version == given.version and given.subnet_of(network)  # type: ignore[arg-type]  # of one version


async def refuse_beyond(roles: tuple[str, ...], org_unit_id: UUID | None, act: Act) -> None:
    """Raises Invalid for an unknown role, post or unit, Forbidden for what whoever acts does not have to give."""
    await _refuse_roles(staff.with_posts(roles, await posts_of(act)), act.by)
    await _refuse_unit(org_unit_id, act.by)


async def posts_of(act: Act) -> staff.Posts:
    """What stands beside the built-in roles: each post with the role it brings, each composed role with itself."""
    return {role.name: role.name for role in await composed_roles.composed()} | roles_of(act.policy.posts)


async def _refuse_roles(roles: tuple[str, ...], by: Principal) -> None:
    """Nobody hands out more than they hold: so an admin makes no auditor, and an auditor nothing but auditors.

    Who holds no role that is known here may be given any: an account for whoever appoints staff.
    """
    if not await composed_roles.permitted(roles):
        require(by, may("staff:write"))
    for role in roles:
        permitted = await composed_roles.permitted((role,))
        beyond = sorted(permitted - by.permissions)
        if beyond:
            raise Forbidden(f"The role {role} may do what you may not: {', '.join(beyond)}")
        if by.sees and READING in permitted and exceeds(await composed_roles.sees_of((role,)), by.sees):
            raise Forbidden(f"The role {role} sees fields of customers that you do not")


async def refuse_last_admin(account: StaffView, roles: tuple[str, ...]) -> None:
    """Raises LastAdmin where nobody would administer the company any more with these roles."""
    if "tenant_admin" not in roles:
        await _refuse_last_admin(account)


async def _refuse_last_admin(account: StaffView) -> None:
    if "tenant_admin" not in account.roles or account.left_at is not None:
        return
    # Two admins who dismiss each other at the same moment meet here.
    others = await fetch(
        "select id from staff where left_at is null and 'tenant_admin' = any (roles) order by id for update"
    )
    if {row["id"] for row in others} <= {account.id}:
        raise LastAdmin(f"{account.name} is the company's only tenant admin")


async def in_charge_of(staff_id: UUID, by: Principal) -> StaffView:
    """The account, for whoever may act on its holder. Raises NotFound, Forbidden for one that holds more."""
    account = await account_of(staff_id, by)
    await _refuse_roles(account.roles, by)
    return account


async def _refuse_unit(unit_id: UUID | None, by: Principal, *, field: str = "org_unit_id") -> None:
    if unit_id is not None:
        await standing_unit(unit_id, field=field)
    if not by.covers(unit_id):
        raise Forbidden("That org unit is not under yours")


async def _remember(before: StaffView | None, now: StaffView, entry_id: UUID, act: Act) -> None:
    """What they may do more or less than before, beside its entry of the record; nothing where that is the same."""
    roles = before.roles if before else ()
    given = [role for role in now.roles if role not in roles]
    taken = [role for role in roles if role not in now.roles]
    moved = before is not None and before.org_unit_id != now.org_unit_id
    if given or taken or moved:
        units = {"from_unit_id": before.org_unit_id, "to_unit_id": now.org_unit_id} if before and moved else {}
        await add(RoleChange, act, entry_id=entry_id, staff_id=now.id, given=given, taken=taken, **units)


async def _record(action: str, staff_id: UUID, act: Act) -> UUID:
    return await noted(action, act, subject="staff", subject_id=staff_id, shown=0)
