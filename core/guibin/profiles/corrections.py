"""Putting right what stands in an archive or record: before, after, why and by whom, as rows (S07-10).

Every change of an archive is kept; one with a reason is a correction: something had been wrong. Values stand sealed under
the customer's key, so that an erased customer's history cannot be read either. What was confidential when it was written stays
so, whatever the policy says of the field today.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.context import Act
from guibin.web.paging import Cursor
from guibin_tenants import keyring
from guibin_tenants.keyring import Place
from guibin_tenants.refusals import FieldError, Invalid
from guibin_tenants.scope import execute, fetch
from guibin_tenants.tables import new_id

from .sealing import Mask, masked_as

Value = str | int | bool | None | list[str] | dict[str, str]
REASON_CHARS_MIN = 4


class Subject(Struct, frozen=True):
    """What was changed: the `customer`'s archive itself, an `order`, an `interaction`."""

    kind: str
    id: UUID
    customer_id: UUID


class Altered(Struct, frozen=True):
    """A field, as it stood and as it stands now. `mask` is how its confidential values are shown, None where they are not."""

    field: str
    before: Value
    after: Value
    mask: Mask | None = None


class CorrectionView(Struct, frozen=True):
    """One field that was changed. Without a reason it is an ordinary change. Confidential values are masked; None after the
    customer was erased."""

    id: UUID
    subject: str
    subject_id: UUID
    field: str
    before: Value
    after: Value
    reason: str
    corrected_by_name: str
    corrected_at: datetime


def differing(before: Mapping[str, Value], after: Mapping[str, Value]) -> list[Altered]:
    """The fields of `after` that are not as they were."""
    return [Altered(name, before.get(name), value) for name, value in after.items() if before.get(name) != value]


def refuse_idle(altered: list[Altered], reason: str) -> None:
    """A correction corrects something and says why. Raises Invalid."""
    problems = []
    if len(reason.strip()) < REASON_CHARS_MIN:
        problems.append(FieldError("reason", f"at least {REASON_CHARS_MIN} characters that say why", value=reason[:60]))
    if not altered:
        problems.append(FieldError("changes", "another value than stands there", "nothing would change"))
    if problems:
        raise Invalid("Nothing was corrected", fields=tuple(problems))


async def keep(subject: Subject, altered: list[Altered], act: Act, *, reason: str) -> None:
    """Write one row a field."""
    await keep_all([(subject, altered)], act, reason=reason)


async def keep_all(changed: Sequence[tuple[Subject, list[Altered]]], act: Act, *, reason: str) -> None:
    """As `keep`, for many with as many statements as for one."""
    rows = [(new_id(), subject, one) for subject, altered in changed for one in altered]
    if not rows:
        return
    keys = await keyring.subject_keys({subject.customer_id for _, subject, _ in rows})
    await execute(
        "insert into correction (id, customer_id, subject, subject_id, field, sealed_before, sealed_after, mask, reason,"
        " corrected_by, corrected_by_name, corrected_at) select i, c, k, s, f, b, a, m, $1, $2, $3, $4"
        " from unnest($5::uuid[], $6::uuid[], $7::text[], $8::uuid[], $9::text[], $10::bytea[], $11::bytea[], $12::text[])"
        " as r (i, c, k, s, f, b, a, m)",
        *(reason, act.by.id, act.by.name, act.now),
        [row for row, _, _ in rows],
        [subject.customer_id for _, subject, _ in rows],
        [subject.kind for _, subject, _ in rows],
        [subject.id for _, subject, _ in rows],
        [one.field for _, _, one in rows],
        [_sealed(keys[subject.customer_id], row, "sealed_before", one.before) for row, subject, one in rows],
        [_sealed(keys[subject.customer_id], row, "sealed_after", one.after) for row, subject, one in rows],
        [one.mask or "" for _, _, one in rows],
    )


async def corrections(customer_id: UUID, *, after: Cursor | None, limit: int) -> list[CorrectionView]:
    """What was changed about the customer, the last first."""
    rows = await fetch(
        "select c.*, k.wrapped from correction c left join subject_key k on k.tenant_id = c.tenant_id"
        " and k.subject_id = c.customer_id where c.customer_id = $1"
        " and ($2::timestamptz is null or (c.corrected_at, c.id) < ($2, $3::uuid))"
        " order by c.corrected_at desc, c.id desc limit $4",
        customer_id,
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    if not rows:
        return []
    above = await keyring.tenant_key()
    key = keyring.unwrap_subject_key(above, customer_id, bytes(rows[0]["wrapped"])) if rows[0]["wrapped"] else None
    return [_view(row, key) for row in rows]


def _view(row: Any, key: bytes | None) -> CorrectionView:
    return CorrectionView(
        id=row["id"],
        subject=row["subject"],
        subject_id=row["subject_id"],
        field=row["field"],
        before=_shown(key, row, "sealed_before"),
        after=_shown(key, row, "sealed_after"),
        reason=row["reason"],
        corrected_by_name=row["corrected_by_name"],
        corrected_at=row["corrected_at"],
    )


def _sealed(key: bytes, row: UUID, column: str, value: Value) -> bytes:
    return keyring.seal(key, Place("correction", column, row), msgspec.json.encode(value).decode())


def _shown(key: bytes | None, row: Any, column: str) -> Value:
    if key is None:
        return None
    value: Value = msgspec.json.decode(
        keyring.unseal(key, Place("correction", column, row["id"]), bytes(row[column])), type=Value
    )
    # Only confidential fields have several values; a row from before masks were kept has none.
    if isinstance(value, list):
        return [masked_as(row["mask"] or "words", one) for one in value]
    return value
