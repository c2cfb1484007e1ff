"""Opinions that customers leave elsewhere, in a survey or after an event, are owed an answer as their questions are (S10-5, S10-8)."""

from string import Template

from guibin.cases import Case
from guibin.context import Act
from guibin.profiles.subjects import Actor
from guibin.sla.queries import timer_of

from .actions import SUBJECT, begin, write_interaction
from .deadlines import MILESTONE
from .requests import NewInteraction

CHANNEL = "web"


async def owe_answer(where: Case, about: str, act: Act) -> None:
    """Somebody answers, in the time that the policy gives a question, what the customer wrote there; whoever looks after them hears.

    What they wrote stays where it is, sealed: the contact says where that is, and about what it was.
    """
    assert where.customer_id is not None  # somebody wrote it
    said = Template(act.policy.title(f"opinion.{where.subject}", act.company.language)).safe_substitute(about=about)
    new = NewInteraction(customer_id=where.customer_id, channel=CHANNEL, direction="in", content=said, need=said)
    contact_id = await write_interaction(new, act, had_by=Actor(act.by.id, act.by.name), where=where)
    await begin(Case(SUBJECT, contact_id, where.customer_id), new, act)


def owed_for(subject: str, row: str) -> str:
    """SQL, as what follows a `from`: the contact `i` in which what the customer wrote in this row is owed an answer, and its
    running clock `t`."""
    return (
        f"left join interaction i on i.tenant_id = {row}.tenant_id and i.source = '{subject}' and i.source_number = {row}.id::text"
        f" left join {timer_of('i', MILESTONE)} and t.completed_at is null and t.cancelled_at is null"
    )
