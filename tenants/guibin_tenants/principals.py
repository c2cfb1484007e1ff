"""Who acts, and what that one may do: permissions as predicates that combine."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from .field_rights import PartRights
from .refusals import Forbidden
from .scope import ALL_UNITS

# A code of the second factor, a password of one's own where somebody else set the present one, setting a second factor up.
Owes = Literal["", "second_factor", "password", "set_up"]
Role = Literal["tenant_admin", "manager", "account_manager", "agent", "auditor"]

_SERVING = frozenset(
    {
        "customers:read",
        "customers:write",
        "customers:disclose",
        "customers:close",
        "tiers:read",
        "tiers:apply",
        "entitlements:read",
        "entitlements:redeem",
        "recognitions:write",
        "records:read",
        "records:write",
        "complaints:read",
        "complaints:write",
        "receptions:read",
        "receptions:write",
        "activities:read",
        "activities:write",
        "care:read",
        "care:write",
        "surveys:read",
        "surveys:write",
        "insight:read",
        "timers:read",
        "policy:read",
        "approvals:read",
        "requests:read",
        "requests:write",
        "cards:read",
        "cards:issue",
    }
)
_LEADING = _SERVING | {
    "approvals:decide",
    "tiers:assess",
    "facts:write",
    "customers:export",
    "customers:merge",
    "customers:emergency",
    "jobs:read",
    "campaigns:write",
    "cards:write",
    "team:write",
    "views:share",
    "policy:propose",
}

ROLE_PERMISSIONS: dict[str, frozenset[str]] = {
    "agent": _SERVING - {"customers:disclose", "customers:close"},
    "account_manager": _SERVING,
    "manager": _LEADING,
    "tenant_admin": _LEADING
    | {
        "customers:import",
        "customers:erase",
        "policy:write",
        "staff:read",
        "staff:write",
        "staff:provision",
        "keys:write",
        "jobs:write",
        "webhooks:write",
        "scripts:write",
        "channels:write",
        "mails:write",
        "automations:write",
    },
    # Reads the log and no file (decision 9), and says who else does: nobody it watches can.
    "auditor": frozenset({"audit:read", "auditors:write"}),
}
PERMISSIONS = frozenset().union(*ROLE_PERMISSIONS.values())
# What goes with nothing else: not with a role, and not with a key's `*`.
AUDITING = ROLE_PERMISSIONS["auditor"]
# All that a wall display may, and nobody else.
SHOWS_BOARD = "board:show"


class Principal(Struct, frozen=True, kw_only=True):
    """The one who acts: a member of staff, an API key, a wall display, or the product itself doing a job.

    `units` are the org units whose archives are visible; ALL_UNITS sees the tenant whole. `address` is where
    the request came from, for the audit. `owner_id` is whose key it is: it holds their roles and is held to them.
    `owes` is what a session must settle before it may do anything else. `sees` is what the roles say of parts of files, empty
    where everything is seen.
    """

    kind: Literal["staff", "key", "display", "job", "operator"]
    id: UUID
    name: str
    permissions: frozenset[str]
    roles: tuple[str, ...] = ()
    org_unit_id: UUID | None = None
    owner_id: UUID | None = None
    units: str | tuple[UUID, ...] = ALL_UNITS
    address: str = ""
    owes: Owes = ""
    sees: tuple[PartRights, ...] = ()

    @property
    def person(self) -> UUID:
        """Whoever answers for it: the member of staff, also where it is a key of theirs; else what acts itself."""
        return self.owner_id or self.id

    @property
    def is_person(self) -> bool:
        """A member of staff, or a key of theirs: their roles say what is theirs to do."""
        return self.kind == "staff" or self.owner_id is not None

    @property
    def is_system(self) -> bool:
        """A key of the operator's: it stands for a system of the company's own, which has no role."""
        return self.kind == "key" and self.owner_id is None

    @property
    def units_seen(self) -> list[UUID] | None:
        """The org units whose archives are visible, for a statement; None for all."""
        return None if isinstance(self.units, str) else list(self.units)

    def covers(self, unit_id: UUID | None) -> bool:
        """Whether the org unit is among those whose archives are visible."""
        return self.units == ALL_UNITS or unit_id in self.units


class Signature(Struct, frozen=True, kw_only=True):
    """Under whose name and at which moment something is written down. `now` is the company's, aware, in UTC."""

    by: Principal
    now: datetime


class Predicate:
    """A question about a principal; combine with `&`, `|` and `~`. `all_of` are the two that `&` put together."""

    def __init__(self, holds: Callable[[Principal], bool], says: str, all_of: "tuple[Predicate, ...]" = ()) -> None:
        self.holds = holds
        self.says = says
        self.all_of = all_of

    def __call__(self, principal: Principal) -> bool:
        return self.holds(principal)

    def __and__(self, other: "Predicate") -> "Predicate":
        return Predicate(lambda who: self(who) and other(who), f"({self.says} and {other.says})", (self, other))

    def __or__(self, other: "Predicate") -> "Predicate":
        return Predicate(lambda who: self(who) or other(who), f"({self.says} or {other.says})")

    def __invert__(self) -> "Predicate":
        return Predicate(lambda who: not self(who), f"not {self.says}")

    def __repr__(self) -> str:
        return self.says


def may(permission: str) -> Predicate:
    """Holds for those who have this permission. An unknown permission is a fault of the program."""
    if permission not in PERMISSIONS:
        raise ValueError(f"unknown permission {permission!r}; known: {sorted(PERMISSIONS)}")
    return Predicate(lambda who: permission in who.permissions, permission)


def may_any(*permissions: str) -> Predicate:
    """Holds for those who have at least one of these."""
    known = [may(permission) for permission in permissions]
    return Predicate(lambda who: any(each(who) for each in known), f"({' or '.join(permissions)})")


anyone = Predicate(lambda who: who.kind != "display", "anyone signed in")
any_credential = Predicate(lambda who: True, "any credential")
wall_display = Predicate(lambda who: SHOWS_BOARD in who.permissions, "a wall display")
sees_all = Predicate(lambda who: who.units == ALL_UNITS, "sight of the whole company")
staff_only = Predicate(lambda who: who.kind == "staff", "staff")


def require(principal: Principal, predicate: Predicate) -> None:
    """Raises Forbidden, naming what is missing."""
    if not predicate(principal):
        raise Forbidden(f"{principal.name} lacks what this needs: {predicate.says}")


def permissions_of(roles: Iterable[str]) -> frozenset[str]:
    """All that the roles allow together; a post among them allows nothing by itself."""
    return frozenset().union(*(ROLE_PERMISSIONS.get(role, frozenset()) for role in roles))
