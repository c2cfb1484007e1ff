"""A customer's tier moved: what departments were asked about them goes on under the limits of what they hold now (S07-5)."""

from collections.abc import Collection
from uuid import UUID

import asyncpg
import msgspec

from guibin.audit.actions import done
from guibin.cases import Case
from guibin.context import Act
from guibin.policy.departments import DepartmentTask
from guibin.sla.plans import ClockRecord
from guibin.tiers.clocks import follows_tiers, relimit
from guibin_tenants.rows import locked
from guibin_tenants.scope import fetch_value

from .actions import SUBJECT, acknowledgement
from .queries import ANSWER
from .tables import DepartmentRequest

_CASES = "select m.request_id from department_matter m where m.customer_id = $1"


@follows_tiers(SUBJECT, cases=_CASES)
async def retier(request_id: UUID, tiers: Collection[str], act: Act) -> None:
    """To be taken up and answered; a time that whoever asked gave themselves stays."""
    request = await locked(DepartmentRequest, request_id)
    task = act.policy.department_task(request["task"])
    if task is None:
        return
    limits = {}
    if task.acknowledge_faster:
        limits[acknowledgement(request["round"])] = task.acknowledgement_terms(tiers)
    if task.answer_faster and await _is_the_policys(request, task):
        limits[ANSWER] = task.answer_terms(tiers)
    if await relimit(request_id, limits, act):
        await done("tier", Case(SUBJECT, request_id), act)


async def _is_the_policys(request: asyncpg.Record, task: DepartmentTask) -> bool:
    clock = await fetch_value("select clock from timer where subject_id = $1 and milestone = $2", request["id"], ANSWER)
    limits = {task.answer_within, *(each.within for each in task.answer_faster)}
    return clock is not None and msgspec.json.decode(clock, type=ClockRecord).terms.limit in limits
