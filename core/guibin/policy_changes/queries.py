"""Reading what was proposed, what was announced, and who has read it."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from guibin.cases.followed import FOLLOWED, Followed
from guibin.cases.outcomes import Outcome
from guibin.context import Act
from guibin.policy.packs import Overrides
from guibin.policy.parts import PolicyPart
from guibin.web.listing import Listing, newest_first
from guibin_tenants.principals import Principal, may
from guibin_tenants.rows import read

from .tables import PolicyAnnouncement, PolicyProposal
from .wording import Change


class PartView(Struct, frozen=True):
    """A part of the policy: whose it is, after whose yes it changes, who must comply; `mine`: one's own to change."""

    name: str
    title: str
    covers: tuple[str, ...]
    posts: tuple[str, ...]
    approval: str
    concerns: tuple[str, ...]
    read_within_days: int
    clause: str
    mine: bool


class ProposalView(Struct, frozen=True, kw_only=True):
    """A change that was proposed; `became` is the version of the policy that it became, None until it is approved."""

    id: UUID
    part: str
    overrides: Overrides
    brought_back: tuple[str, ...]
    changes: tuple[Change, ...]
    effective_from: datetime | None
    note: str
    proposed_by_name: str
    proposed_at: datetime
    approval_id: UUID | None
    outcome: Outcome | None
    decided_at: datetime | None
    became: int | None


class ProposalFilter(Struct, frozen=True, kw_only=True):
    """Of which part; `open_only` those that wait for their approval."""

    part: str | None = None
    open_only: bool = False


class AnnouncementView(Struct, frozen=True, kw_only=True):
    """What a version changed; `concerns_me` whether whoever asks must comply, and has read it at `read_at`."""

    id: UUID
    policy_version: int
    effective_from: datetime
    changes: tuple[Change, ...]
    roles: tuple[str, ...]
    note: str
    written_by_name: str
    written_at: datetime
    read_by_at: datetime
    concerns_me: bool
    read_at: datetime | None


class AnnouncementFilter(Struct, frozen=True, kw_only=True):
    """Those of a version; `unread` those that whoever asks still has to read."""

    policy_version: int | None = None
    unread: bool = False


State = Literal["read", "unread", "late"]


class ReaderView(Struct, frozen=True, kw_only=True):
    """Somebody who must comply: whether they have read it, and when; `late` past the time for it."""

    staff_id: UUID
    staff_name: str
    unit_name: str
    state: State
    read_at: datetime | None


PROPOSALS = Listing(
    view=ProposalView,
    source="policy_proposal x",
    order=newest_first("x.proposed_at"),
    filters={"open_only": "x.outcome is null"},
)
# The member of staff `s` must comply with what `x` says. Whoever wrote it knows it, also where a key of theirs did.
MUST_READ = (
    "s.tenant_id = x.tenant_id and s.roles && x.roles and s.id is distinct from coalesce("
    "(select k.owner_id from api_key k where k.tenant_id = x.tenant_id and k.id = x.written_by), x.written_by)"
)
_CONCERNS = f"exists (select from staff s where s.id = $me::uuid and {MUST_READ})"
_READ = (
    "(select r.read_at from policy_reading r where r.tenant_id = x.tenant_id and r.announcement_id = x.id"
    " and r.staff_id = $me::uuid)"
)
# Asked with `looking`.
ANNOUNCEMENTS = Listing(
    view=AnnouncementView,
    source="policy_announcement x",
    order=newest_first("x.written_at"),
    columns={"concerns_me": _CONCERNS, "read_at": _READ},
    filters={"unread": f"{_CONCERNS} and {_READ} is null"},
)
_READERS = f"""select s.id as staff_id, s.name as staff_name, coalesce(u.name, '') as unit_name, r.read_at,
    case when r.read_at is not null then 'read' when x.read_by_at <= $2 then 'late' else 'unread' end as state
    from policy_announcement x join staff s on {MUST_READ}
    left join org_unit u on u.tenant_id = s.tenant_id and u.id = s.org_unit_id
    left join policy_reading r on r.tenant_id = x.tenant_id and r.announcement_id = x.id and r.staff_id = s.id
    where x.id = $1 and (s.left_at is null or r.read_at is not null)
        and ($3::uuid[] is null or s.org_unit_id = any ($3::uuid[]))
    order by r.read_at is not null, u.name nulls first, s.name, s.id"""


async def proposal(proposal_id: UUID) -> ProposalView:
    """Raises NotFound."""
    return await PROPOSALS.one(proposal_id)


async def looking(act: Act) -> dict[str, Any]:
    """The values of ANNOUNCEMENTS: a key of somebody's is asked for its owner."""
    return {"me": act.by.person}


async def announcement(announcement_id: UUID, act: Act) -> AnnouncementView:
    """Raises NotFound."""
    return await ANNOUNCEMENTS.one(announcement_id, **await looking(act))


async def readers(announcement_id: UUID, act: Act) -> list[ReaderView]:
    """Everybody of the org units in sight who must have read it, those who have not first. Raises NotFound."""
    await announcement(announcement_id, act)
    return await read(ReaderView, _READERS, announcement_id, act.now, act.by.units_seen)


async def parts(act: Act) -> list[PartView]:
    """Every part of the policy, and whether it is one's own to change."""
    return [_shown(part, act) for part in act.policy.parts]


def holds(by: Principal, part: PolicyPart) -> bool:
    """Whether the part is this one's: by a post; all parts are of whoever writes policies, and of the company's own systems."""
    return not by.is_person or may("policy:write")(by) or bool(set(part.posts) & set(by.roles))


def _shown(part: PolicyPart, act: Act) -> PartView:
    said = {name: getattr(part, name) for name in PartView.__struct_fields__ if hasattr(part, name)}
    return PartView(**said, title=act.policy.title(f"policy_part.{part.name}", act.language), mine=holds(act.by, part))


for _what, _table in (("policy_proposal", PolicyProposal), ("policy_announcement", PolicyAnnouncement)):
    FOLLOWED.give(_what, Followed(may("policy:read"), _table))
