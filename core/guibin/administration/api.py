"""`/api/v1/staff`, `/org-units` and `/keys`."""

from litestar import Controller
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from guibin.web.routing import deletes, gets, patches, posts
from guibin_tenants import org_units
from guibin_tenants.principals import anyone, may

from . import actions

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

    change = patches(
        "/{staff_id:uuid}", actions.change_account, needs=STAFF, summary="Change name, roles, posts or org unit"
    )
    set_password = posts(
        "/{staff_id:uuid}/password",
        actions.set_password,
        needs=STAFF,
        status_code=HTTP_204_NO_CONTENT,
        summary="Set a new password; every session of the account ends",
    )
    leave = posts(
        "/{staff_id:uuid}/leaving",
        actions.leave,
        needs=STAFF,
        status_code=HTTP_200_OK,
        summary="End an account; its customers and open work go to the successor",
    )
    hand_over = posts(
        "/{staff_id:uuid}/hand-over",
        actions.hand_over,
        needs=may("staff:write"),
        status_code=HTTP_200_OK,
        summary="All customers and open work go to somebody else",
    )
    list_absences = gets(
        "/{staff_id:uuid}/absences",
        actions.absences_of,
        needs=may("staff:read") | may("auditors:write"),
        summary="When somebody is away, the latest first",
    )
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
    list_units = gets("/", org_units.all_units, needs=anyone, summary="The tree of org units, by code")
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
    create = posts(
        "/",
        actions.create_key,
        needs=may("keys:write"),
        shown_once=True,
        summary="Create an API key; its text is shown once",
    )
    revoke = deletes(
        "/{key_id:uuid}",
        actions.revoke_key,
        needs=may("keys:write"),
        status_code=HTTP_200_OK,
        summary="Revoke an API key",
    )
