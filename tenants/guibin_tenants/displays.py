"""Wall displays: screens that show an org unit's board for long, with nobody signed in there.

Somebody who leads makes one and gets a code, once; whoever stands before the screen tells it, and the screen gets a
credential of its own. It shows one thing and does nothing, as long as its maker may see that themselves.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Timestamptz, Varchar

from .access import access_changed
from .credentials import issue
from .scope import current_tenant, execute, fetch, fetch_one
from .tables import Index, Keys, TenantTable

# So long a code may be told that was not told yet.
CODE_LASTS = timedelta(hours=1)
# Without what is taken for something else when it is read from a screen: 60 bits.
_LETTERS, _CODE_CHARS, _GROUP = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789", 12, 4


class WallDisplay(TenantTable, tablename="wall_display"):
    """One screen: whose it is, what it shows (`org_unit_id`, None the whole company) and until when. `digest` is of its credential,
    None until its code was told; `used_at` is when it last asked, to the minute."""

    name = Varchar(length=100)
    staff_id = UuidColumn(default=None)
    org_unit_id = UuidColumn(default=None, null=True)
    code_digest = Varchar(length=64, default=None, null=True, secret=True)
    code_expires_at = Timestamptz(default=None, null=True)
    digest = Varchar(length=64, default=None, null=True, secret=True)
    created_at = Timestamptz(default=None, null=True)
    expires_at = Timestamptz(default=None, null=True)
    opened_at = Timestamptz(default=None, null=True)
    used_at = Timestamptz(default=None, null=True)
    ended_at = Timestamptz(default=None, null=True)
    device = Varchar(length=60, default="")
    address = Varchar(length=64, default="")

    keys = Keys(
        while_frozen=("used_at",),
        unique=(("digest",), ("code_digest",)),
        references={"staff_id": "staff", "org_unit_id": "org_unit"},
        indexes=(Index(("staff_id", "expires_at")),),
    )


class NewDisplay(Struct, frozen=True, kw_only=True):
    """What a screen is called, whose it is, what it shows, and until when."""

    name: str
    staff_id: UUID
    org_unit_id: UUID | None
    expires_at: datetime


class DisplaySeen(Struct, frozen=True, kw_only=True):
    """A display as it is seen later. `opened_at` None: its code was not told yet."""

    id: UUID
    name: str
    staff_id: UUID
    staff_name: str
    org_unit_id: UUID | None
    unit_name: str
    created_at: datetime
    expires_at: datetime
    opened_at: datetime | None
    used_at: datetime | None
    device: str
    address: str


class Opened(Struct, frozen=True):
    """A screen's credential, shown once, and the display it is of."""

    token: str
    id: UUID
    name: str
    expires_at: datetime


_SEEN = (
    "select d.*, s.name as staff_name, coalesce(u.name, '') as unit_name from wall_display d"
    " join staff s on s.tenant_id = d.tenant_id and s.id = d.staff_id"
    " left join org_unit u on u.tenant_id = d.tenant_id and u.id = d.org_unit_id"
)


async def create(new: NewDisplay, *, now: datetime) -> tuple[str, UUID]:
    """The code that opens it, shown this once, and its id."""
    code = "".join(secrets.choice(_LETTERS) for _ in range(_CODE_CHARS))
    display = WallDisplay(
        name=new.name,
        staff_id=new.staff_id,
        org_unit_id=new.org_unit_id,
        code_digest=_digest(code),
        code_expires_at=min(now + CODE_LASTS, new.expires_at),
        created_at=now,
        expires_at=new.expires_at,
    )
    await WallDisplay.insert(display)
    return "-".join(code[place : place + _GROUP] for place in range(0, _CODE_CHARS, _GROUP)), display.id


async def open_by(code: str, *, device: str, address: str, now: datetime) -> Opened | None:
    """The code was told before a screen, once: it is that display from now on. None for one that opens nothing."""
    token, credential = issue("gb_wall_", current_tenant())
    row = await fetch_one(
        "update wall_display d set digest = $2, code_digest = null, opened_at = $3, used_at = $3, device = $4, address = $5"
        " from staff s where s.tenant_id = d.tenant_id and s.id = d.staff_id and s.left_at is null"
        " and d.code_digest = $1 and d.code_expires_at > $3 and d.ended_at is null returning d.id, d.name, d.expires_at",
        _digest(code),
        credential.digest,
        now,
        device,
        address,
    )
    return Opened(token, row["id"], row["name"], row["expires_at"]) if row else None


async def live(*, now: datetime) -> list[DisplaySeen]:
    """All that have not ended, by name."""
    rows = await fetch(f"{_SEEN} where d.ended_at is null and d.expires_at > $1 order by d.name, d.id", now)
    return [DisplaySeen(**{name: row[name] for name in DisplaySeen.__struct_fields__}) for row in rows]


async def maker_of(display_id: UUID) -> UUID | None:
    """Whose display it is."""
    row = await fetch_one("select staff_id from wall_display where id = $1", display_id)
    return row["staff_id"] if row else None


async def end(display_id: UUID, *, now: datetime) -> bool:
    """It shows nothing any more, at once; whether it did before."""
    await access_changed()
    return bool(
        await execute("update wall_display set ended_at = $2 where id = $1 and ended_at is null", display_id, now)
    )


async def end_of_maker(staff_id: UUID, *, now: datetime) -> None:
    """Somebody left: their screens go dark."""
    await access_changed()
    await execute("update wall_display set ended_at = $2 where staff_id = $1 and ended_at is null", staff_id, now)


async def end_of_unit(unit_id: UUID, *, now: datetime) -> None:
    """The org unit was dissolved: there is nothing of it to be shown."""
    await execute("update wall_display set ended_at = $2 where org_unit_id = $1 and ended_at is null", unit_id, now)


async def display_used(digest: str, *, now: datetime) -> None:
    """It asked. Waits for nobody: whoever else writes that down says the same."""
    await execute(
        "update wall_display set used_at = $2 where id ="
        " (select id from wall_display where digest = $1 for no key update skip locked)",
        digest,
        now,
    )


def _digest(code: str) -> str:
    typed = "".join(letter for letter in code.upper() if letter in _LETTERS)
    return hashlib.sha256(f"{current_tenant()}/{typed}".encode()).hexdigest()
