"""What a decision computed again says on its page."""

from datetime import datetime
from typing import Any

from guibin.console.shell import Shell

from .replays import Cause
from .traces import Kind


def words_of(kind: Kind, shell: Shell) -> dict[str, Any]:
    """For the page, functions: what came out, and why it came out otherwise, in the reader's words."""

    def again(found: str) -> str:
        if kind == "deadline":
            return shell.clock.exact(datetime.fromisoformat(found))
        match kind:
            case "approval":
                return shell.says(f"overview.approvals.outcome.{found}")
            case "redemption":
                return shell.says(f"oversight.replay.{found}")
            case "complaint":
                return shell.named(f"complaint_level.{found}") if found else shell.says("oversight.replay.no_level")
        return shell.named(f"tier.{found}") if found else shell.says("overview.no_tier")

    def because(cause: Cause) -> str:
        said = f"oversight.replay.because.{cause.why}"
        if cause.why in ("changed", "corrected"):
            key = "service_item.{}.title" if kind == "redemption" else "metric.{}"
            return shell.says(said, what=shell.joined(shell.named(key.format(name)) for name in cause.what) or "—")
        if cause.why == "steps":
            return shell.says(said, what=shell.joined(map(shell.post, cause.what)))
        if not cause.what:
            return shell.says(said)
        before, after = cause.what
        return shell.says(said, before=before, after=after)

    return {"again": again, "because": because}
