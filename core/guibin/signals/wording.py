"""What a signal says in the reader's words."""

from collections.abc import Mapping
from datetime import date

from guibin.console.shell import Shell


def noticed(source: str, details: Mapping[str, object], shell: Shell) -> str:
    """What was noticed, in a sentence."""
    said: dict[str, object] = dict.fromkeys(("count", "days", "what", "product", "on", "score", "floor", "before"), "")
    said |= {name: value for name, value in details.items() if isinstance(value, str)}
    if said["on"]:
        said["on"] = shell.clock.day(date.fromisoformat(str(said["on"])))
    return shell.says(f"signals.noticed.{source}", **said)
