"""Giving material, on record."""

from uuid import UUID

from guibin.audit.actions import recorded
from guibin.cases import Case
from guibin.context import Act
from guibin.profiles.subjects import refuse_unless_served
from guibin_tenants.refusals import FieldError, refuse
from guibin_tenants.rows import add, given

from .queries import LISTED, SUBJECT, GivingView
from .requests import GivenTo, NewGiving
from .tables import MaterialGiven


async def give(new: GivenTo, act: Act) -> GivingView:
    """Raises Invalid with every wrong field, NotFound, ArchiveErased, ArchiveClosed."""
    material = next((each for each in act.policy.materials if each.name == new.material), None)
    given_on = new.given_on or act.today
    problems = []
    if material is None:
        known = ", ".join(each.name for each in act.policy.materials) or "the policy has none"
        problems.append(FieldError("material", "a material of the policy", f"one of: {known}", new.material))
    if given_on > act.today:
        problems.append(FieldError("given_on", "not in the future", value=given_on.isoformat()))
    refuse(problems, "Nothing was given")
    await refuse_unless_served(new.customer_id)
    assert material is not None, "refused above"
    row_id = await add(MaterialGiven, act, **given(new) | {"kind": material.kind, "given_on": given_on})
    return await recorded("give", Case(SUBJECT, row_id, new.customer_id), LISTED, act)


async def give_to(customer_id: UUID, new: NewGiving, act: Act) -> GivingView:
    """As `give`, at the customer's page."""
    return await give(GivenTo(customer_id=customer_id, **given(new)), act)
