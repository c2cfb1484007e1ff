"""What may stand in the record: every action with its text in both languages, and whether it only showed something.

`texts/` says them, a table for each thing: below `look` whatever only showed something, below `change` whatever else was
done. A pack's own actions have their texts in the pack, as `audit.thing.verb`, and count as changes.
"""

from collections.abc import Iterator
from importlib.resources import files

from msgspec import Struct

from guibin.policy.packs import Policy
from guibin.policy.texts import Text, load


class RecordedAction(Struct, frozen=True):
    """What was done, in words; `looked` when nothing was changed, only shown."""

    text: Text
    looked: bool


def _read() -> Iterator[tuple[str, RecordedAction]]:
    for key, text in load(files("guibin") / "audit" / "texts").items():
        kind, _, action = key.partition(".")
        yield action, RecordedAction(text, looked=kind == "look")


ACTIONS = dict(_read())
LOOKED = frozenset(action for action, known in ACTIONS.items() if known.looked)
# Something sealed was shown in clear.
CLEAR = frozenset(action for action in LOOKED if action.endswith(".disclose"))
# Something confidential was handed over: shown in clear, written to a file, or given to the customer as a copy.
REVEALED, FILED, COPIED = (
    CLEAR,
    frozenset(action for action in LOOKED if action.endswith(".export")) | {"export.ask"},
    frozenset({"customer.copy"}),
)
DEPARTED = REVEALED | FILED | COPIED
# What changed in who may do what, by kind: signing in, keys, people with their roles and posts, the company's own rules.
RIGHTS = {
    kind: frozenset(action for action in ACTIONS if action.partition(".")[0] in things)
    for kind, things in {
        "sign_in": ("session", "second_factor", "display"),
        "key": ("key",),
        "role": ("staff", "desk", "org_unit", "role", "emergency"),
        "policy": ("policy", "look-up-limits", "indicator"),
    }.items()
}


def title_of(action: str, policy: Policy, language: str) -> str:
    """What was done, in `language`; the action's own name for one that nobody gave a text."""
    known = ACTIONS.get(action)
    text = known.text if known else policy.texts.get(f"audit.{action}")
    return text.in_language(language) if text else action
