"""`/api/v1/customers/{id}/assignments` and `/team`: who looks after the customer, and did before."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, delete, get, post

from guibin_tenants.principals import Principal, may

from . import assignments, teams
from .assignments import AssignmentLine
from .teams import MemberView, NewMember, TeamView

READ, WRITE = may("customers:read"), may("customers:write")


class TeamController(Controller):
    path = "/api/v1/customers/{customer_id:uuid}"
    tags = ("customers",)

    @get("/assignments", needs=READ, summary="Everybody who looked after the customer, the latest first")
    async def list_assignments(self, customer_id: UUID, by: Principal, now: datetime) -> list[AssignmentLine]:
        return await assignments.history(customer_id, by=by, now=now)

    @get("/team", needs=READ, summary="The account manager and the members of the dedicated team")
    async def show_team(self, customer_id: UUID, by: Principal, now: datetime) -> TeamView:
        return await teams.team(customer_id, by=by, now=now)

    @post("/team", needs=WRITE, summary="Somebody joins the team with a part")
    async def join(self, customer_id: UUID, data: NewMember, by: Principal, now: datetime) -> MemberView:
        return await teams.join(customer_id, data, by=by, now=now)

    @delete("/team/{member_id:uuid}", needs=WRITE, summary="A member leaves the team")
    async def leave(self, customer_id: UUID, member_id: UUID, by: Principal, now: datetime) -> None:
        await teams.leave(customer_id, member_id, by=by, now=now)
