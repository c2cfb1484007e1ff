"""The cause of a complaint, analysed before the matter is handed on where the policy says so (S07-33)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from guibin.audit.actions import recorded
from guibin.context import Act
from guibin.desks.queries import has_desk, seated
from guibin.notices.actions import serving
from guibin_tenants.refusals import FieldError, Invalid
from guibin_tenants.rows import add, locked
from guibin_tenants.scope import fetch_value

from .levels import case_of
from .queries import LISTED, ComplaintView
from .recusals import refuse_recused
from .requests import NewAnalysis, NewComplaintHandOver, NewLevel
from .tables import Complaint, ComplaintAnalysis


async def analyse(complaint_id: UUID, new: NewAnalysis, act: Act) -> ComplaintView:
    """Say what it comes from. Raises NotFound, Recused, Invalid for a cause the policy does not know."""
    complaint = await locked(Complaint, complaint_id)
    await refuse_recused(complaint_id, act.by.person)
    await _write(complaint, new.cause, new.text, act)
    return await recorded("analyse", case_of(complaint), LISTED, act)


async def analyse_first(complaint: Mapping[str, Any], new: NewComplaintHandOver | NewLevel, act: Act) -> None:
    """Keep the analysis that comes with it; without one, and none before, what the policy wants analysed first is refused.

    Raises Invalid.
    """
    if new.cause or new.analysis:
        if not new.cause or not new.analysis:
            field = "analysis" if new.cause else "cause"
            raise Invalid.at(field, "cause and analysis together", "say both, or neither")
        await _write(complaint, new.cause, new.analysis, act)
        return
    known = "select exists (select from complaint_analysis where complaint_id = $1)"
    if act.policy.complaints.cause_first and not await fetch_value(known, complaint["id"]):
        rule = "the analysed cause, before the matter is handed on"
        causes = ", ".join(act.policy.complaints.causes)
        fields = (FieldError("cause", rule, f"one of: {causes}"), FieldError("analysis", rule, "say how it came about"))
        raise Invalid("The cause is analysed first", fields=fields)


async def leaves_the_desk(complaint: Mapping[str, Any], new: NewComplaintHandOver, act: Act) -> bool:
    """Whether it is handed on to a department or to somebody else than those who handle it for the customer: a desk, whoever
    sits there, the account manager, or somebody of one's own unit."""
    if new.to_staff_id is None:
        return not await has_desk(new.to_unit_id)
    if new.to_staff_id in await serving(complaint["customer_id"]) or await seated(new.to_staff_id):
        return False
    unit_id = await fetch_value("select org_unit_id from staff where id = $1", new.to_staff_id)
    return bool(unit_id != act.by.org_unit_id)


def refuse_unknown_cause(cause: str, act: Act) -> None:
    """Raises Invalid for a cause the policy does not know."""
    known = act.policy.complaints.causes
    if cause not in known:
        raise Invalid.at("cause", "a cause of the policy", f"one of: {', '.join(known)}", cause)


async def _write(complaint: Mapping[str, Any], cause: str, text: str, act: Act) -> None:
    refuse_unknown_cause(cause, act)
    await add(ComplaintAnalysis, act, complaint_id=complaint["id"], cause=cause, text=text)
