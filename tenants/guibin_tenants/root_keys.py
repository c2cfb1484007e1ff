"""The root key, which wraps the keys of all companies: where it comes from, and how it is exchanged while the service runs.

A source holds one key or several, parted by white space: the first wraps, all of them open. What does not open is tried
again after the source was read anew, so that a key put first into a file or behind a command is known without a restart.
"""

import base64
import contextlib
import os
import secrets
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

KEY, FILE, COMMAND = "GUIBIN_ROOT_KEY", "GUIBIN_ROOT_KEY_FILE", "GUIBIN_ROOT_KEY_COMMAND"
KEY_BYTES, NONCE_BYTES = 32, 12
COMMAND_WITHIN_S = 30


class KeyringError(Exception):
    """There is no root key, or a value does not open: damaged, moved from another place, or erased."""


class Source(Struct, frozen=True):
    """Where the root key is read: `said` names it; `text` is its content, or `file` or `command` has it. `own`: the file is
    ours to make."""

    said: str
    text: str = ""
    file: Path | None = None
    command: str = ""
    own: bool = False

    def read(self) -> tuple[bytes, ...]:
        """The keys there are, none where our own file is not made yet. Raises KeyringError, OSError."""
        if self.own and self.file is not None and not self.file.exists():
            return ()
        found = tuple(_key(each, self.said) for each in self._content().split())
        if not found:
            raise KeyringError(f"there is no root key in {self.said}: it has 32 random bytes in base64")
        return found

    def _content(self) -> str:
        if self.file is not None:
            return self.file.read_text()
        return _answer(self.command) if self.command else self.text


class _Held(Struct):
    keys: tuple[bytes, ...] = ()
    source: Source | None = None
    # Made here, and nowhere written down: it is when it first wraps something.
    fresh: bool = False


_held = _Held()


def source_of(environment: Mapping[str, str], home: Path | None) -> Source:
    """Where the environment says it is, otherwise in `home`. Raises KeyringError where neither does."""
    if KEY in environment:
        return Source(KEY, text=environment[KEY])
    if FILE in environment:
        return Source(environment[FILE], file=Path(environment[FILE]))
    if COMMAND in environment:
        return Source(COMMAND, command=environment[COMMAND])
    if home is not None:
        return Source(str(home / "root.key"), file=home / "root.key", own=True)
    raise KeyringError(f"no root key: set {FILE} to a file with 32 random bytes in base64")


def load(source: Source) -> None:
    """Take the root key from there. Our own is made where there is none, and written down when it first wraps something: so no new
    one stands where one was lost. Raises KeyringError, OSError."""
    found = source.read()
    _held.keys, _held.source, _held.fresh = found or (secrets.token_bytes(KEY_BYTES),), source, not found


def use(*keys: bytes) -> None:
    """These, the first of which wraps. Raises KeyringError unless each has 32 bytes."""
    for key in keys:
        if len(key) != KEY_BYTES:
            raise KeyringError(f"the root key has {len(key)} bytes, not {KEY_BYTES}")
    _held.keys, _held.source, _held.fresh = keys, None, False


def wrap(key: bytes, owner: bytes) -> bytes:
    """A company's key as it is stored. Raises KeyringError."""
    _refuse_none()
    _read_again()
    write_down()
    return wrapped_by(_held.keys[0], key, owner)


def unwrap(wrapped: bytes, owner: bytes) -> bytes:
    """A company's key again. Raises KeyringError, which says whether the root key is lost or another."""
    _refuse_none()
    found = _opened(wrapped, owner)
    if found is None:
        _read_again()
        found = _opened(wrapped, owner)
    if found is None:
        raise KeyringError(_not_this())
    return found


def is_wrapped_by_first(wrapped: bytes, owner: bytes) -> bool:
    """Whether the key that wraps now wrapped it."""
    _refuse_none()
    return opened_by(_held.keys[0], wrapped, owner) is not None


def wrapped_by(above: bytes, key: bytes, owner: bytes) -> bytes:
    """A key wrapped by the one above it, for whoever owns it."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(above).encrypt(nonce, key, owner)


def opened_by(above: bytes, wrapped: bytes, owner: bytes) -> bytes | None:
    """The key again; None where another one wrapped it, or what is kept is no wrapped key, as of a row cut short."""
    with contextlib.suppress(InvalidTag, ValueError):
        return AESGCM(above).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], owner)
    return None


def held() -> int:
    """How many keys the source has, read anew; 0 where our own is not written down yet. Raises KeyringError."""
    _refuse_none()
    _read_again()
    return 0 if _held.fresh else len(_held.keys)


def put_first(file: Path) -> None:
    """A new key, first in the file, the others behind it: whole or not at all."""
    fresh = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
    _replace(file, f"{fresh}\n{file.read_text().strip()}\n")
    _read_again()


def put_away(file: Path) -> Path:
    """Leave the first alone in the file; where the others are now: whoever restores an old backup needs them."""
    first, *others = file.read_text().split()
    aside = file.with_name(f"{file.name}.former")
    before = aside.read_text().split() if aside.exists() else []
    _replace(aside, "".join(f"{each}\n" for each in dict.fromkeys([*others, *before])))
    _replace(file, f"{first}\n")
    _read_again()
    return aside


def _opened(wrapped: bytes, owner: bytes) -> bytes | None:
    return next((key for key in (opened_by(each, wrapped, owner) for each in _held.keys) if key is not None), None)


def _read_again() -> None:
    if _held.source is not None and (found := _held.source.read()):
        _held.keys, _held.fresh = found, False


def write_down() -> None:
    """Write our own where it was made here; nothing otherwise."""
    source = _held.source
    if not _held.fresh:
        return
    assert source is not None
    assert source.file is not None
    source.file.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(source.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(base64.b64encode(_held.keys[0]).decode())
            stream.flush()
            os.fsync(stream.fileno())
    _read_again()


def _replace(file: Path, text: str) -> None:
    beside = file.with_name(f"{file.name}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(file)


def _refuse_none() -> None:
    if not _held.keys:
        raise KeyringError("no root key is loaded")


def _not_this() -> str:
    said = _held.source.said if _held.source else "this process"
    if _held.fresh:
        return (
            f"the root key is lost: there is no {said}, and what is sealed in this database opens with that key alone."
            " Put it back from its copy (docs/keys.md)"
        )
    return (
        f"a company's key does not open with the root key of {said}: it is the key of another installation, or was exchanged."
        " Use the one this database was begun with (docs/keys.md)"
    )


def _key(text: str, said: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        raise KeyringError(f"the root key of {said} is not base64: it has 32 random bytes in base64") from None
    if len(key) != KEY_BYTES:
        raise KeyringError(f"the root key of {said} has {len(key)} bytes, not {KEY_BYTES}")
    return key


def _answer(command: str) -> str:
    try:
        done = subprocess.run(
            shlex.split(command),
            capture_output=True,
            text=True,
            timeout=COMMAND_WITHIN_S,
            check=True,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        # Not what it printed: that may be the key.
        raise KeyringError(f"the command of {COMMAND} gave no root key: {type(error).__name__}") from None
    return done.stdout
