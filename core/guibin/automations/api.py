"""`/api/v1/automations`: what the company's own automations do, trying them, switching them on and off, the log of their runs."""

from http import HTTPStatus

from litestar import Controller

from guibin.audit.answering import lists
from guibin.web.routing import gets, posts
from guibin_tenants.principals import may, sees_all

from . import actions, queries, trying
from .queries import RUNS
from .requests import AutomationRunFilter

READ, WRITE = may("policy:read"), may("automations:write") & sees_all
# Runs say to whom something happened, by name.
LOOKS = READ & may("customers:read")
# A trial tells who complained, answered, asked or had a card: whoever may read all of that.
TRIES = (
    LOOKS
    & may("complaints:read")
    & may("records:read")
    & may("requests:read")
    & may("surveys:read")
    & may("receptions:read")
    & may("entitlements:read")
    & may("cards:read")
    & may("tiers:read")
)


class AutomationController(Controller):
    path = "/api/v1/automations"
    tags = ("automations",)
    list_automations = gets("/", queries.automations, "The company's automations, each in one sentence")
    show = gets("/{name:str}", queries.automation, "One, with what of it the company does not have")
    switch_on = posts("/{name:str}/activation", actions.switch_on, "From now on it acts, in your name")
    switch_off = posts("/{name:str}/deactivation", actions.switch_off, "It does nothing any more")


class AutomationTrialController(Controller):
    path = "/api/v1/automation-trials"
    tags = ("automations",)
    attempt = posts(
        "/",
        trying.attempt,
        "What it would have done on the last days, to whom; nothing is done",
        needs=TRIES,
        status_code=HTTPStatus.OK,
    )


class AutomationRunController(Controller):
    path = "/api/v1/automation-runs"
    tags = ("automations",)
    list_runs = lists(
        "/",
        RUNS,
        AutomationRunFilter,
        "What automations did or left, newest first",
        recorded="automation_run",
        needs=LOOKS,
    )
