"""What belongs to an archive in any number: contact points, occasions, relatives, links to other customers."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec
from asyncpg import Record
from msgspec import Struct, structs

from guibin import events
from guibin.audit.actions import noted
from guibin.cases.requests import NewDisclosure
from guibin.context import Act
from guibin.events import PostEnded
from guibin.notation.dates import Day, columns_of, from_columns, shown, wrong_birthday, wrong_day
from guibin.notation.plausible import Plausible
from guibin.policy.fields import ArchiveField, check_values, spelled
from guibin.policy.words import Code
from guibin.sealing.actions import insert_sealed
from guibin.sealing.seeing import OCCASIONS, RELATIVES, is_clear, refuse_partly, right, right_to_field
from guibin.sealing.tables import SealedValue
from guibin.sealing.values import sealed
from guibin_tenants import keyring
from guibin_tenants.keyring import Place
from guibin_tenants.refusals import Conflict, FieldError, Invalid, refuse
from guibin_tenants.rows import add, change, locked, many, missing, name_of
from guibin_tenants.scope import fetch, fetch_value
from guibin_tenants.tables import TenantTable, new_id

from .checking import suits
from .disclosures import write_down
from .queries import archive_fields, version_of
from .requests import Confidential, FieldDisclosure, PersonName
from .tables import Customer, CustomerLink, Occasion, Relative

PLACES_MAX = 20
# What is shown of a name, behind its first character.
MASKED_NAME = "**"
_PHONE = ArchiveField("phone", "phone", "confidential", third_party=True)


# Whether a day, as `dates.columns_of` writes it, is the anniversary `k`. A lunar one behind the year: 02-30, 02-10L in a leap month.
_SOLAR = "k.calendar = 'solar' and extract(month from {0}) = k.month and extract(day from {0}) = k.day"
_LUNAR = (
    "k.calendar = 'lunar' and substr({0}, 6) = to_char(k.month, 'FM00') || '-' || to_char(k.day, 'FM00')"
    " || case when k.leap_month then 'L' else '' end"
)
_BORN = "select c.id as customer_id, ''::text as about, k.year, k.occurs_on from kept k join customer c on"
_HAPPENED = "select o.customer_id, o.id::text as about, k.year, k.occurs_on from kept k join occasion o on"
# SQL: whose birthday, and whose occasion of which id, is on which of the days that are kept as `kept k`.
BIRTHDAYS = f"{_BORN} {_SOLAR.format('c.birthday')} union all {_BORN} {_LUNAR.format('c.birthday_lunar')}"
ANNIVERSARIES = (
    f"{_HAPPENED} {_SOLAR.format('o.happened_on')} and o.happened_on < k.occurs_on union all"
    f" {_HAPPENED} {_LUNAR.format('o.happened_lunar')} and substr(o.happened_lunar, 1, 4)::int < k.year"
)


class NewContactPoint(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One more way to reach the customer; `field` is mobile, phone, email, address, postcode or fax."""

    field: Code
    value: Confidential


class ContactPointView(Struct, frozen=True):
    """A confidential value, masked."""

    id: UUID
    field: str
    place: int
    masked: str


