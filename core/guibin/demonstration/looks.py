"""Who looked at whom in a demonstration company before today, what left it, and who did not get in: what its auditor reads."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec.structs import replace

from guibin.administration import actions as administration
from guibin.administration.requests import NewApiKey
from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.oversight.unusual import draw
from guibin.profiles.queries import OPEN
from guibin_tenants.principals import Principal
from guibin_tenants.scope import fetch
from guibin_tenants.tables import new_id

from .days import Scene

LOOKED_SINCE_DAYS, LOOKS = 34, 60
_PURPOSES = ("", "回访前核对电话", "处理投诉", "", "开卡核对", "回访抽查")
_NOTES = (
    AuditNote(action="customer.read"),
    AuditNote(action="membership.read", subject="membership", fields=("tier", "measures")),
    AuditNote(action="customer.disclose", fields=("mobile",)),
    AuditNote(action="entitlements.read", fields=("tier", "redemptions")),
    AuditNote(action="fact.list", fields=("facts",)),
    AuditNote(action="complaint.read", subject="complaint"),
)
_OUTSIDE = "协助调查 → 市公安局 (调取证据通知书)"


async def look_around(scene: Scene, people: Sequence[Principal], admins: Sequence[Principal]) -> None:
    """Inside the company's scope, when its customers and people are there: weeks of looks, one night, two files, a key."""
    customers = await fetch(f"select c.id, c.org_unit_id from {OPEN} order by c.number limit 40")
    begun = scene.act.now - timedelta(days=LOOKED_SINCE_DAYS)
    for place in range(LOOKS):
        person, customer = people[place % len(people)], customers[place % len(customers)]["id"]
        said = _NOTES[place % len(_NOTES)]
        purpose = _PURPOSES[place % len(_PURPOSES)] or ("核对资料" if said.action == "customer.disclose" else "")
        at = begun + timedelta(days=place // 2, hours=place % 7, minutes=11 * place % 60)
        await record(replace(said, id=new_id(), customer_id=customer, purpose=purpose), _as(person, at, scene))
    await _a_night(scene, people[0], [row["id"] for row in customers])
    await _files(scene, people[-1], [row["id"] for row in customers])
    await _rights(scene, people[0], admins[0])
    await draw(scene.act)


def _as(person: Principal, at: datetime, scene: Scene) -> Act:
    return replace(scene.act, by=person, now=at)


async def _a_night(scene: Scene, person: Principal, customers: Sequence[UUID]) -> None:
    """Many archives late in the evening."""
    late = scene.act.now.replace(minute=5, second=0, microsecond=0) - timedelta(days=3)
    late -= timedelta(hours=(scene.act.now.hour - 15) % 24)
    for place, customer in enumerate(customers):
        note = AuditNote(action="customer.read", customer_id=customer)
        await record(note, _as(person, late + timedelta(seconds=70 * place), scene))


async def _files(scene: Scene, person: Principal, customers: Sequence[UUID]) -> None:
    act = _as(person, scene.act.now - timedelta(days=5, hours=2), scene)
    await record(
        AuditNote(
            action="customer.export", customer_ids=tuple(customers), shown=len(customers), purpose="季度走访名单核对"
        ),
        act,
    )
    await record(
        AuditNote(action="customer.disclose", customer_id=customers[0], fields=("mobile",), purpose=_OUTSIDE),
        replace(act, now=act.now + timedelta(days=1)),
    )


async def _rights(scene: Scene, person: Principal, admin: Principal) -> None:
    act = _as(admin, scene.act.now - timedelta(days=9), scene)
    made = await administration.create_key(NewApiKey(name="数据核对", scopes=("customers:read",)), act)
    await administration.revoke_key(made.key.id, replace(act, now=act.now + timedelta(days=6)))
    failed = _as(replace(person, address="10.8.3.21"), scene.act.now - timedelta(days=2, hours=1), scene)
    for minute in range(5):
        note = AuditNote(action="session.failure", subject="session", subject_id=person.id, shown=0)
        await record(note, replace(failed, now=failed.now + timedelta(minutes=minute)))
    note = AuditNote(action="session.lock_out", subject="session", subject_id=person.id, shown=0)
    await record(note, replace(failed, now=failed.now + timedelta(minutes=5)))
