"""A new policy is made known to those who must comply, and who has read it is on record (S01-13)."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

from guibin.audit.actions import noted
from guibin.cases import Case
from guibin.context import Act
from guibin.notices.actions import Notice, notify
from guibin.periods.days import local_day
from guibin.policies.actions import REWRITTEN, Rewritten
from guibin.policy.differences import Difference, differences
from guibin.policy.packs import Policy
from guibin.policy.parts import PolicyPart, covering
from guibin_tenants.rows import add, add_all
from guibin_tenants.scope import fetch, fetch_column

from . import queries
from .queries import MUST_READ, AnnouncementView
from .refusals import NothingToRead, ReadInPerson
from .tables import PolicyAnnouncement, PolicyReading
from .wording import Change, told

SUBJECT = "policy_announcement"
# So many changes stand in a notice, so long are they; the page has all of them.
_SAID, _CHARS_MAX = 3, 160
# Who has not read it this long after the time for it is no longer reminded.
_REMINDED_FOR = timedelta(days=30)


async def announce(rewritten: Rewritten, act: Act) -> None:
    """Tell whoever the changed parts concern, with what is otherwise; nothing where nothing is."""
    found = list(differences(rewritten.before, rewritten.after))
    touched = list(_touched(found, rewritten.after))
    roles = list(dict.fromkeys(role for part in touched for role in (*part.concerns, *part.posts)))
    if not roles:
        return
    version, days = rewritten.version, min(part.read_within_days for part in touched)
    changes = told(found, rewritten.before, rewritten.after)
    announcement_id = await add(
        PolicyAnnouncement,
        act,
        policy_version=version.version,
        effective_from=version.effective_from,
        changes=changes,
        roles=roles,
        note=version.note,
        read_by_at=act.now + timedelta(days=days),
    )
    readers = await fetch_column(
        f"select s.id from policy_announcement x join staff s on {MUST_READ} and s.left_at is null where x.id = $1"
        " order by s.id",
        announcement_id,
    )
    details = {"what": _said(changes, act.company.language), "on": _day(version.effective_from, act)}
    notice = Notice("policy_announced", Case(SUBJECT, announcement_id), staff_ids=tuple(readers), details=details)
    await notify(notice, key=f"policy-announced/{announcement_id}", now=act.now)


REWRITTEN.give(announce)


async def confirm(announcement_id: UUID, act: Act) -> AnnouncementView:
    """I have read it: once, by whoever must comply, in person. Raises NotFound, ReadInPerson, NothingToRead."""
    seen = await queries.announcement(announcement_id, act)
    if act.by.kind != "staff":
        raise ReadInPerson()
    if not seen.concerns_me:
        raise NothingToRead(f"Version {seen.policy_version} concerns: {', '.join(seen.roles)}")
    who = {"announcement_id": announcement_id, "staff_id": act.by.id, "staff_name": act.by.name, "read_at": act.now}
    if await add_all(PolicyReading, None, [who], unless=("announcement_id", "staff_id")):
        await noted("policy.confirm", act, subject="policy", subject_id=announcement_id)
    return await queries.announcement(announcement_id, act)


async def remind(act: Act) -> None:
    """Whoever has not read what they must by the time for it hears so once, and who leads them how many they are."""
    unread = await fetch(
        "select x.id, x.policy_version, s.id as staff_id, s.org_unit_id from policy_announcement x"
        f" join staff s on {MUST_READ} and s.left_at is null"
        " where x.read_by_at <= $1 and x.read_by_at > $2 and not exists (select from policy_reading r"
        " where r.tenant_id = x.tenant_id and r.announcement_id = x.id and r.staff_id = s.id) order by x.id, s.id",
        act.now,
        act.now - _REMINDED_FOR,
    )
    late: dict[tuple[UUID, int, UUID | None], int] = {}
    for row in unread:
        reader = Notice(
            "policy_unread",
            Case(SUBJECT, row["id"]),
            staff_ids=(row["staff_id"],),
            details={"version": str(row["policy_version"])},
        )
        if await notify(reader, key=f"policy-unread/{row['id']}", now=act.now):
            place = (row["id"], row["policy_version"], row["org_unit_id"])
            late[place] = late.get(place, 0) + 1
    for (announcement_id, version, unit_id), count in late.items():
        leader = Notice(
            "policy_unread_below",
            Case(SUBJECT, announcement_id),
            org_unit_id=unit_id,
            roles=("manager",),
            details={"version": str(version), "count": str(count)},
        )
        await notify(leader, key=f"policy-unread-below/{announcement_id}/{unit_id}", now=act.now)


def _touched(found: Iterable[Difference], policy: Policy) -> Iterator[PolicyPart]:
    for one in found:
        yield from covering(policy.parts, one.section, one.called)


def _said(changes: list[Change], language: str) -> str:
    """The first of them, the old beside the new, with the clause."""
    said = []
    for one in changes[:_SAID]:
        element, what, old, new = (text.in_language(language) for text in (one.element, one.what, one.old, one.new))
        clause = (f" ({one.clause})" if language == "en" else f"（{one.clause}）") if one.clause else ""
        said.append(f"{element} {what} {old} → {new}{clause}"[:_CHARS_MAX])
    return ("; " if language == "en" else "；").join(said)


def _day(at: datetime, act: Act) -> str:
    return local_day(at, act.company.time_zone).isoformat()
