"""Opinions that customers leave elsewhere, in a survey or after an event, are owed an answer as their questions are (S10-5, S10-8)."""

from string import Template

from guibin.cases import Case
from guibin.context import Act
from guibin.duties import calls as duties
from guibin.profiles.subjects import Actor
from guibin_tenants.rows import add
from guibin_tenants.tables import new_id

from . import deadlines
from .actions import SUBJECT, tell
from .requests import NewInteraction
from .tables import Interaction

CHANNEL = "web"


async def owe_answer(where: Case, about: str, act: Act) -> None:
    """Somebody answers, in the time that the policy gives a question, what the customer wrote there; whoever looks after them hears.

    What they wrote stays where it is, sealed: the contact says where that is, and about what it was.
    """
    assert where.customer_id is not None  # somebody wrote it
    said = Template(act.policy.title(f"opinion.{where.subject}", act.company.language)).safe_substitute(about=about)
    new = NewInteraction(customer_id=where.customer_id, channel=CHANNEL, direction="in", content=said, need=said)
    by = Actor(act.by.id, act.by.name)
    case = Case(SUBJECT, new_id(), where.customer_id)
    await add(
        Interaction,
        act,
        id=case.id,
        customer_id=new.customer_id,
        channel=new.channel,
        direction=new.direction,
        outcome=new.outcome,
        happened_at=act.now,
        content=new.content,
        need=new.need,
        handling_state="open",
        staff_id=by.id,
        staff_name=by.name,
        source=where.subject,
        source_number=str(where.id),
    )
    await deadlines.start_clock(case.id, new, act)
    await tell(case.id, new, now=act.now)
    if not act.by.is_person:
        await duties.call(case, act)
