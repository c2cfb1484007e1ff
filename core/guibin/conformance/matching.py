"""Whether an answer is what a scenario says: a part of it is enough for an object, a list is told whole."""

from typing import Any

from .steps import Call


def differences(step: Call, answer: Any, filled: dict[str, Any]) -> list[str]:
    """In words, what the answer lacks; `filled` is what the step says with its names replaced. Nothing when it fits."""
    found = []
    if step.has is not None:
        found += _differing(filled["has"], answer, "")
    items = answer.get("items") if isinstance(answer, dict) else answer
    if step.lists is None and not step.includes and not step.lacks and step.count is None:
        return found
    if not isinstance(items, list):
        return [*found, f"the answer is no list: {_short(answer)}"]
    if step.count is not None and len(items) != step.count:
        found.append(f"{len(items)} instead of {step.count}: {_short(items)}")
    if step.lists is not None and not _same(filled["lists"], items):
        found.append(f"the list is {_told(items, filled['lists'])}")
    found += [f"missing is {one}" for one in filled["includes"] if not any(fits(one, item) for item in items)]
    found += [f"there is {one}" for one in filled["lacks"] if any(fits(one, item) for item in items)]
    if filled["includes"] and found:
        found.append(f"there are {_told(items, filled['includes'])}")
    return found


def fits(said: Any, found: Any) -> bool:
    """Whether all that is said is there."""
    return not _differing(said, found, "")


def _differing(said: Any, found: Any, place: str) -> list[str]:
    if isinstance(said, dict):
        if not isinstance(found, dict):
            return [f"{place or 'the answer'} is {_short(found)}"]
        return [
            line
            for key, value in said.items()
            for line in (
                _differing(value, found[key], f"{place}.{key}".lstrip("."))
                if key in found
                else [f"{place or 'the answer'} has no {key!r}, only {', '.join(sorted(found))}"]
            )
        ]
    if isinstance(said, list) and isinstance(found, list):
        return [] if _same(said, found) else [f"{place} is {_told(found, said)}"]
    # "" says that there is nothing.
    return [] if said == found or (said == "" and found is None) else [f"{place} is {_short(found)}, not {said!r}"]


def _same(said: list[Any], found: list[Any]) -> bool:
    """Each of one fits another of the other, in any order."""
    left = list(found)
    for one in said:
        place = next((number for number, item in enumerate(left) if fits(one, item)), None)
        if place is None:
            return False
        del left[place]
    return not left


def _told(items: list[Any], said: list[Any]) -> str:
    """The items by what was asked of them."""
    keys = {key for one in said if isinstance(one, dict) for key in one}
    shown = [
        {key: item.get(key) for key in sorted(keys)} if isinstance(item, dict) and keys else item for item in items
    ]
    return _short(shown)


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) < 600 else f"{text[:600]} …"
