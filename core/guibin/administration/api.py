"""`/api/v1/staff`, `/org-units` and `/keys`."""

from uuid import UUID

from litestar import Controller, get, patch, post
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT
from msgspec import Struct

from guibin.context import Act
from guibin.web.routing import deletes, gets, posts
from guibin_tenants import absences, org_units
from guibin_tenants.absences import AbsenceView
from guibin_tenants.keys import KeyView
from guibin_tenants.org_units import OrgUnitView
from guibin_tenants.principals import Principal, anyone, may
from guibin_tenants.staff import StaffView

from . import actions
from .requests import (
    AccountChange,
    Leaving,
    NewApiKey,
    NewPassword,
)


class CreatedKey(Struct, frozen=True):
    """`token` is shown this once: keep it like a password."""

    token: str
    key: KeyView


STAFF = may("staff:write") | may("auditors:write")


class StaffController(Controller):
    path = "/api/v1/staff"
    tags = ("administration",)
    list_staff = gets(
        "/",
        actions.accounts,
        needs=may("staff:read") | may("auditors:write"),
        summary="Everybody by login, those who left included",
    )
    add = posts(
        "/",
        actions.add_account,
        needs=STAFF,
        summary="Add an account; auditors add auditors, and admins everybody else",
    )
    show = gets(
        "/{staff_id:uuid}", actions.account_of, needs=may("staff:read") | may("auditors:write"), summary="One account"
    )

    @patch("/{staff_id:uuid}", needs=STAFF, summary="Change name, roles, posts or org unit")
    async def change(self, staff_id: UUID, data: AccountChange, act: Act) -> StaffView:
        return await actions.change_account(staff_id, data, act)

    @post(
        "/{staff_id:uuid}/password",
        needs=STAFF,
        status_code=HTTP_204_NO_CONTENT,
        summary="Set a new password; every session of the account ends",
    )
    async def set_password(self, staff_id: UUID, data: NewPassword, act: Act) -> None:
        await actions.set_password(staff_id, data.password, act)

    @post(
        "/{staff_id:uuid}/leaving",
        needs=STAFF,
        status_code=HTTP_200_OK,
        summary="End an account; its customers and open work go to the successor",
    )
    async def leave(self, staff_id: UUID, data: Leaving, act: Act) -> StaffView:
        return await actions.leave(staff_id, data, act)

    hand_over = posts(
        "/{staff_id:uuid}/hand-over",
        actions.hand_over,
        needs=may("staff:write"),
        status_code=HTTP_200_OK,
        summary="All customers and open work go to somebody else",
    )

    @get(
        "/{staff_id:uuid}/absences",
        needs=may("staff:read") | may("auditors:write"),
        summary="When somebody is away, the latest first",
    )
    async def list_absences(self, staff_id: UUID, by: Principal) -> list[AbsenceView]:
        return await absences.of((await actions.account_of(staff_id, by)).id)

    note_absence = posts(
        "/{staff_id:uuid}/absences",
        actions.note_absence,
        needs=STAFF,
        summary="Somebody is away: escalations pass them over meanwhile",
    )
    end_absence = deletes(
        "/{staff_id:uuid}/absences/{absence_id:uuid}", actions.end_absence, needs=STAFF, summary="They are back"
    )


class OrgUnitController(Controller):
    path = "/api/v1/org-units"
    tags = ("administration",)

    @get("/", needs=anyone, summary="The tree of org units, by code")
    async def list_units(self) -> list[OrgUnitView]:
        return await org_units.all_units()

    open_unit = posts("/", actions.open_unit, needs=may("staff:write"), summary="Open a branch, outlet or department")
    dissolve = posts(
        "/{unit_id:uuid}/dissolution",
        actions.dissolve_unit,
        needs=may("staff:write"),
        status_code=HTTP_200_OK,
        summary="Dissolve it; customers, staff, lower units and open work go to its successor",
    )


class KeyController(Controller):
    path = "/api/v1/keys"
    tags = ("administration",)
    list_keys = gets("/", actions.keys_in_sight, needs=may("keys:write"), summary="API keys, newest first")

    @post("/", needs=may("keys:write"), shown_once=True, summary="Create an API key; its text is shown once")
    async def create(self, data: NewApiKey, act: Act) -> CreatedKey:
        token, key = await actions.create_key(data, act)
        return CreatedKey(token, key)

    revoke = deletes(
        "/{key_id:uuid}",
        actions.revoke_key,
        needs=may("keys:write"),
        status_code=HTTP_200_OK,
        summary="Revoke an API key",
    )
