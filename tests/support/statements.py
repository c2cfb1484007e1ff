"""Counting what goes to PostgreSQL: each statement of a request is a round trip that its caller waits for."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import pytest

from guibin_tenants import scope
from guibin_tenants.database import borrowed


@contextlib.contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every statement that scopes opened inside send, in order, with BEGIN and COMMIT."""
    sent: list[str] = []

    def note(query: Any) -> None:
        sent.append(query.query)

    @contextlib.asynccontextmanager
    async def watched(*args: Any, **named: Any) -> AsyncIterator[asyncpg.Connection]:
        async with borrowed(*args, **named) as connection:
            with connection.query_logger(note):
                yield connection

    with monkeypatch.context() as patched:
        patched.setattr(scope, "borrowed", watched)
        yield sent
