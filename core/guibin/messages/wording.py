"""What a message says: the policy's text, filled with names only."""

from string import Template
from uuid import UUID

from msgspec import Struct

from guibin.gateways.lines import one_line
from guibin.jobs.kinds import Run
from guibin.policy.packs import Policy
from guibin.profiles.queries import reach_of

from .subjects import Values

_HIDDEN = "…"
TITLE_CHARS_MAX = 120


class Wording(Struct, frozen=True):
    """Title and text as they are sent, with what fills them, and the text as the interaction history keeps it."""

    title: str
    text: str
    kept: str
    values: dict[str, str] = {}


async def to_customer(customer_id: UUID, kind: str, said: Values, run: Run) -> Wording:
    """In the customer's language, if the preference `language` says which, by name and title."""
    customer, policy = await reach_of(customer_id), run.policy
    spoken = (customer.preferences.get("language") if customer else None) or run.company.language
    salutation = f"message_title.{(customer.sex if customer else '') or 'unknown'}"
    values = {"name": customer.name if customer else "", "title": policy.title(salutation, spoken)} | said.values
    kept = values | dict.fromkeys(said.hidden, _HIDDEN)
    return Wording(
        one_line(_filled(f"message.{kind}.subject", values, policy, spoken))[:TITLE_CHARS_MAX],
        _filled(f"message.{kind}.text", values, policy, spoken),
        _filled(f"message.{kind}.text", kept, policy, spoken),
        values,
    )


def to_staff(said: Values, *, policy: Policy, language: str) -> Wording:
    """What a colleague is told, in the words of that text."""
    title = one_line(_filled(f"message.{said.to_staff}.subject", said.values, policy, language))[:TITLE_CHARS_MAX]
    text = _filled(f"message.{said.to_staff}.text", said.values, policy, language)
    return Wording(title, text, text, said.values)


def _filled(key: str, values: dict[str, str], policy: Policy, language: str) -> str:
    # A template knows names only: a text that a tenant writes cannot reach into our objects.
    return Template(policy.title(key, language)).safe_substitute(values)
