"""Putting right what stands in an archive or record: before, after, why and by whom, as rows (S07-10).

Every change of an archive is kept; one with a reason is a correction: something had been wrong. Values stand sealed under
the customer's key, so that an erased customer's history cannot be read either. What was confidential when it was written stays
so, whatever the policy says of the field today.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Struct, structs

from guibin.audit.actions import noted
from guibin.context import Act
from guibin.sealing import seeing
from guibin.sealing.values import Mask, masked_as
from guibin.web.listing import Listing, PageAsked, newest_first
from guibin.web.paging import Page
from guibin_tenants import keyring
from guibin_tenants.field_rights import Right
from guibin_tenants.keyring import Place
from guibin_tenants.refusals import FieldError, refuse
from guibin_tenants.scope import execute, seen_fields
from guibin_tenants.tables import new_id

from . import queries

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


class _SealedLine(Struct, frozen=True):
    """A correction as it is kept. `mask` is empty where the value is not confidential."""

    id: UUID
    subject: str
    subject_id: UUID
    field: str
    sealed_before: bytes
    sealed_after: bytes
    mask: Mask | Literal[""] | None
    reason: str
    corrected_by_name: str
    corrected_at: datetime


_HISTORY = Listing(
    view=_SealedLine,
    source="correction x",
    order=newest_first("x.corrected_at"),
    holds="x.customer_id = $customer_id",
)


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
    refuse(problems, "Nothing was corrected")


def told(values: Mapping[str, Any]) -> dict[str, Value]:
    """The values of columns as the history of corrections keeps them: a day in ISO form, everything else as it is."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


async def put_right(
    subject: Subject, columns: tuple[dict[str, Any], dict[str, Any]], reason: str, act: Act
) -> tuple[str, ...]:
    """Keep how the columns of a customer's record stood and stand; which of them differ.

    Raises Invalid where none does or no reason is given.
    """
    altered = differing(*map(told, columns))
    refuse_idle(altered, reason)
    await keep(subject, altered, act, reason=reason)
    return tuple(each.field for each in altered)


async def keep(subject: Subject, altered: list[Altered], act: Act, *, reason: str) -> None:
    """Keep what an alteration of the subject changed, one row of history for each field with its value before and after; `reason`
    is empty where nobody was asked for one."""
    await keep_all([(subject, altered)], act, reason=reason)


async def keep_all(changed: Sequence[tuple[Subject, list[Altered]]], act: Act, *, reason: str) -> None:
    """As `keep`, for many with as many statements as for one."""
    rows = [(new_id(), subject, change) for subject, altered in changed for change in altered]
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
        [change.field for _, _, change in rows],
        [_sealed(keys[subject.customer_id], row, "sealed_before", change.before) for row, subject, change in rows],
        [_sealed(keys[subject.customer_id], row, "sealed_after", change.after) for row, subject, change in rows],
        [change.mask or "" for _, _, change in rows],
    )


async def list_corrections(customer_id: UUID, page: PageAsked, act: Act) -> Page[CorrectionView]:
    """What was changed about the customer, the last first. Raises NotFound."""
    await queries.customer(customer_id)
    await noted("correction.read", act, customer_id=customer_id)
    sealed = await _HISTORY.page(None, page, act, customer_id=customer_id)
    key = (await keyring.known_subject_keys([customer_id])).get(customer_id) if sealed.items else None
    return Page([_view(line, key) for line in sealed.items], sealed.next)


def _view(line: _SealedLine, key: bytes | None) -> CorrectionView:
    allowed = _right(line) if seen_fields() else "clear"
    if allowed != "clear":
        # That something changed stays on record; what it was called, too, unless it is not there for whoever reads.
        line, key = structs.replace(line, field=line.field if allowed == "masked" else ""), None
    return CorrectionView(
        line.id,
        line.subject,
        line.subject_id,
        line.field,
        _shown(key, line, "sealed_before"),
        _shown(key, line, "sealed_after"),
        line.reason,
        line.corrected_by_name,
        line.corrected_at,
    )


def _right(line: _SealedLine) -> Right:
    """To what the line is about; a sealed value is kept masked, so that whoever sees it masked sees the line."""
    name = line.field.removeprefix("fields.")
    if line.subject != "customer":
        return seeing.right(seeing.AMOUNTS) if name in ("price", "currency") else "clear"
    if line.mask != "" and name not in seeing.PARTS:
        return "hidden" if seeing.right_to_field(name, confidential=True) == "hidden" else "clear"
    return seeing.right(name) if name in seeing.PARTS else seeing.right_to_field(name, confidential=False)


def _sealed(key: bytes, row: UUID, column: str, value: Value) -> bytes:
    return keyring.seal(key, Place("correction", column, row), msgspec.json.encode(value).decode())


def _shown(key: bytes | None, line: _SealedLine, column: Literal["sealed_before", "sealed_after"]) -> Value:
    if key is None:
        return None
    opened = keyring.unseal(key, Place("correction", column, line.id), getattr(line, column))
    value: Value = msgspec.json.decode(opened, type=Value)
    # Only confidential fields have several values; a row from before masks were kept has none.
    if isinstance(value, list):
        return [masked_as(line.mask or "words", text) for text in value]
    return value
