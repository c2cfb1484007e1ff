"""Opening whatever the company's rows hold sealed, whichever slice sealed it: by the company's key, else by the customer's.

Sealed values are bound to table, column and row, so that the row itself says how each is opened. What does not open says why.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from guibin.profiles import disclosures
from guibin_tenants import keyring
from guibin_tenants.keyring import KeyringError, Place

from . import queries
from .queries import BYTES, Held

# Bytes that were never sealed: public by nature, or hashes of the log.
PLAIN = frozenset(
    {
        ("evidence_entry", "leaf_hash"),
        ("evidence_tree", "hash"),
        ("evidence_checkpoint", "root"),
        ("passkey", "credential_id"),
        ("passkey", "public_key"),
    }
)


class Withheld(Struct, frozen=True):
    """Stands in a value's place: `secret` opens doors, `not_asked` is confidential and was not asked for in clear, `erased` has no key
    any more, `file` is a file of the pack, `removed` a file that was taken away, `does_not_open` is sealed otherwise than its row says."""

    withheld: str


SECRET, NOT_ASKED, ERASED, FILE, REMOVED, SHUT = (
    Withheld(each) for each in ("secret", "not_asked", "erased", "file", "removed", "does_not_open")
)


def sealed_columns(table: Held) -> tuple[str, ...]:
    """Those that hold something sealed and no secret."""
    return tuple(
        name
        for name, kind in table.columns.items()
        if kind == BYTES and name not in table.secret and (table.name, name) not in PLAIN
    )


async def opened(
    table: Held, rows: Sequence[asyncpg.Record], known: Mapping[str, Held]
) -> dict[tuple[UUID, str], bytes | Withheld]:
    """The values of the sealed columns in clear, by row and column. Whoever shows them has put that on record of everybody."""
    columns = sealed_columns(table)
    told = [row for row in rows if any(row[name] is not None for name in columns)]
    if not told:
        return {}
    whose = {row["id"]: _named(row) for row in told}
    for row_id, customer in (await queries.customers_of(table, list(whose), dict(known))).items():
        whose[row_id].add(customer)
    keys = await keyring.known_subject_keys(set().union(*whose.values()))
    above = await keyring.tenant_key()
    found: dict[tuple[UUID, str], bytes | Withheld] = {}
    for row in told:
        candidates = [above, *(keys[each] for each in whose[row["id"]] if each in keys)]
        for name in columns:
            if row[name] is not None:
                place = Place(table.name, name, row["id"])
                content = _opened(candidates, place, bytes(row[name]))
                # Nobody's key is there any more, of those whom it may be about.
                lost = ERASED if whose[row["id"]] and len(candidates) == 1 else SHUT
                found[row["id"], name] = lost if content is None else content
    disclosures.of_everybody(keys)
    return found


def text_of(content: bytes) -> Any:
    """As it stands in a line of JSON: a document as one, a text as one, anything else in base64."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return content
    if text[:1] in ("{", "["):
        try:
            return msgspec.json.decode(text)
        except msgspec.DecodeError:
            return text
    return text


def _named(row: asyncpg.Record) -> set[UUID]:
    """Everybody a row may be about: subjects of keys are among them, everything else has no key."""
    found: set[UUID] = set()
    for name, value in row.items():
        if name == "id":
            continue
        several = value if isinstance(value, list) else [value]
        found.update(UUID(str(each)) for each in several if isinstance(each, UUID))
    return found


def _opened(keys: Sequence[bytes], place: Place, sealed: bytes) -> bytes | None:
    for key in keys:
        try:
            return keyring.unseal_bytes(key, place, sealed)
        except (KeyringError, ValueError):
            continue
    return None
