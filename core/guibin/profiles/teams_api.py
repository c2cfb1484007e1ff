"""`/api/v1/customers/{id}/assignments` and `/team`: who looks after the customer, and did before."""

from litestar import Controller

from guibin.web.routing import deletes, gets, posts
from guibin_tenants.principals import may

from . import assignments, teams

READ, WRITE = may("customers:read"), may("customers:write")


class TeamController(Controller):
    path = "/api/v1/customers/{customer_id:uuid}"
    tags = ("customers",)
    list_assignments = gets(
        "/assignments",
        assignments.history,
        needs=READ,
        summary="Everybody who looked after the customer, the latest first",
    )
    show_team = gets(
        "/team", teams.team, needs=READ, summary="The account manager and the members of the dedicated team"
    )
    join = posts("/team", teams.join, needs=WRITE, summary="Somebody joins the team with a part")
    leave = deletes("/team/{member_id:uuid}", teams.leave, needs=WRITE, summary="A member leaves the team")
