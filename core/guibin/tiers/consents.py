"""Nobody becomes or stays a VIP without agreeing (S02-2): the purpose of the consent is the scheme's name."""

from uuid import UUID

from guibin.context import Act
from guibin.events import ConsentRecorded, at_once
from guibin.profiles.queries import answered
from guibin_tenants.refusals import Refusal

from . import memberships


class NoConsent(Refusal):
    """The customer has not consented to this. The scheme is voluntary."""


async def refuse_unwilling(customer_id: UUID, scheme: str) -> None:
    """Raises NoConsent unless the customer's latest answer to the scheme is yes."""
    answer = await answered(customer_id, scheme)
    if answer != "granted":
        said = f"the customer's answer is: {answer}" if answer else "the customer has not been asked"
        raise NoConsent(f"{scheme} is voluntary; {said}. Record a consent to the purpose {scheme} first")


@at_once(ConsentRecorded)
async def end_at_once(happened: ConsentRecorded, act: Act) -> None:
    """Withdrawn: the membership of the scheme ends on the company's day, in the same transaction."""
    if happened.answer == "withdrawn":
        today = act.today
        await memberships.end_unwilling(today, customer_id=happened.customer_id, now=act.now)
