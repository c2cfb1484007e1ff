"""How often an account manager is in touch, and what is planned and reviewed."""

from typing import Literal

from msgspec import Struct

Span = Literal["week", "month", "quarter", "year"]


class Cadence(Struct, frozen=True, forbid_unknown_fields=True):
    """At least `times` contacts per calendar `span` with customers of `tier` (any tier when empty) (S05-6)."""

    scheme: str
    tier: str
    span: Span
    times: int = 1
    face_to_face: bool = False
    inbound_counts: bool = False
    clause: str = ""


class ReviewRhythm(Struct, frozen=True, forbid_unknown_fields=True):
    """Customers of these kinds are gone through once per `span` by their account manager (S07-9)."""

    name: str
    span: Span
    customer_kinds: tuple[str, ...] = ()
    clause: str = ""


class VisitPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """A visit that settles a concrete problem is filed only with the customer's signature (S07-12)."""

    signature_when_settling: bool = True
    clause: str = ""


class PlanPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Which plans an account manager writes, and who reviews them (S05-4, S07-14)."""

    spans: tuple[Span, ...] = ("year", "month", "week")
    reviewed_by: str = "manager"
    clause: str = ""
