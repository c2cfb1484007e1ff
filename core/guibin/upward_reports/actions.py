"""Suggestions and demands that go up the line: promptly, with an owner above, escalated when unanswered (S07-14).

An upward report is a department request whose owner is the nearest leader above whoever reports: it is acknowledged,
answered, handed back and escalated like any other.
"""

from collections.abc import Collection
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from guibin.cases.requests import Because
from guibin.context import Act
from guibin.department_requests import actions as department_requests
from guibin.department_requests.actions import Asked
from guibin.department_requests.queries import DepartmentRequestForm
from guibin.department_requests.requests import Matter, NewDepartmentRequest
from guibin.policy.departments import DepartmentTask
from guibin.policy.packs import Policy
from guibin.policy.words import Code, Said
from guibin.profiles.subjects import Actor
from guibin_tenants.refusals import Conflict, Invalid
from guibin_tenants.scope import fetch_one

FALLBACK = "tenant_admin"


class NobodyAbove(Conflict):
    """There is nobody above to report to. Whoever reports stands at the top already."""


class NewUpwardReport(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is reported: `kind` is one of the policy's upward tasks. It may be about a customer, or about a case."""

    kind: Code
    text: Said
    customer_id: UUID | None = None
    about: Matter | None = None
    within_hours: Annotated[int, Meta(ge=1, le=2_160)] | None = None


class Leader(Struct, frozen=True):
    """Who is above, and where."""

    owner: Actor
    unit_id: UUID


async def report(new: NewUpwardReport, act: Act) -> DepartmentRequestForm:
    """It goes to the nearest leader above, who is told at once. Raises Invalid, NobodyAbove, NotFound, ArchiveErased."""
    task = _task(new.kind, act.policy)
    leader = await leader_above(act.by.org_unit_id, act.by.id, task.upward, own_too=task.upward not in act.by.roles)
    asked = NewDepartmentRequest(
        task=task.name,
        to_unit_id=leader.unit_id,
        text=new.text,
        owner_id=leader.owner.id,
        within_hours=new.within_hours,
        customer_id=new.customer_id,
        about=new.about,
    )
    return await department_requests.place(asked, Asked(task, leader.owner), act)


async def pass_up(report_id: UUID, new: Because, act: Act) -> DepartmentRequestForm:
    """It exceeds the leader's authority as well: on to the next one above.

    Raises NotFound, OtherDepartments, NotWithDepartment, NobodyAbove, Invalid.
    """
    row = await department_requests.owned(report_id, act)
    task = _task(row["task"], act.policy)
    leader = await leader_above(
        row["to_unit_id"], row["owner_id"], task.upward, own_too=False, never=(row["asked_by"],)
    )
    return await department_requests.pass_to(
        row, Asked(task, leader.owner), act, unit_id=leader.unit_id, reason=new.reason
    )


def _task(kind: str, policy: Policy) -> DepartmentTask:
    task = policy.department_task(kind)
    if task is None or not task.upward:
        known = ", ".join(one.name for one in policy.department_tasks if one.upward)
        raise Invalid.at("kind", "something that is reported upward", f"one of: {known}", kind)
    return task


async def leader_above(
    unit_id: UUID | None, who: UUID, role: str, *, own_too: bool, never: Collection[UUID] = ()
) -> Leader:
    """The nearest other holder of the role, in the own unit too with `own_too`; else an admin, nearest first. None of `never`."""
    row = await fetch_one(
        "with recursive above (tenant_id, id, parent_id, depth) as ("
        "  select u.tenant_id, u.id, u.parent_id, 0 from org_unit u"
        "    where u.id = $1 or ($1::uuid is null and u.parent_id is null)"
        "  union all select u.tenant_id, u.id, u.parent_id, a.depth + 1 from org_unit u"
        "    join above a on u.tenant_id = a.tenant_id and u.id = a.parent_id where a.depth < 32"
        ") select s.id, s.name, a.id as unit_id from staff s join above a on a.tenant_id = s.tenant_id"
        "  and (a.id = s.org_unit_id or (s.org_unit_id is null and a.parent_id is null))"
        " where s.left_at is null and s.id <> $2 and s.id <> all ($6::uuid[])"
        " and (($3 = any (s.roles) and ($5 or a.depth > 0)) or $4 = any (s.roles))"
        " order by ($3 = any (s.roles) and ($5 or a.depth > 0)) desc, a.depth, s.created_at, s.id limit 1",
        unit_id,
        who,
        role,
        FALLBACK,
        own_too,
        list(never),
    )
    if row is None:
        raise NobodyAbove(f"Nobody above holds the role {role}, and there is no other tenant admin")
    return Leader(Actor(row["id"], row["name"]), row["unit_id"])
