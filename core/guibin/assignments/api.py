"""`/api/v1/customers/{customer_id}/assignment`, `/assignments`, `/team`: who looks after a customer, and who did."""

from litestar import Controller

from guibin.web.routing import deletes, gets, posts
from guibin_tenants.principals import may

from . import actions, teams

READ, WRITE = may("customers:read"), may("customers:write")


class TeamController(Controller):
    path = "/api/v1/customers/{customer_id:uuid}"
    tags = ("customers",)
    assign = posts("/assignment", actions.assign, "Who looks after the customer, where")
    list_assignments = gets(
        "/assignments", actions.history, "Everybody who looked after the customer, the latest first"
    )
    show_team = gets("/team", teams.team, "The account manager and the members of the dedicated team")
    join = posts("/team", teams.join, "Somebody joins the team with a part")
    leave = deletes("/team/{member_id:uuid}", teams.leave, "A member leaves the team")
