"""What exceeds the authority of whoever has it enters the internal flow at once, with an owner (S07-22)."""

import contextlib

from guibin.cases import Case
from guibin.context import Act
from guibin.department_requests.requests import Matter
from guibin.policy.complaints import ComplaintPolicy, Level
from guibin.upward_reports.actions import NewUpwardReport, NobodyAbove, report


def raised(policy: ComplaintPolicy, before: str, after: str) -> bool:
    """Whether the level `after` is more severe."""
    names = [level.name for level in policy.levels]
    return before not in names or names.index(after) > names.index(before)


async def open_internal_flow(case: Case, number: str, level: Level, act: Act, *, because: str) -> None:
    """The nearest leader is asked, who answers for it in the time of the task the level asks for. Whoever stands at the top
    has nobody to ask.
    """
    if not level.asks:
        return
    said = act.policy.title(f"complaint_level.{level.name}", act.company.language)
    with contextlib.suppress(NobodyAbove):
        about = Matter(subject="complaint", subject_id=case.id)
        await report(NewUpwardReport(kind=level.asks, text=f"{number} {said} · {because}", about=about), act)
