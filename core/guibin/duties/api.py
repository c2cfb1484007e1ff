"""`/api/v1/duty-rosters`, `/duty-shifts` and `/duty-calls`: who is on duty when, and what they were called to (S07-2, S14-9)."""

from litestar import Controller

from guibin.audit.answering import lists, reads
from guibin.web.routing import gets, posts
from guibin_tenants.principals import anyone, may

from . import calls, queries, rosters
from .queries import CALLS, SHIFTS, DutyCallFilter, ShiftFilter

KEEPS, READ, WRITE = may("team:write"), may("records:read"), may("records:write")


class DutyRosterController(Controller):
    path = "/api/v1/duty-rosters"
    tags = ("duties",)
    list_rosters = gets("/", queries.rosters, "Rosters: who is on duty now, and the gaps to come", needs=anyone)
    open_roster = posts("/", rosters.open_roster, "Keep a roster in an org unit", needs=KEEPS)
    show = gets("/{roster_id:uuid}", rosters.show, "One roster, who is on duty now, and its gaps", needs=anyone)
    close_roster = posts("/{roster_id:uuid}/closing", rosters.close_roster, "Keep it no more", needs=KEEPS)
    plan = posts("/{roster_id:uuid}/shifts", rosters.plan, "Plan shifts, all or none", needs=KEEPS)
    rotate = posts("/{roster_id:uuid}/rotations", rosters.rotate, "Let people take turns", needs=KEEPS)


class DutyShiftController(Controller):
    path = "/api/v1/duty-shifts"
    tags = ("duties",)
    list_shifts = lists("/", SHIFTS, ShiftFilter, "Shifts, the earliest first", needs=anyone)
    stand_in = posts("/{shift_id:uuid}/stand-ins", rosters.stand_in, "Somebody else takes the shift", needs=KEEPS)
    cancel = posts("/{shift_id:uuid}/cancellation", rosters.cancel, "Nobody serves the shift", needs=KEEPS)


class DutyCallController(Controller):
    path = "/api/v1/duty-calls"
    tags = ("duties",)
    list_calls = lists(
        "/", CALLS, DutyCallFilter, "What those on duty were called to, newest first", needs=READ, recorded="duty_call"
    )
    show = reads("/{call_id:uuid}", CALLS, "One of them", "duty_call", needs=READ)
    take = posts("/{call_id:uuid}/taking", calls.take, "Take care of it", needs=WRITE)
