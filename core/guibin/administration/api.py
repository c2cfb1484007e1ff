"""`/api/v1/staff`, `/org-units` and `/keys`."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT
from msgspec import Struct

from guibin.policy.packs import Policy
from guibin_tenants import absences, org_units
from guibin_tenants.absences import AbsenceView
from guibin_tenants.keys import KeyView
from guibin_tenants.org_units import OrgUnitView
from guibin_tenants.principals import Principal, anyone, may
from guibin_tenants.staff import StaffView

from . import actions
from .handing_over import Dissolved, HandedOver
from .requests import (
    AccountChange,
    Leaving,
    NewAbsence,
    NewAccount,
    NewApiKey,
    NewHandOver,
    NewPassword,
    NewUnit,
    UnitDissolution,
)


class CreatedKey(Struct, frozen=True):
    """`token` is shown this once: keep it like a password."""

    token: str
    key: KeyView


STAFF = may("staff:write") | may("auditors:write")


class StaffController(Controller):
    path = "/api/v1/staff"
    tags = ("administration",)

    @get("/", needs=may("staff:read") | may("auditors:write"), summary="Everybody by login, those who left included")
    async def list_staff(self, by: Principal) -> list[StaffView]:
        return await actions.accounts(by)

    @post("/", needs=STAFF, summary="Add an account; auditors add auditors, and admins everybody else")
    async def add(self, data: NewAccount, policy: Policy, by: Principal, now: datetime) -> StaffView:
        return await actions.add_account(data, policy=policy, by=by, now=now)

    @get("/{staff_id:uuid}", needs=may("staff:read") | may("auditors:write"), summary="One account")
    async def show(self, staff_id: UUID, by: Principal) -> StaffView:
        return await actions.account_of(staff_id, by)

    @patch("/{staff_id:uuid}", needs=STAFF, summary="Change name, roles, posts or org unit")
    async def change(
        self, staff_id: UUID, data: AccountChange, policy: Policy, by: Principal, now: datetime
    ) -> StaffView:
        return await actions.change_account(staff_id, data, policy=policy, by=by, now=now)

    @post(
        "/{staff_id:uuid}/password",
        needs=STAFF,
        status_code=HTTP_204_NO_CONTENT,
        summary="Set a new password; every session of the account ends",
    )
    async def set_password(self, staff_id: UUID, data: NewPassword, by: Principal, now: datetime) -> None:
        await actions.set_password(staff_id, data.password, by=by, now=now)

    @post(
        "/{staff_id:uuid}/leaving",
        needs=STAFF,
        status_code=HTTP_200_OK,
        summary="End an account; its customers and open work go to the successor",
    )
    async def leave(self, staff_id: UUID, data: Leaving, by: Principal, now: datetime) -> StaffView:
        return await actions.leave(staff_id, data, by=by, now=now)

    @post(
        "/{staff_id:uuid}/hand-over",
        needs=may("staff:write"),
        status_code=HTTP_200_OK,
        summary="All customers and open work go to somebody else",
    )
    async def hand_over(self, staff_id: UUID, data: NewHandOver, by: Principal, now: datetime) -> HandedOver:
        return await actions.hand_over(staff_id, data, by=by, now=now)

    @get(
        "/{staff_id:uuid}/absences",
        needs=may("staff:read") | may("auditors:write"),
        summary="When somebody is away, the latest first",
    )
    async def list_absences(self, staff_id: UUID, by: Principal) -> list[AbsenceView]:
        return await absences.of((await actions.account_of(staff_id, by)).id)

    @post(
        "/{staff_id:uuid}/absences",
        needs=STAFF,
        summary="Somebody is away: escalations pass them over meanwhile",
    )
    async def note_absence(self, staff_id: UUID, data: NewAbsence, by: Principal, now: datetime) -> AbsenceView:
        return await actions.note_absence(staff_id, data, by=by, now=now)

    @delete("/{staff_id:uuid}/absences/{absence_id:uuid}", needs=STAFF, summary="They are back")
    async def end_absence(self, staff_id: UUID, absence_id: UUID, by: Principal, now: datetime) -> None:
        await actions.end_absence(staff_id, absence_id, by=by, now=now)


class OrgUnitController(Controller):
    path = "/api/v1/org-units"
    tags = ("administration",)

    @get("/", needs=anyone, summary="The tree of org units, by code")
    async def list_units(self) -> list[OrgUnitView]:
        return await org_units.all_units()

    @post("/", needs=may("staff:write"), summary="Open a branch, outlet or department")
    async def open_unit(self, data: NewUnit, by: Principal, now: datetime) -> OrgUnitView:
        return await actions.open_unit(data, by=by, now=now)

    @post(
        "/{unit_id:uuid}/dissolution",
        needs=may("staff:write"),
        status_code=HTTP_200_OK,
        summary="Dissolve it; customers, staff, lower units and open work go to its successor",
    )
    async def dissolve(self, unit_id: UUID, data: UnitDissolution, by: Principal, now: datetime) -> Dissolved:
        return await actions.dissolve_unit(unit_id, data, by=by, now=now)


class KeyController(Controller):
    path = "/api/v1/keys"
    tags = ("administration",)

    @get("/", needs=may("keys:write"), summary="API keys, newest first")
    async def list_keys(self, by: Principal) -> list[KeyView]:
        return await actions.keys_in_sight(by=by)

    @post("/", needs=may("keys:write"), shown_once=True, summary="Create an API key; its text is shown once")
    async def create(self, data: NewApiKey, by: Principal, now: datetime) -> CreatedKey:
        token, key = await actions.create_key(data, by=by, now=now)
        return CreatedKey(token, key)

    @delete("/{key_id:uuid}", needs=may("keys:write"), status_code=HTTP_200_OK, summary="Revoke an API key")
    async def revoke(self, key_id: UUID, by: Principal, now: datetime) -> KeyView:
        return await actions.revoke_key(key_id, by=by, now=now)
