"""What changed in who may do what: signing in, keys, roles and posts, the company's policy."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from guibin.administration.tables import RoleChange
from guibin.audit.actions import noted
from guibin.audit.kinds import RIGHTS, title_of
from guibin.audit.queries import LISTED, among
from guibin.audit.tables import TROUBLE
from guibin.context import Act
from guibin.policies.tables import PolicyVersion
from guibin.web.listing import Listing, PageAsked
from guibin.web.paging import Page
from guibin_tenants.rows import name_of

from .looks import LINES
from .spans import Span, bounded

Kind = Literal["sign_in", "key", "role", "policy"]
_ALL = frozenset().union(*RIGHTS.values())
_KIND = "case " + " ".join(f"when {among(actions)} then '{kind}'" for kind, actions in RIGHTS.items()) + " end"
# As the index of such entries has it, or it would not be found by that.
_TROUBLED = f"({among(TROUBLE)} or x.refused <> '')"
_TROUBLE = f"coalesce({_TROUBLED}, false)"


class RightsFilter(Struct, frozen=True, kw_only=True):
    """Which changes; `trouble`: what failed, locked out or was refused. `person_id` did it, or had it done to them."""

    kind: Kind | None = None
    trouble: bool | None = None
    person_id: UUID | None = None
    org_unit_id: UUID | None = None
    span: Span | None = None
    since: datetime | None = None
    until: datetime | None = None


class RightsView(Struct, frozen=True):
    """One change. `whom` is the person, key or version it is about; `given` and `taken` are roles and posts, `from_unit` and `to_unit`
    where the person was moved. `version` is the policy's that was written."""

    id: UUID
    happened_at: datetime
    actor_kind: str
    actor_id: UUID
    actor_name: str
    unit_name: str
    address: str
    action: str
    title: str
    kind: Kind
    trouble: bool
    refused: str
    whom_id: UUID | None
    whom: str
    given: tuple[str, ...]
    taken: tuple[str, ...]
    from_unit: str
    to_unit: str
    version: int | None
    note: str


CHANGES: Listing[RightsView] = Listing(
    view=RightsView,
    source="audit_entry x"
    " left join staff s on s.tenant_id = x.tenant_id and s.id = x.subject_id and x.subject = 'staff'"
    f" left join {name_of(RoleChange)} r on r.tenant_id = x.tenant_id and r.entry_id = x.id"
    " left join org_unit o on o.tenant_id = x.tenant_id and o.id = x.subject_id and x.subject = 'org_unit'"
    " left join wall_display w on w.tenant_id = x.tenant_id and w.id = x.subject_id and x.subject = 'wall_display'"
    " left join api_key k on k.tenant_id = x.tenant_id and k.id = x.subject_id and x.subject = 'api_key'"
    f" left join {name_of(PolicyVersion)} v on v.tenant_id = x.tenant_id and v.id = x.subject_id and x.action = 'policy.write'",
    order=LISTED.order,
    holds=among(_ALL),
    columns={
        "unit_name": LINES.columns["unit_name"],
        "title": "x.action",
        "kind": _KIND,
        "trouble": _TROUBLE,
        "refused": "coalesce(x.refused, '')",
        "whom_id": "s.id",
        "whom": "coalesce(s.name, k.name, o.name, w.name, '')",
        "given": "coalesce(r.given, '{}')",
        "taken": "coalesce(r.taken, '{}')",
        "from_unit": "coalesce((select u.name from org_unit u where u.id = r.from_unit_id), '')",
        "to_unit": "coalesce((select u.name from org_unit u where u.id = r.to_unit_id), '')",
        "version": "v.version",
        "note": "x.purpose",
    },
    filters={
        "kind": {kind: among(actions) for kind, actions in RIGHTS.items()},
        "trouble": f"{_TROUBLE} = $value",
        "person_id": "x.id = any (array(select e.id from audit_entry e where e.actor_id = $value"
        f" and {among(_ALL).replace('x.', 'e.')} union select e.id from audit_entry e where e.subject_id = $value))",
        "since": "x.happened_at >= $value",
        "until": "x.happened_at < $value",
    },
)


# Few go wrong: they are found without the rest being gone through.
TROUBLES = replace(CHANGES, holds=f"{CHANGES.holds} and {_TROUBLED}")


async def changes(filters: RightsFilter, page: PageAsked, act: Act) -> Page[RightsView]:
    """A page of changes, newest first; that it was read is on record."""
    asked = bounded(filters, act)
    if asked.trouble:
        found = await TROUBLES.page(replace(asked, trouble=None), page, act)
    else:
        found = await CHANGES.page(asked, page, act)
    await noted("audit.rights", act, subject="audit", shown=len(found.items))
    items = [replace(each, title=title_of(each.action, act.policy, act.language)) for each in found.items]
    return Page(items, found.next)
