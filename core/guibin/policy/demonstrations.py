"""What a pack's demonstration company is made of: units, people, kinds of customer with their figures, as a TOML file."""

from importlib.abc import Traversable

import msgspec
from msgspec import Struct

# Of everybody in such a company; everybody knows it.
PASSWORD = "guibin-demo-2026"


class DemoUnit(Struct, frozen=True, forbid_unknown_fields=True):
    """An org unit under the head office; it gets a head with `role` and two account managers."""

    code: str
    name: str
    role: str = "manager"


class DemoPerson(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody of the head office, by role or post."""

    login: str
    name: str
    roles: tuple[str, ...]


class DemoFact(Struct, frozen=True, forbid_unknown_fields=True):
    """One fact a month for so many months, between `low` and `high` in the metric's unit, under one of `labels`."""

    metric: str
    low: int
    high: int
    months: int = 1
    labels: tuple[str, ...] = ()


class DemoKind(Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of customer, `weight` times as frequent as one of weight 1. Most have consented to `consents`."""

    name: str
    weight: int = 1
    person: bool = True
    facts: tuple[DemoFact, ...] = ()
    consents: tuple[str, ...] = ()


class DemoProduct(Struct, frozen=True, forbid_unknown_fields=True):
    """Something customers have ordered; the price in minor units."""

    name: str
    price: int


class DemoComplaint(Struct, frozen=True, forbid_unknown_fields=True):
    """What a customer complained of lately."""

    channel: str
    text: str


class DemoVisit(Struct, frozen=True, forbid_unknown_fields=True):
    """News of a visit in so many days; `source` is who brought it."""

    source: str
    text: str
    days: int
    protocol: str | None = None


class Demonstration(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A company to try the pack with, the same on every machine.

    `fields` gives the choices of archive fields, `confidential` patterns in which `#` is a digit. `assess` names the
    schemes that are assessed once everybody is there.
    """

    slug: str
    name: str
    customers: int = 120
    units: tuple[DemoUnit, ...]
    people: tuple[DemoPerson, ...] = ()
    kinds: tuple[DemoKind, ...]
    employers: tuple[str, ...]
    positions: tuple[str, ...]
    products: tuple[DemoProduct, ...] = ()
    complaints: tuple[DemoComplaint, ...] = ()
    visits: tuple[DemoVisit, ...] = ()
    fields: dict[str, tuple[str, ...]] = {}
    confidential: dict[str, str] = {}
    assess: tuple[str, ...] = ()


def load_demonstration(file: Traversable) -> Demonstration:
    """Raises msgspec.ValidationError, which names the place."""
    return msgspec.toml.decode(file.read_text(encoding="utf-8"), type=Demonstration)
