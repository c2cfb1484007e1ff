"""Scarce goods and services from and to files (S01-6): a row is known again by its title and the moment it opens for everybody."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from guibin.amounts import in_minor
from guibin.audit.actions import noted
from guibin.context import Act
from guibin.notation.spelling import line, paragraph
from guibin.offers.actions import put_up
from guibin.offers.queries import OfferRow, rows
from guibin.offers.requests import NewOffer
from guibin.policy.money import Money, from_minor
from guibin.spreadsheets.importing import Imported, Progress, Sheet, no_progress
from guibin.spreadsheets.mapping import Mapping
from guibin.spreadsheets.reading import Fields, Row
from guibin.spreadsheets.requests import said
from guibin.spreadsheets.writing import write
from guibin_tenants.principals import may, require, sees_all
from guibin_tenants.refusals import Invalid

from .steps import Reader, Reading, Step, carried_out, left_alone

OFFER_COLUMNS = ("title", "text", "topic", "quantity", "per_customer", "price", "currency", "opens_at", "closes_at")
_FIELDS = Fields(frozenset({"text"}), frozenset(), frozenset(OFFER_COLUMNS))
_TYPED = ("title", "text", "topic")
_BATCH_ROWS = 500


async def import_offers(
    file: Path, mapping: Mapping, act: Act, *, dry_run: bool = False, progress: Progress = no_progress
) -> Imported:
    """Put up what is scarce, with the head starts of the policy in force. Moments without an offset are of the mapping's zone.
    Raises BadRows with everything wrong, or Invalid for an unreadable file."""
    require(act.by, may("campaigns:write") & sees_all)
    sheet = Sheet(file, mapping, _FIELDS, _BATCH_ROWS, progress)
    done = await carried_out(sheet, await _reading(ZoneInfo(mapping.time_zone)), act, dry_run=dry_run)
    if not dry_run:
        await noted("offer.import", act, subject="offer", shown=done.rows, purpose=file.name)
    return done


async def export_offers(file: Path, act: Act) -> int:
    """Write all offers that have not closed."""
    require(act.by, may("customers:export"))
    found = [one for one in await rows() if one.closes_at > act.now]
    await noted("offer.export", act, subject="offer", shown=len(found), purpose=file.name)
    zone = ZoneInfo(act.company.time_zone)
    lines = (
        (
            one.title,
            one.text,
            one.topic,
            str(one.quantity),
            str(one.per_customer),
            from_minor(one.price, one.currency).amount,
            one.currency,
            one.opens_at.astimezone(zone).isoformat(),
            one.closes_at.astimezone(zone).isoformat(),
        )
        for one in found
    )
    return write(file, OFFER_COLUMNS, lines, sheet="offers")


async def _reading(zone: ZoneInfo) -> Reading:
    held = {(line(one.title), one.opens_at): one for one in await rows()}

    async def reading(batch: Sequence[Row], reader: Reader) -> list[Step]:
        return [step for row in batch if (step := _offer(row, reader, zone, held)) is not None]

    return reading


def _offer(row: Row, reader: Reader, zone: ZoneInfo, held: dict[tuple[str, datetime], OfferRow]) -> Step | None:
    values, wrong = said(row, NewOffer, _TYPED)
    opens_at, closes_at = (reader.moment(row, name, zone) for name in ("opens_at", "closes_at"))
    quantity = reader.whole(row, "quantity", NewOffer)
    per_customer = reader.whole(row, "per_customer", NewOffer) if row.fields.get("per_customer") else 1
    price = _price(row, reader)
    reader.problems += wrong
    if wrong or opens_at is None or closes_at is None or quantity is None or per_customer is None or price is None:
        return None
    new = NewOffer(
        opens_at=opens_at,
        closes_at=closes_at,
        quantity=quantity,
        per_customer=per_customer,
        price=price,
        **values,
    )
    key = line(new.title), opens_at
    if not reader.once(row, "title", key):
        return None
    if (before := held.get(key)) is None:
        return Step(row, lambda: put_up(new, reader.act), new=True)
    told, kept = _as_told(new), _as_held(before)
    return left_alone(row, [name for name in told if row.fields.get(name) and told[name] != kept[name]])


def _as_told(new: NewOffer) -> dict[str, Any]:
    return {
        "text": paragraph(new.text),
        "topic": new.topic,
        "quantity": new.quantity,
        "per_customer": new.per_customer,
        "price": in_minor(new.price),
        "currency": new.price.currency,
        "closes_at": new.closes_at,
    }


def _as_held(one: OfferRow) -> dict[str, Any]:
    return {name: getattr(one, name) for name in OFFER_COLUMNS} | {"text": paragraph(one.text)}


def _price(row: Row, reader: Reader) -> Money | None:
    """Of the row's currency, with or without commas; nothing where the cell is empty."""
    amount = row.fields.get("price", "").replace(",", "") or "0"
    price = Money(amount, row.fields.get("currency", "") or "CNY")
    try:
        in_minor(price, field="price")
    except Invalid as refusal:
        reader.wrong(row, "price", refusal.fields[0].rule)
        return None
    return price
