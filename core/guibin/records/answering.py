"""Opinions that customers leave elsewhere, in a survey or after an event, are owed an answer as their questions are (S10-5, S10-8)."""

from string import Template

from guibin.cases import Case
from guibin.context import Act
from guibin.profiles.subjects import Actor

from .actions import SUBJECT, begin, write_interaction
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
