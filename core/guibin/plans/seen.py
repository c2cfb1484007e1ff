"""Who sees and reviews whose plans and logs: one's own, and as a supervisor those of one's org units (S05-4)."""

from guibin.department_requests.queries import units_of
from guibin.policy.cadence import PlanPolicy
from guibin_tenants.principals import Principal
from guibin_tenants.scope import fetch_value

from .refusals import NotYoursToReview

# `s` is the member of staff. $1: who looks, $2: whose units, null for all, $3: whether they supervise.
SEEN = "(s.id = $1 or ($3::boolean and ($2::uuid[] is null or s.org_unit_id = any ($2::uuid[]))))"


def supervises(by: Principal, policy: PlanPolicy) -> bool:
    """Systems see what their units hold."""
    return not by.is_person or bool({policy.reviewed_by, "tenant_admin"} & set(by.roles))


def looking(by: Principal, policy: PlanPolicy) -> tuple[object, ...]:
    """The values of SEEN."""
    return by.id, units_of(by), supervises(by, policy)


async def refuse_unless_supervising(staff_id: object, *, policy: PlanPolicy, by: Principal) -> None:
    """Raises NotYoursToReview, also for one's own."""
    if by.kind != "staff" or staff_id == by.id or not supervises(by, policy):
        raise NotYoursToReview(f"Plans and logs are reviewed by somebody else: the {policy.reviewed_by} above")
    if not await fetch_value(f"select true from staff s where s.id = $4 and {SEEN}", *looking(by, policy), staff_id):
        raise NotYoursToReview("They work in an org unit that is not under yours")
