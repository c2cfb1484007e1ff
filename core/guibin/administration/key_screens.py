"""API keys by page: what each may do, whose it is, when it was last used; making one, putting another in its place, ending it."""

import re
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get
from msgspec import Meta

from guibin.console import choices as offered
from guibin.console.commands import Command, Commands
from guibin.console.forms import Choice
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.context import Act
from guibin.notation.plausible import Plausible
from guibin.policy.words import Line, Name, up_to
from guibin_tenants import org_units, staff
from guibin_tenants.keys import KeyView
from guibin_tenants.principals import may

from . import actions
from .actions import CreatedKey
from .requests import Moment, NewApiKey

KEYS = may("keys:write")
PATH, NAME = f"{PREFIX}/keys", "administration.keys"
ENTRIES = (Entry(title=f"{NAME}.title", path=PATH, icon="key", needs=KEYS, group="govern", order=80),)
_PARTED = re.compile(r"[\s,;，；、]+")


class KeyForm(Plausible, frozen=True, kw_only=True):
    """A key, as a form: networks in lines."""

    name: Name
    service: Line = ""
    scopes: Annotated[tuple[Name, ...], Meta(min_length=1, max_length=60)]
    expires_at: Moment | None = None
    addresses: Annotated[str, up_to(2_000)] = ""
    org_unit_id: UUID | None = None


async def make(new: KeyForm, act: Act) -> CreatedKey:
    """As `actions.create_key`."""
    key = NewApiKey(
        name=new.name,
        scopes=new.scopes,
        addresses=tuple(each for each in _PARTED.split(new.addresses) if each),
        expires_at=new.expires_at,
        org_unit_id=new.org_unit_id,
        service=new.service or None,
    )
    return await actions.create_key(key, act)


def said(scope: str, shell: Shell) -> str:
    """What a permission permits, in words."""
    return shell.says(f"{NAME}.everything") if scope == "*" else shell.permission(scope)


async def _scopes(shell: Shell) -> Sequence[Choice]:
    """What the maker may do themselves: reading first."""
    kinds = {scope: "reads" if scope.endswith(":read") else "does" for scope in shell.act.by.permissions}
    return [
        Choice(scope, said(scope, shell), shell.says(f"{NAME}.{kind}"))
        for scope, kind in sorted(kinds.items(), key=lambda each: (each[1] != "reads", each[0]))
    ]


def _shown(made: CreatedKey, shell: Shell) -> Response[str]:
    return shell.page("administration/made_key.html", made=made)


MADE = Commands(
    NAME,
    "key_id",
    f"{PATH}/texts",
    Command(
        name="make",
        action=make,
        choices={"scopes": _scopes, "org_unit_id": offered.units},
        icon="plus",
        key="n",
        main=True,
        shows=_shown,
    ),
    Command(name="rotate", action=actions.rotate_key, shows=_shown),
    needs=KEYS,
)
ENDED = Commands(NAME, "key_id", PATH, Command(name="revoke", action=actions.revoke_key, danger=True), needs=KEYS)


def is_live(key: KeyView, act: Act) -> bool:
    """Whether it works."""
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > act.now)


class KeyScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=KEYS)
    async def keys(self, shell: Shell) -> Response[str]:
        act = shell.act
        found = await actions.keys_in_sight(by=act.by)
        return shell.page(
            "administration/keys.html",
            live=[key for key in found if is_live(key, act)],
            ended=[key for key in found if not is_live(key, act)],
            owners=await staff.names_of(key.owner_id for key in found),
            units={unit.id: unit.name for unit in await org_units.all_units()},
            make=MADE.allowed(shell, "make"),
            made_at=MADE.address(act.company.id, "make"),
            rotate=MADE.known["rotate"],
            revoke=ENDED.known["revoke"],
            of_made=MADE.address,
            of_key=ENDED.address,
            said=lambda scope: said(scope, shell),
        )

    ask_made, do_made = MADE.handlers("/texts/{key_id:uuid}", needs=KEYS, confirmed=True)
    ask_key, do_key = ENDED.handlers("/{key_id:uuid}", needs=KEYS)
