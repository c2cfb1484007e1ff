"""What a customer wants or declines by its name (S02-2, S02-3): a service item, a kind of activity, an occasion, a message, a
topic. It is said as a consent to a purpose such as `item:lounge`, so it is on record, and the last word holds."""

from collections.abc import Iterator
from uuid import UUID

from guibin.policy.packs import Policy
from guibin_tenants.refusals import Invalid
from guibin_tenants.scope import fetch_value

ITEM, ACTIVITY, OCCASION, MESSAGE, TOPIC = KINDS = ("item", "activity", "occasion", "message", "topic")


def wish(kind: str, name: str) -> str:
    """The purpose of a consent to what is called so."""
    return f"{kind}:{name}"


def known(policy: Policy) -> Iterator[tuple[str, str]]:
    """Everything of the policy that a customer may want or decline: its kind and its name."""
    yield from ((ITEM, item.name) for item in policy.service_items)
    yield from ((ACTIVITY, kind.name) for kind in policy.activities)
    yield from ((OCCASION, occasion.name) for occasion in (policy.care.occasions if policy.care else ()))
    yield from ((MESSAGE, kind.name) for kind in policy.messages.kinds)
    yield from ((TOPIC, topic) for topic in policy.topics)


def title(kind: str, name: str, policy: Policy, language: str) -> str:
    """What the item, kind of activity, occasion, message or topic of this name is called by the policy; its key where it has no title."""
    places = {
        ITEM: f"service_item.{name}.title",
        ACTIVITY: f"activity_kind.{name}",
        MESSAGE: f"message.{name}.subject",
    }
    return policy.title(places.get(kind, f"{kind}.{name}"), language)


def purpose_title(purpose: str, policy: Policy, language: str) -> str:
    """What the purpose of a consent is called: what is wanted or declined, a scheme, or a general purpose; itself where it has no
    title."""
    kind, _, name = purpose.partition(":")
    if name and kind in KINDS:
        return title(kind, name, policy, language)
    keys = [key for key in (f"scheme.{purpose}", f"purpose.{purpose}") if key in policy.texts]
    return policy.title(keys[0], language) if keys else purpose


def refuse_unknown(purpose: str, policy: Policy) -> None:
    """Raises Invalid for a wish about something that the policy does not have."""
    kind, _, name = purpose.partition(":")
    if name and kind in KINDS and (kind, name) not in known(policy):
        names = ", ".join(wish(*each) for each in known(policy) if each[0] == kind)
        raise Invalid.at("purpose", f"one of: {names}", value=purpose)


async def declined(customer_id: UUID, kind: str) -> frozenset[str]:
    """The names of that kind to which the customer's last word is no."""
    names = await fetch_value(
        "select array(select substr(s.purpose, length($2) + 2) from (select distinct on (k.purpose) k.purpose, k.answer"
        " from consent k where k.customer_id = $1 and starts_with(k.purpose, $2 || ':')"
        " order by k.purpose, k.recorded_at desc, k.id desc) s where s.answer <> 'granted')",
        customer_id,
        kind,
    )
    return frozenset(names)
