"""A witness of C2SP's tlog-witness: cosigns a checkpoint only where the log it saw before is the beginning of it.

It needs no database and shares nothing with the server it watches: a folder holds its key and what it saw last of each log.
"""

import asyncio
import contextlib
import hashlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from litestar import Litestar, Request, Response, get, post
from litestar.datastructures import State
from litestar.enums import MediaType
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from guibin.context import Clock, real_clock

from .actions import signature_line
from .proofs import NoProof, refuse_inconsistent
from .verify import COSIGNATURE, Growing, Key, Note, cosigned, decoded, encoded

SIZE = "text/x.tlog.size"
BODY_BYTES_MAX = 65_536


class Seen(Struct, frozen=True):
    """What was seen last of a log: its size, and its root in base64."""

    size: int = 0
    root: str = encoded(Growing().root())


class Refused(Exception):
    """Nothing is cosigned; `status` says why as tlog-witness has it, `says` is the body."""

    def __init__(self, status: int, says: str = "") -> None:
        super().__init__(status)
        self.status, self.says = status, says


class Witness:
    """One witness with its folder. `logs` are the keys of those it watches; a log that exchanged its key has several."""

    def __init__(self, folder: Path, name: str, logs: Sequence[Key], clock: Clock = real_clock) -> None:
        self.folder, self.clock = folder, clock
        self.logs = {log.name: [each for each in logs if each.name == log.name] for log in logs}
        self._private = _private_key(folder / "witness.key")
        self.key = Key(name, COSIGNATURE, self._private.public_key().public_bytes_raw())
        self._one_at_a_time = Lock()

    def add(self, body: str) -> str:
        """The line that cosigns the checkpoint in a request's body. Raises Refused."""
        old, proof, text = _read(body)
        try:
            note = Note.of(text)
        except ValueError:
            raise Refused(400, "no checkpoint") from None
        keys = self.logs.get(note.origin)
        if keys is None:
            raise Refused(404, "no log that is watched here")
        if not any(note.signed_by(key) for key in keys):
            raise Refused(403, "not signed by the log")
        if old > note.size:
            raise Refused(400, "the old size is above the new")
        with self._one_at_a_time:
            seen = self.seen(note.origin)
            if old != seen.size or (old == note.size and decoded(seen.root) != note.root):
                raise Refused(409, f"{seen.size}\n")
            try:
                refuse_inconsistent((seen.size, decoded(seen.root)), (note.size, note.root), proof)
            except NoProof as error:
                raise Refused(422, str(error)) from None
            # Written down before anybody has the line: what was cosigned once is never forgotten.
            self._remember(note)
        at = int(self.clock().timestamp())
        return signature_line(self.key, at.to_bytes(8) + self._private.sign(cosigned(note.text, at)))

    def seen(self, origin: str) -> Seen:
        """What was seen last of the log."""
        file = self._file(origin)
        return msgspec.json.decode(file.read_bytes(), type=Seen) if file.exists() else Seen()

    def _remember(self, note: Note) -> None:
        file = self._file(note.origin)
        fresh = file.with_suffix(".new")
        with fresh.open("wb") as stream:
            stream.write(msgspec.json.encode(Seen(note.size, encoded(note.root))))
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(file)
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _file(self, origin: str) -> Path:
        return self.folder / f"{hashlib.sha256(origin.encode()).hexdigest()[:32]}.json"


def application(witness: Witness) -> Litestar:
    """What answers: `POST /add-checkpoint`, and `GET /` with the witness's key."""
    handlers: list[HTTPRouteHandler] = [add_checkpoint, show_key]
    return Litestar(
        handlers, state=State({"witness": witness}), openapi_config=None, request_max_body_size=BODY_BYTES_MAX
    )


@get("/", media_type=MediaType.TEXT, sync_to_thread=False)
def show_key(state: State) -> str:
    """Its key as companies name it."""
    return f"{state.witness.key}\n"


@post("/add-checkpoint", status_code=200)
async def add_checkpoint(request: Request[Any, Any, Any], state: State) -> Response[str]:
    """The line that cosigns, or why there is none."""
    try:
        line = await asyncio.to_thread(state.witness.add, (await request.body()).decode())
    except UnicodeDecodeError:
        return Response("no text\n", status_code=400, media_type=MediaType.TEXT)
    except Refused as refused:
        kind = SIZE if refused.status == 409 else "text/plain"
        return Response(refused.says, status_code=refused.status, media_type=kind)
    return Response(f"{line}\n", media_type=MediaType.TEXT)


def _read(body: str) -> tuple[int, list[bytes], str]:
    head, gap, note = body.partition("\n\n")
    first, *lines = head.split("\n")
    old = first.removeprefix("old ")
    try:
        if not gap or first == old or not old.isascii() or not old.isdigit() or len(lines) > 63:
            raise ValueError
        return int(old), [decoded(line) for line in lines], note
    except ValueError:
        raise Refused(400, "no request of tlog-witness") from None


def _private_key(file: Path) -> Ed25519PrivateKey:
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        # Whole or not there: a key that was cut off would be nobody's, and of two that begin at once both go by one.
        fresh = file.with_name(f"{file.name}.{secrets.token_hex(8)}.new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(secrets.token_bytes(32))
            stream.flush()
            os.fsync(stream.fileno())
        with contextlib.suppress(FileExistsError):
            file.hardlink_to(fresh)
        fresh.unlink()
    return Ed25519PrivateKey.from_private_bytes(file.read_bytes())