class NewOccasion(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A day to remember (S07-6)."""

    name: PersonName
    happened_on: Day


class OccasionView(Struct, frozen=True):
    """A day to remember."""

    id: UUID
    name: str
    happened_on: Day


class RelativeValues(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of a relative: sealed as a whole."""

    name: PersonName
    phone: Confidential = ""
    birthday: Day | None = None
    note: Confidential = ""


class NewRelative(RelativeValues, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody important to the customer. Only what the customer gave for this purpose belongs here."""

    relation: Code


class RelativeView(Struct, frozen=True):
    """A relative as shown without a disclosure."""

    id: UUID
    relation: str
    masked: str


class DisclosedRelative(Struct, frozen=True):
    """A relative in clear, this once."""

    id: UUID
    relation: str
    name: str
    phone: str
    birthday: Day | None
    note: str


class NewLink(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The customer's part in another customer's archive, such as executive of a company (S04-5)."""

    of_customer_id: UUID
    role: Code


class NewLinkEnding(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Since when the part is over, today by default: the first day without it, perhaps one to come."""

    on: date | None = None


class LinkView(Struct, frozen=True):
    """A customer's part in another's; `ended_on` is the first day without it."""

    id: UUID
    of_customer_id: UUID
    role: str
    ended_on: date | None


class PartView(Struct, frozen=True):
    """Another customer's part in this one's archive."""

    id: UUID
    customer_id: UUID
    role: str
    ended_on: date | None


async def contact_points(customer_id: UUID, act: Act) -> list[ContactPointView]:
    """Every confidential value, masked."""
    await _look("contact-point.read", customer_id, act)
    points = await many(ContactPointView, "from sealed_value where customer_id = $1 order by field, place", customer_id)
    return [point for point in points if right_to_field(point.field, confidential=True) != "hidden"]


async def add_contact_point(customer_id: UUID, new: NewContactPoint, act: Act) -> ContactPointView:
    """Add a value behind those there are. Raises Invalid; the value itself never comes back in the answer."""
    await version_of(customer_id)
    known = {field.name: field for field in archive_fields(act.policy) if field.confidentiality == "confidential"}
    field = known.get(new.field)
    if field is None:
        raise Invalid.at("field", "a confidential field", f"one of: {', '.join(known)}", new.field)
    kind: str = await fetch_value("select kind from customer where id = $1", customer_id)
    if not suits(field, kind, act.policy):
        rule = f"a field that {'an organisation' if act.policy.is_organisation(kind) else 'a person'} has"
        raise Invalid.at("field", rule, value=new.field)
    value = spelled(field, new.value)
    problems = check_values([field], {field.name: value})
    if problems or not value:
        raise Invalid(fields=tuple(FieldError("value", p.rule) for p in problems) or (FieldError("value", "required"),))
    place: int = await fetch_value(
        "select coalesce(max(place) + 1, 0) from sealed_value where customer_id = $1 and field = $2",
        customer_id,
        new.field,
    )
    if place >= PLACES_MAX:
        raise Conflict(f"There are {PLACES_MAX} values of {new.field} already: remove one first")
    key, above = await keyring.subject_key(customer_id), await keyring.tenant_key()
    row = sealed(field, value, customer_id=customer_id, key=key, tenant_key=above, place=place)
    await insert_sealed([row])
    await _changed("contact-point.add", customer_id, (new.field,), act)
    return ContactPointView(row.id, new.field, place, row.masked)


async def remove_contact_point(customer_id: UUID, point_id: UUID, act: Act) -> None:
    """Raises NotFound."""
    removed = await _removed(SealedValue, customer_id, point_id)
    await _changed("contact-point.remove", customer_id, (removed["field"],), act)


async def occasions(customer_id: UUID, act: Act) -> list[OccasionView]:
    """The customer's days to remember, by month and day."""
    await _look("occasion.read", customer_id, act)
    if not is_clear(OCCASIONS):
        return []
    rows = await fetch(
        "select id, name, happened_on, happened_lunar from occasion where customer_id = $1"
        " order by coalesce(to_char(happened_on, 'MM-DD'), substr(happened_lunar, 6)), id",
        customer_id,
    )
    return [
        OccasionView(row["id"], row["name"], _remembered(row["happened_on"], row["happened_lunar"])) for row in rows
    ]


async def add_occasion(customer_id: UUID, new: NewOccasion, act: Act) -> OccasionView:
    """Raises Invalid for a day the calendar does not have."""
    await version_of(customer_id)
    wrong = wrong_day(new.happened_on)
    if wrong:
        raise Invalid.at("happened_on", wrong, value=shown(new.happened_on))
    solar, lunar = columns_of(new.happened_on)
    occasion_id = await add(Occasion, customer_id=customer_id, name=new.name, happened_on=solar, happened_lunar=lunar)
    await _changed("occasion.add", customer_id, ("occasion",), act)
    return OccasionView(occasion_id, new.name, new.happened_on)


async def remove_occasion(customer_id: UUID, occasion_id: UUID, act: Act) -> None:
    """Raises NotFound."""
    await _removed(Occasion, customer_id, occasion_id)
    await _changed("occasion.remove", customer_id, ("occasion",), act)


async def relatives(customer_id: UUID, act: Act) -> list[RelativeView]:
    """The customer's relatives, masked."""
    await _look("relative.read", customer_id, act)
    if right(RELATIVES) == "hidden":
        return []
    return await many(RelativeView, "from relative where customer_id = $1 order by created_at, id", customer_id)


async def add_relative(customer_id: UUID, new: NewRelative, act: Act) -> RelativeView:
    """Seal what the customer told of somebody else. Raises Invalid."""
    await version_of(customer_id)
    phone = spelled_phone(new.phone)
    problems = [FieldError("phone", problem.rule) for problem in check_values([_PHONE], {"phone": phone})]
    wrong = wrong_birthday(new.birthday, now=act.now) if new.birthday else ""
    if wrong:
        # Somebody else's: the value stays out of the answer.
        problems.append(FieldError("birthday", wrong))
    refuse(problems)
    view = RelativeView(new_id(), new.relation, f"{new.name[0]}{MASKED_NAME}")
    values = RelativeValues(name=new.name, phone=phone, birthday=new.birthday, note=new.note)
    key = await keyring.subject_key(customer_id)
    await add(
        Relative,
        id=view.id,
        customer_id=customer_id,
        relation=view.relation,
        sealed=keyring.seal(key, _relative_place(view.id), msgspec.json.encode(values).decode()),
        masked=view.masked,
        created_at=act.now,
    )
    await _changed("relative.add", customer_id, ("relative",), act)
    return view


def spelled_phone(value: str) -> str:
    """A relative's telephone number as it is kept."""
    return spelled(_PHONE, value)


async def disclose_relatives(customer_id: UUID, new: NewDisclosure, act: Act) -> list[DisclosedRelative]:
    """The relatives in clear, with the purpose on record in the same transaction (decision 9). Raises
    NotSeenWhole for whoever sees them masked at most."""
    refuse_partly(RELATIVES)
    await _known(customer_id)
    await write_down(customer_id, FieldDisclosure(**structs.asdict(new), fields=("relatives",)), act)
    rows = await fetch(
        "select id, relation, sealed from relative where customer_id = $1 order by created_at, id", customer_id
    )
    key = await keyring.subject_key(customer_id) if rows else b""
    return [_opened(row["id"], row["relation"], bytes(row["sealed"]), key) for row in rows]


class KnownRelative(Struct, frozen=True):
    """A relative of a customer, as far as it is told."""

    id: UUID
    customer_id: UUID
    relation: str
    masked: str
    values: RelativeValues | None


async def known_relatives(customer_ids: Sequence[UUID], *, unshown: keyring.Unshown | None) -> list[KnownRelative]:
    """Those of these customers in clear; `unshown` says why that is on no record, else the caller writes it down."""
    keys = await keyring.known_subject_keys(list(customer_ids))
    rows = await fetch(
        "select id, customer_id, relation, masked, sealed from relative where customer_id = any ($1)"
        " order by created_at, id",
        list(customer_ids),
    )
    return [
        KnownRelative(
            row["id"],
            row["customer_id"],
            row["relation"],
            row["masked"],
            msgspec.json.decode(
                keyring.unseal(
                    keys[row["customer_id"]], _relative_place(row["id"]), bytes(row["sealed"]), unshown=unshown
                ),
                type=RelativeValues,
            ),
        )
        for row in rows
    ]


async def remove_relative(customer_id: UUID, relative_id: UUID, act: Act) -> None:
    """Raises NotFound."""
    await _removed(Relative, customer_id, relative_id)
    await _changed("relative.remove", customer_id, ("relative",), act)


async def links(customer_id: UUID, act: Act, ended: bool = False) -> list[LinkView]:
    """In whose archives the customer has a part; customers behind a wall are left out (subtlety 68)."""
    await _look("link.read", customer_id, act)
    return await many(
        LinkView,
        "from customer_link l where customer_id = $1 and ($2 or ended_on is null or ended_on > $3) and exists"
        " (select from customer o where o.tenant_id = l.tenant_id and o.id = l.of_customer_id) order by role, id",
        customer_id,
        ended,
        _today(act),
    )


async def linked(customer_id: UUID, act: Act) -> list[PartView]:
    """Who has a part in the customer's archive today; customers behind a wall are left out (subtlety 68)."""
    await _look("link.read", customer_id, act)
    return await many(
        PartView,
        "from customer_link l where of_customer_id = $1 and (ended_on is null or ended_on > $2) and exists"
        " (select from customer o where o.tenant_id = l.tenant_id and o.id = l.customer_id) order by role, id",
        customer_id,
        _today(act),
    )


async def link(customer_id: UUID, new: NewLink, act: Act) -> LinkView:
    """A part that has ended begins anew. Raises Invalid for a customer who is not to be seen from here, Conflict when the link is there already."""
    await version_of(customer_id)
    if new.of_customer_id == customer_id:
        raise Invalid.at("of_customer_id", "another customer", value=str(customer_id))
    if not await fetch("select 1 from customer where id = $1", new.of_customer_id):
        raise Invalid.at("of_customer_id", "a customer", value=str(new.of_customer_id))
    written = await fetch(
        "insert into customer_link as l (id, customer_id, of_customer_id, role) values ($1, $2, $3, $4)"
        " on conflict (tenant_id, customer_id, of_customer_id, role) do update set ended_on = null"
        " where l.ended_on <= $5 returning id",
        *(new_id(), customer_id, new.of_customer_id, new.role, _today(act)),
    )
    if not written:
        raise Conflict(f"The customer is {new.role} there already")
    await _changed("link.add", customer_id, ("link",), act)
    return LinkView(written[0]["id"], new.of_customer_id, new.role, None)


async def end_link(customer_id: UUID, link_id: UUID, new: NewLinkEnding, act: Act) -> LinkView:
    """The customer leaves the post: what rests on it ends with it (S04-5). Raises NotFound, Conflict when it has ended."""
    await version_of(customer_id)
    today = _today(act)
    on = new.on or today
    post = await locked(CustomerLink, link_id)
    if post["customer_id"] != customer_id:
        raise missing(CustomerLink, link_id)
    if post["ended_on"] is not None and post["ended_on"] <= today:
        raise Conflict(f"The customer has not been {post['role']} there since {post['ended_on']}")
    await change(CustomerLink, link_id, ended_on=on)
    await _changed("link.end", customer_id, ("link",), act)
    await events.happen(PostEnded(customer_id, post["of_customer_id"], link_id, on), act)
    return LinkView(link_id, post["of_customer_id"], post["role"], on)


async def remove_link(customer_id: UUID, link_id: UUID, act: Act) -> None:
    """It was never so; a part that is over ends instead. Raises NotFound."""
    await _removed(CustomerLink, customer_id, link_id)
    await _changed("link.remove", customer_id, ("link",), act)


def _remembered(solar: date | None, lunar: str | None) -> Day:
    day = from_columns(solar, lunar)
    assert day is not None, "the table has a check that one of them is there"
    return day


def _opened(row: UUID, relation: str, value: bytes, key: bytes) -> DisclosedRelative:
    known = msgspec.json.decode(keyring.unseal(key, _relative_place(row), value), type=RelativeValues)
    return DisclosedRelative(row, relation, known.name, known.phone, known.birthday, known.note)


def _relative_place(row: UUID) -> Place:
    return Place("relative", "sealed", row)


def _today(act: Act) -> date:
    return act.today


async def _removed(table: type[TenantTable], customer_id: UUID, row_id: UUID) -> Record:
    """The customer's row, which is there no more. Raises NotFound."""
    rows = await fetch(
        f"delete from {name_of(table)} where customer_id = $1 and id = $2 returning *", customer_id, row_id
    )
    if not rows:
        raise missing(table, row_id)
    return rows[0]


async def _known(customer_id: UUID) -> None:
    if not await fetch("select 1 from customer where id = $1", customer_id):
        raise missing(Customer, customer_id)


async def _look(action: str, customer_id: UUID, act: Act) -> None:
    await _known(customer_id)
    await noted(action, act, customer_id=customer_id)


async def _changed(action: str, customer_id: UUID, fields: tuple[str, ...], act: Act) -> None:
    await change(Customer, customer_id, changed_at=act.now)
    await noted(action, act, customer_id=customer_id, fields=fields)
