"""Passwords: which are strong enough, and how they are hashed without holding up anybody else."""

import asyncio
import contextlib
import functools
import os
import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from .refusals import FieldError, TooManyRequests

CHARS_MIN = 12
CHARS_MAX = 200
# Of 0 to 4: a guesser with the list of hashes would need at least 10^8 attempts.
STRENGTH_MIN = 3
# Beside the words it must not be made of.
_OTHER_CHARS_MIN = 5
# The estimate looks at so many characters: it takes longer with each.
_LOOKED_AT = 72

# What is not mistaken for something else.
_CLEAR = "abcdefghjkmnpqrstuvwxyz23456789"
# argon2id with the library's memory and rounds (RFC 9106, low-memory profile), on one core.
HASHER = PasswordHasher(parallelism=1)
# A sign-in costs a core for a tenth of a second: however many come, others keep half of the machine.
AT_ONCE = max(1, (os.cpu_count() or 1) // 2)
WAITING_MAX = 32

_hashing = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="passwords")
_waiting = 0
_Result = TypeVar("_Result")


def drawn() -> str:
    """A password to be read aloud and typed once: letters and digits that are not mistaken for each other."""
    return "-".join("".join(secrets.choice(_CLEAR) for _ in range(4)) for _ in range(4))


async def hash_of(password: str) -> str:
    """The hash to keep. Raises TooManyRequests when too many wait for theirs."""
    return await _in_turn(lambda: HASHER.hash(password))


async def is_right(password: str, kept: str | None) -> bool:
    """Whether the kept hash is of this password; for None it takes as long and is not. Raises TooManyRequests."""
    return await _in_turn(lambda: _verify(password, kept))


async def problems_of(password: str, *, about: Sequence[str] = ()) -> list[FieldError]:
    """What makes it too weak: too short, on lists of common ones, a pattern, or made of the words it is `about`."""
    if len(password) < CHARS_MIN:
        return [FieldError("password", f"at least {CHARS_MIN} characters")]
    if len(password) > CHARS_MAX:
        return [FieldError("password", f"at most {CHARS_MAX} characters")]
    if await asyncio.to_thread(_strength, password, about) >= STRENGTH_MIN:
        return []
    rule = "not one that is soon guessed: a common password, a pattern, or a name of yours or the company's"
    return [FieldError("password", rule, "several words that have nothing to do with each other, for one")]


def _strength(password: str, about: Sequence[str]) -> int:
    # Imported here: its lists take longer than the whole command that never needs them.
    from zxcvbn import zxcvbn

    own = [word for word in about if len(word) > 1]
    score: int = zxcvbn(password[:_LOOKED_AT], user_inputs=own)["score"]
    # Nor does it become strong by what stands around one's own names.
    bare = password.lower()
    for word in sorted(own, key=len, reverse=True):
        bare = bare.replace(word.lower(), "")
    return score if len(set(bare)) >= _OTHER_CHARS_MIN else 0


def _verify(password: str, kept: str | None) -> bool:
    with contextlib.suppress(VerifyMismatchError, InvalidHashError):
        return HASHER.verify(kept or _nobodys_hash(HASHER), password) and kept is not None
    return False


@functools.cache
def _nobodys_hash(hasher: PasswordHasher) -> str:
    """Verified when there is none, so that the answer takes as long."""
    return hasher.hash(secrets.token_hex(16))


async def _in_turn(work: Callable[[], _Result]) -> _Result:
    global _waiting
    if _waiting >= WAITING_MAX:
        raise TooManyRequests("Too many people sign in at this moment: try again in 2 s", retry_after=2)
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_hashing, work)
    finally:
        _waiting -= 1
