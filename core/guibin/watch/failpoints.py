"""Places at which a test may end this process, to prove what is left behind. Nothing happens unless one is armed.

`GUIBIN_FAIL_AT=job.handled:kill` ends the process by SIGKILL when it gets there, `:raise` raises; `:kill:3` the third time.
docs/decisions/0005 says why this is in the product.
"""

import os
import signal
from collections.abc import Callable

VARIABLE = "GUIBIN_FAIL_AT"


class FailedOnPurpose(Exception):
    """Raised at a fail point."""


class UnknownFailPoint(Exception):
    """The variable says nothing that can be done; the process does not start."""


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _raise() -> None:
    raise FailedOnPurpose


_ACTIONS: dict[str, Callable[[], None]] = {"kill": _kill, "raise": _raise}


def armed_by(text: str) -> Callable[[str], None]:
    """What to do at each point, as the variable says. Raises UnknownFailPoint."""
    name, _, rest = text.partition(":")
    action, _, times = rest.partition(":")
    if action not in _ACTIONS or not (times or "1").isdigit():
        raise UnknownFailPoint(f"{VARIABLE}={text}: say name:action or name:action:times, of {sorted(_ACTIONS)}")
    left = int(times or "1")

    def at(point: str) -> None:
        nonlocal left
        if point == name:
            left -= 1
            if left == 0:
                _ACTIONS[action]()

    return at


_at: Callable[[str], None] | None = armed_by(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None


def arm(at: Callable[[str], None] | None) -> None:
    """Call this with the name of every point reached from now on; None for nothing."""
    global _at
    _at = at


def reach(point: str) -> None:
    """This point is reached."""
    if _at is not None:
        _at(point)
