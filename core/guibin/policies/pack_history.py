"""What the company's packs said when a version of its policy took effect: whoever upgrades a pack does not rewrite the past.

A version keeps the packs' values where they are others than those kept before, told by their content.
"""

from hashlib import sha256
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.packs import Hooks
from guibin.policy.packs import Pack, decode_pack, encode_pack
from guibin_tenants.scope import fetch_one, fetch_value

# SQL: the ids of the versions that say what the packs were, the latest first.
LATEST = "order by effective_from desc, version desc limit 1"
_LATEST = (
    "select (select coalesce(jsonb_object_agg(key, value->>'digest'), '{}') from jsonb_each(packs)) as digests"
    f" from policy_version where packs is not null {LATEST}"
)


class KeptPack(Struct, frozen=True):
    """A pack as it was: its version, what tells its content, and the value as JSON."""

    version: str
    digest: str
    value: str


async def to_keep(hooks: Hooks) -> dict[str, KeptPack] | None:
    """The packs as they are now; None where they are those that were kept last, and while one is put aside."""
    if hooks.aside:
        return None
    now = {name: _kept(hooks.value(name)) for name in hooks.names}
    row = await fetch_one(_LATEST)
    if row is not None and msgspec.json.decode(row["digests"]) == {name: one.digest for name, one in now.items()}:
        return None
    return now


async def last_kept() -> list[Pack] | None:
    """The packs that were kept last; None where none were yet."""
    found = await fetch_value(f"select id from policy_version where packs is not null {LATEST}")
    return await kept_by(found) if found is not None else None


async def kept_by(version_id: UUID) -> list[Pack]:
    """The packs that this version kept, by name."""
    text = await fetch_value("select packs from policy_version where id = $1", version_id)
    kept = msgspec.json.decode(text, type=dict[str, KeptPack])
    return [decode_pack(kept[name].value) for name in sorted(kept)]


def _kept(pack: Pack) -> KeptPack:
    value = encode_pack(pack)
    return KeptPack(pack.version, sha256(value).hexdigest(), value.decode())
