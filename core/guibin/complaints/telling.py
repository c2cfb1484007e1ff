"""Whoever is directly responsible for a customer hears first of what happens to their complaints, and the team with them.

In the transaction of what happened, before anything else goes out; whoever did it knows (S05-3, S10-4).
"""

from uuid import UUID

from guibin.cases import Case
from guibin.context import Act
from guibin.notices.actions import Notice, Telling, notify, serving

from . import recusals

COMPLAINED = "customer_complained"


async def tell_responsible(kind: str, case: Case, act: Act, **details: str) -> None:
    """The account manager and the team read the notice of this kind; nobody whom the complaint is against."""
    if case.customer_id is None:
        return
    told = set(await serving(case.customer_id, but=act.by.person))
    if told and (told := told - await recusals.of(case.id)):
        notice = Notice(kind, case, staff_ids=tuple(sorted(told)), details=details)
        await notify(notice, key=f"{kind}/{case.id}/{act.now.isoformat()}", now=act.now)


def of_intake(case: Case, number: str, act: Act, *, but: tuple[UUID, ...]) -> Telling:
    """What they read of one that was taken in, to be told with whatever else is told of it; nobody of `but`, nor whoever took it in."""
    notice = Notice(COMPLAINED, case, to_serving=True, but=(*but, act.by.person), details={"number": number})
    return Telling(notice, key=f"{COMPLAINED}/{case.id}/{act.now.isoformat()}", now=act.now)
