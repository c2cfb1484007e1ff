"""Where sealed bytes lie: in the database, or in the object store that the operator names.

An object is called `<company's id>/<file's id>`: no name, no customer. The store is asked outside any transaction; what it
holds of a transaction that was undone is swept away later (`jobs.py`).
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

import obstore
from msgspec import Struct
from obstore.exceptions import BaseError
from obstore.store import LocalStore, MemoryStore, ObjectStore, from_url

from guibin_tenants.refusals import Refusal
from guibin_tenants.scope import refuse_waiting

from .refusals import StoreAway

DATABASE, STORE = "database", "store"
ADDRESS = "GUIBIN_FILES_STORE"
WITHIN_S = 25
_SCHEMES = ("s3://", "file:///", "memory:///")
_NAMED = re.compile(r"[0-9a-f-]{36}/([0-9a-f-]{36})")
_AWAY = (BaseError, OSError, TimeoutError)
Result = TypeVar("Result")


class BadStore(Refusal):
    """This is no store for files. The setting names no store; the process does not start."""

    kind = "bad-file-store"


class _Chosen(Struct):
    store: ObjectStore | None = None


_chosen = _Chosen()


def use_store(store: ObjectStore | None) -> None:
    """Composition roots only: new files go there, None for the database. What lies elsewhere stays and is found there."""
    _chosen.store = store


def store_of(environment: Mapping[str, str], variable: str = ADDRESS) -> ObjectStore | None:
    """The store that the variable names, None without; who may enter it the variables `AWS_…` say. Raises BadStore."""
    address = environment.get(variable, "").strip()
    if not address:
        return None
    if not address.startswith(_SCHEMES):
        raise BadStore(f"{variable} begins with {', '.join(_SCHEMES)}, not {address[:40]!r}")
    try:
        if address.startswith("file://"):
            return LocalStore(address.removeprefix("file://"), mkdir=True)
        if address.startswith("memory://"):
            return MemoryStore()
        within = timedelta(seconds=WITHIN_S)
        return from_url(
            address,
            client_options={
                "timeout": within,
                "connect_timeout": timedelta(seconds=5),
                # Options that are given hide this one's variable.
                "allow_http": environment.get("AWS_ALLOW_HTTP", "").lower() == "true",
            },
            retry_config={"max_retries": 2, "retry_timeout": within},
        )
    except (BaseError, OSError, ValueError) as error:
        raise BadStore(f"{variable}: {type(error).__name__}; is the bucket's name right?") from None


def here() -> str:
    """Where a new file goes."""
    return DATABASE if _chosen.store is None else STORE


async def put(company_id: UUID, file_id: UUID, sealed: bytes) -> None:
    """Keep the bytes. Raises StoreAway."""
    await _asked(lambda store: obstore.put(store, _name(company_id, file_id), sealed))


async def get(company_id: UUID, file_id: UUID) -> bytes:
    """The bytes again. Raises StoreAway."""
    return await _asked(lambda store: bytes(obstore.get(store, _name(company_id, file_id)).bytes()))


async def take_away(company_id: UUID, file_ids: list[UUID]) -> None:
    """Delete what these files kept there. Raises StoreAway."""
    if file_ids:
        names = [_name(company_id, file_id) for file_id in file_ids]
        await _asked(lambda store: obstore.delete(store, names))


async def lying(company_id: UUID, *, before: datetime) -> list[UUID]:
    """The files of which something has lain there since before that moment. Raises StoreAway."""

    def listed(store: ObjectStore) -> list[UUID]:
        found = [one for several in obstore.list(store, prefix=str(company_id)) for one in several]
        named = [_NAMED.fullmatch(one["path"]) for one in found if one["last_modified"] < before]
        return [UUID(name[1]) for name in named if name is not None]

    return await _asked(listed)


async def forget(company_id: UUID) -> None:
    """Delete whatever a company has there, once it is erased itself; nothing without a store. Raises StoreAway."""

    def gone(store: ObjectStore) -> None:
        for several in obstore.list(store, prefix=str(company_id)):
            obstore.delete(store, [one["path"] for one in several])

    if _chosen.store is not None:
        await _asked(gone)


async def counted(company_id: UUID) -> int:
    """How many of a company's files lie there. Raises StoreAway, also where there is no store."""

    def listed(store: ObjectStore) -> int:
        return sum(len(several) for several in obstore.list(store, prefix=str(company_id)))

    return await _asked(listed)


async def _asked(ask: Callable[[ObjectStore], Result]) -> Result:
    """In a thread: what obstore awaits by itself ends some processes when they end."""
    refuse_waiting("the store of files")
    store = _chosen.store
    if store is None:
        raise StoreAway(f"Files lie in a store that this process was not told of: set {ADDRESS}")
    try:
        async with asyncio.timeout(2 * WITHIN_S):
            return await asyncio.to_thread(ask, store)
    except _AWAY as error:
        raise StoreAway("Try again in a while; nothing was written") from error


def _name(company_id: UUID, file_id: UUID) -> str:
    return f"{company_id}/{file_id}"
