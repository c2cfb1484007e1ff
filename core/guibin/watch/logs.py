"""Logs as one JSON object a line: when, how bad, where, which company, job and trace. Never somebody's data.

Our own messages are sentences of ids and names. What a library says is told by its template, without what it filled in; of
an exception its class and the line are told, never its message, which may quote a value.
"""

import contextlib
import logging
import sys
import traceback
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO
from uuid import UUID

import msgspec
from msgspec import Struct

from .tracing import trace_id

OURS = ("guibin", "guibin_tenants")
TEXT_CHARS_MAX = 500
_about: ContextVar["About | None"] = ContextVar("guibin_log_about", default=None)


class About(Struct, frozen=True):
    """What the lines written now belong to."""

    tenant: UUID
    job: UUID | None = None


class Line(Struct, frozen=True, omit_defaults=True):
    """One line."""

    at: str
    level: str
    logger: str
    message: str
    tenant: UUID | None = None
    job: UUID | None = None
    trace: str = ""
    error: str = ""
    error_at: str = ""


@contextlib.contextmanager
def about(tenant: UUID, job: UUID | None = None) -> Iterator[None]:
    """Lines written meanwhile say whose they are."""
    token = _about.set(About(tenant, job))
    try:
        yield
    finally:
        _about.reset(token)


class JsonLines(logging.Formatter):
    """Formats a record as one line."""

    def format(self, record: logging.LogRecord) -> str:
        whose = _about.get()
        error = record.exc_info[1] if record.exc_info else None
        line = Line(
            at=datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            level=record.levelname.lower(),
            logger=record.name,
            message=_message(record)[:TEXT_CHARS_MAX],
            tenant=whose.tenant if whose else None,
            job=whose.job if whose else None,
            trace=trace_id(),
            error=type(error).__name__ if error else "",
            error_at=where(error) if error else "",
        )
        return msgspec.json.encode(line).decode()


def configure(stream: TextIO = sys.stderr, level: int | str = logging.INFO) -> logging.Handler:
    """Write every log of this process as JSON lines; libraries from WARNING on."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(level)
    return handler


def where(error: BaseException) -> str:
    """The last line of our own that was running: file and number, never a value."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if _is_ours(frame.filename)]
    if not ours:
        return ""
    path = Path(ours[-1].filename)
    return f"{path.parent.name}/{path.name}:{ours[-1].lineno}"


def _is_ours(file: str) -> bool:
    return Path(file).is_absolute() and "site-packages" not in file and "/lib/python" not in file


def _message(record: logging.LogRecord) -> str:
    if record.name.split(".", 1)[0] in OURS:
        return record.getMessage()
    # A message without arguments may have a value written into it already: then only its place is told.
    return str(record.msg) if record.args else f"{record.module}:{record.lineno}"
