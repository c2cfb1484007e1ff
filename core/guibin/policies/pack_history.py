"""What the company's packs say, by the versions of its policy: an upgrade of a pack neither rewrites the past nor takes effect by
itself.

A version keeps the packs' values where they are others than those kept before, told by their content.
"""

import logging
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from uuid import UUID

import msgspec
from msgspec import Struct, structs

from guibin.packs import Hooks, Packs
from guibin.policy.packs import Pack, decode_pack, encode_pack
from guibin_tenants.scope import fetch_one, fetch_value

# SQL: the ids of the versions that say what the packs were, the latest first.
LATEST = "order by effective_from desc, version desc limit 1"
_DIGESTS = (
    "select (select coalesce(jsonb_object_agg(key, value->>'digest'), '{}') from jsonb_each(packs)) as digests"
    f" from policy_version where packs is not null and effective_from <= $1 {LATEST}"
)
# Versions whose packs this process has at hand. Most companies' values are the same few.
_READ_MAX, _VALUES_MAX = 2_000, 64
_log = logging.getLogger("guibin.packs")
_read: OrderedDict[tuple[Packs, UUID], dict[str, Pack]] = OrderedDict()


class KeptPack(Struct, frozen=True):
    """A pack as it was: its version, what tells its content, and the value as JSON."""

    version: str
    digest: str
    value: str


async def to_keep(hooks: Hooks, at: datetime) -> dict[str, KeptPack] | None:
    """The packs as they hold for the company; None where those are kept already, and while one is put aside."""
    if hooks.aside:
        return None
    now = kept({name: hooks.value(name) for name in hooks.names})
    row = await fetch_one(_DIGESTS, at)
    if row is not None and msgspec.json.decode(row["digests"]) == {name: one.digest for name, one in now.items()}:
        return None
    return now


async def kept_by(version_id: UUID, packs: Packs) -> dict[str, Pack]:
    """The packs that this version kept, by name; those that say what is installed today, or that this release cannot read, as they
    are installed."""
    key = (packs, version_id)
    found = _read.get(key)
    if found is None:
        text = await fetch_value("select packs from policy_version where id = $1", version_id)
        if text is None:
            # The version was rolled back after somebody saw it.
            return {}
        rows = msgspec.json.decode(text, type=dict[str, KeptPack])
        found = _read[key] = {name: _as_installed(name, rows[name], packs) for name in sorted(rows)}
        if len(_read) > _READ_MAX:
            _read.popitem(last=False)
    return found


def kept(values: Mapping[str, Pack]) -> dict[str, KeptPack]:
    """These values as a version keeps them."""
    return {name: KeptPack(pack.version, digest_of(pack), encode_pack(pack).decode()) for name, pack in values.items()}


def digest_of(pack: Pack) -> str:
    """What tells the pack's content."""
    return sha256(encode_pack(pack)).hexdigest()


def _as_installed(name: str, row: KeptPack, packs: Packs) -> Pack:
    installed = packs.value(name) if name in packs.names else None
    try:
        value = _decoded(row.value)
    except msgspec.ValidationError as error:
        if installed is None:
            raise
        _log.error("pack %s %s: what was kept cannot be read any more: %s", name, row.version, error)
        return installed
    # Another number alone, or another range of releases, is nothing to decide.
    if installed is not None and structs.replace(value, version=installed.version, core=installed.core) == installed:
        return installed
    return value


@lru_cache(maxsize=_VALUES_MAX)
def _decoded(value: str) -> Pack:
    return decode_pack(value)
