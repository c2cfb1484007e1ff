"""`/api/v1/staff`, `/org-units` and `/keys`."""

from litestar import Controller
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from guibin.web.routing import deletes, gets, patches, posts, puts
from guibin_tenants import org_units
from guibin_tenants.principals import anyone, may

from . import actions, second_factors
from . import posts as terms

READ, WRITE = may("staff:read") | may("auditors:write"), may("staff:write") | may("auditors:write")
# Whoever leads hands over what their people have and says when they are away, within the units they see.
LEADS = may("staff:write") | may("team:write")


class StaffController(Controller):
    path = "/api/v1/staff"
    tags = ("administration",)
    list_staff = gets("/", actions.accounts, "Everybody by login, those who left included")
    add = posts("/", actions.add_account, "Add an account; auditors add auditors, and admins everybody else")
    show = gets("/{staff_id:uuid}", actions.account_of, "One account")
    change = patches("/{staff_id:uuid}", actions.change_account, "Change name, roles, posts or org unit")
    check = posts(
        "/{staff_id:uuid}/checks",
        actions.check_change,
        "What somebody would gain and lose by a change; nothing is changed",
        status_code=HTTP_200_OK,
    )
    come_back = posts(
        "/{staff_id:uuid}/return",
        actions.come_back,
        "Whoever left works here again, with the roles they had",
        confirmed=True,
        status_code=HTTP_200_OK,
    )
    check_come_back = posts(
        "/{staff_id:uuid}/return/checks",
        actions.check_come_back,
        "What somebody who left would have again; nothing is changed",
        status_code=HTTP_200_OK,
    )
    set_password = posts(
        "/{staff_id:uuid}/password",
        actions.set_password,
        "Set a new password; every session of the account ends",
        confirmed=True,
        status_code=HTTP_204_NO_CONTENT,
    )
    leave = posts(
        "/{staff_id:uuid}/leaving",
        actions.leave,
        "End an account; its customers and open work go to the successor",
        status_code=HTTP_200_OK,
    )
    check_leave = posts(
        "/{staff_id:uuid}/leaving/checks",
        actions.check_leave,
        "What somebody would lose by leaving; nothing is changed",
        status_code=HTTP_200_OK,
    )
    hand_over = posts(
        "/{staff_id:uuid}/hand-over",
        actions.hand_over,
        "All customers and open work go to somebody else",
        needs=LEADS,
        status_code=HTTP_200_OK,
    )
    reset_second_factor = deletes(
        "/{staff_id:uuid}/second-factor",
        second_factors.reset,
        "Somebody lost their second factor: it is asked no more, and every session of theirs ends",
        confirmed=True,
    )
    preview_hand_over = gets(
        "/{staff_id:uuid}/hand-over",
        actions.preview_hand_over,
        "How much of what would go to a successor, and what hinders; nothing is changed",
        needs=LEADS,
    )
    list_absences = gets(
        "/{staff_id:uuid}/absences",
        actions.absences_of,
        "When somebody is away, the latest first",
        needs=READ | may("team:write"),
    )
    note_absence = posts(
        "/{staff_id:uuid}/absences",
        actions.note_absence,
        "Somebody is away: escalations pass them over meanwhile",
        needs=WRITE | may("team:write"),
    )
    name_deputy = puts(
        "/{staff_id:uuid}/absences/{absence_id:uuid}/deputy",
        actions.name_deputy,
        "Another stands in for somebody who is away, or nobody",
        needs=WRITE | may("team:write"),
    )
    end_absence = deletes(
        "/{staff_id:uuid}/absences/{absence_id:uuid}",
        actions.end_absence,
        "They are back",
        needs=WRITE | may("team:write"),
    )


class TermController(Controller):
    path = "/api/v1/staff/{staff_id:uuid}/terms"
    tags = ("administration",)
    list_terms = gets(
        "/", terms.terms_of, "Posts somebody held, holds and will hold, with their days, the latest first"
    )
    assign = posts("/", terms.assign, "A post from a day and until a day; it begins and ends by itself", confirmed=True)
    check_assign = posts(
        "/checks",
        terms.check_assign,
        "What somebody would gain by the post, from when and until when; nothing is changed",
        status_code=HTTP_200_OK,
    )
    check_change = posts(
        "/{term_id:uuid}/checks",
        terms.check_change,
        "What somebody would gain or lose by another last day; nothing is changed",
        status_code=HTTP_200_OK,
    )
    change_term = patches(
        "/{term_id:uuid}", terms.change_term, "Another last day, or none", confirmed=True, status_code=HTTP_200_OK
    )
    check_end = posts(
        "/{term_id:uuid}/end/checks",
        terms.check_end,
        "What somebody would lose, from when and until when; nothing is changed",
        status_code=HTTP_200_OK,
    )
    end_term = deletes(
        "/{term_id:uuid}", terms.end_term, "They hold it no more from now on, or never will", status_code=HTTP_200_OK
    )


class OrgUnitController(Controller):
    path = "/api/v1/org-units"
    tags = ("administration",)
    list_units = gets("/", org_units.all_units, "The tree of org units, by code", needs=anyone)
    open_unit = posts("/", actions.open_unit, "Open a branch, outlet or department", needs=may("staff:write"))
    change = patches(
        "/{unit_id:uuid}", actions.change_unit, "Change its name, or what it is under", needs=may("staff:write")
    )
    preview_move = gets(
        "/{unit_id:uuid}/move",
        actions.preview_move,
        "Who would see more or less if it came under another; nothing is changed",
        needs=may("staff:write"),
    )
    preview_dissolution = gets(
        "/{unit_id:uuid}/dissolution",
        actions.preview_dissolution,
        "What would go to a successor, and what hinders; nothing is changed",
        needs=may("staff:write"),
    )
    dissolve = posts(
        "/{unit_id:uuid}/dissolution",
        actions.dissolve_unit,
        "Dissolve it; customers, staff, lower units and open work go to its successor",
        needs=may("staff:write"),
        status_code=HTTP_200_OK,
    )


class KeyController(Controller):
    path = "/api/v1/keys"
    tags = ("administration",)
    list_keys = gets("/", actions.keys_in_sight, "API keys, newest first", needs=may("keys:write"))
    create = posts(
        "/",
        actions.create_key,
        "Create an API key; its text is shown once",
        needs=may("keys:write"),
        confirmed=True,
        shown_once=True,
    )
    rotate = posts(
        "/{key_id:uuid}/rotations",
        actions.rotate_key,
        "Another of one's own keys in the place of this one, which works on for a while; its text is shown once",
        needs=may("keys:write"),
        confirmed=True,
        shown_once=True,
    )
    revoke = deletes(
        "/{key_id:uuid}", actions.revoke_key, "Revoke an API key", needs=may("keys:write"), status_code=HTTP_200_OK
    )
