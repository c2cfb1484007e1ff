"""After a new key of the company's: what former ones sealed is sealed by it, in steps that may end anywhere.

Which columns can hold something sealed, PostgreSQL's catalog says: all that hold bytes and that the application may change. What
the company's key did not seal is recognised and left.
"""

from uuid import UUID

from msgspec import Struct

from guibin.audit.actions import noted
from guibin.watch.failpoints import reach
from guibin_tenants import keyring, settings
from guibin_tenants.keyring import Place, TenantSecret
from guibin_tenants.principals import Signature
from guibin_tenants.scope import execute, fetch
from guibin_tenants.tables import HOLDS_COMPANIES

ROWS_AT_ONCE, BYTES_AT_ONCE = 500, 32 * 1024 * 1024
SETTING = "key_rotation"
_WRAPPED = ("subject_key", "wrapped")

_COLUMNS = f"""
select c.relname::text as table, a.attname::text as column
from pg_class c join pg_attribute a on a.attrelid = c.oid and not a.attisdropped and a.atttypid = 'bytea'::regtype
where {HOLDS_COMPANIES} and c.relname <> 'tenant_key'
and has_column_privilege(current_user, c.oid, a.attname, 'UPDATE')
order by c.relname, a.attname
"""


class Rotation(Struct, frozen=True):
    """How far a rotation is: the version that is to seal, in which of `columns` it is and behind which row, and how many values
    and keys it sealed anew."""

    version: int
    at: int = 0
    after: UUID | None = None
    columns: int = 0
    sealed: int = 0
    ended: bool = False


async def standing() -> Rotation | None:
    """The last rotation of the company; None before the first."""
    return await settings.read(SETTING, Rotation | None, None)  # type: ignore[arg-type]  # a union is a type to msgspec


async def begin(act: Signature) -> Rotation:
    """A new key, on record, or on with the rotation that has not ended. Raises KeyringError."""
    last = await standing()
    if last is not None and not last.ended:
        return last
    rotation = Rotation(await keyring.add_tenant_key())
    await settings.write(SETTING, rotation)
    await noted("company_key.rotate", act, subject="company_key", purpose=str(rotation.version), shown=0)
    return rotation


async def step() -> Rotation | None:
    """The next rows, in this transaction with how far it is; None when there is nothing to do. Raises KeyringError."""
    now = await standing()
    if now is None or now.ended:
        return now
    key = await keyring.tenant_key()
    columns = [(row["table"], row["column"]) for row in await fetch(_COLUMNS)]
    if now.at >= len(columns):
        reached = Rotation(now.version, now.at, None, len(columns), now.sealed, ended=True)
    else:
        sealed, after = await _seal_again(columns[now.at], now.after, key)
        at = now.at if after is not None else now.at + 1
        reached = Rotation(now.version, at, after, len(columns), now.sealed + sealed)
    reach("reseal.sealed")
    await settings.write(SETTING, reached)
    reach("reseal.written")
    return reached


async def _seal_again(column: tuple[str, str], after: UUID | None, key: TenantSecret) -> tuple[int, UUID | None]:
    """The next rows of the column behind this one: how many were sealed anew, and the last row; None where it was the end."""
    table, name = column
    whose = "subject_id" if column == _WRAPPED else "null::uuid"
    rows = await fetch(
        f'select id, content, whose from (select id, "{name}" as content, {whose} as whose, row_number() over w as n,'
        f' sum(octet_length("{name}")) over w as bytes from (select * from "{table}" where "{name}" is not null'
        " and ($1::uuid is null or id > $1) order by id limit $2) x window w as (order by id)) y"
        " where n = 1 or bytes <= $3 order by id",
        after,
        ROWS_AT_ONCE,
        BYTES_AT_ONCE,
    )
    sealed = 0
    for row in rows:
        held = bytes(row["content"])
        if column == _WRAPPED:
            fresh = keyring.rewrap(key, row["whose"], held)
        else:
            fresh = keyring.reseal(key, Place(table, name, row["id"]), held)
        if fresh is not None:
            # Unless somebody wrote another meanwhile, which the key of now sealed.
            await execute(f'update "{table}" set "{name}" = $2 where id = $1 and "{name}" = $3', row["id"], fresh, held)
            sealed += 1
    return sealed, rows[-1]["id"] if rows else None
