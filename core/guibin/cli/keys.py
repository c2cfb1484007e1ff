"""`guibin key`: API keys of a company."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from cyclopts import App, Parameter

from guibin_tenants import keys, staff
from guibin_tenants.keys import NewKey
from guibin_tenants.refusals import Invalid

from . import environment
from .moments import aware
from .output import Json, answer, answer_table

app = App(name="key", help="Create, list and revoke API keys.")


@Parameter(name="*")
@dataclass(frozen=True)
class Bounds:
    """From where and until when a key may be used."""

    address: Annotated[list[str] | None, Parameter(help="A network it may be used from; repeat.")] = None
    expires: Annotated[
        datetime | None,
        Parameter(
            help="When it ends; in the company's zone unless it has an offset, such as 2027-01-01T00:00:00+08:00."
        ),
    ] = None


@Parameter(name="*")
@dataclass(frozen=True)
class Holder:
    """Whose key it is, and for what."""

    owner: Annotated[str, Parameter(help="Login of whose key it is; without it the operator's.")] = ""
    service: Annotated[str | None, Parameter(help="What it is for, when it is not for its owner.")] = None


@app.command
async def create(
    slug: str,
    *,
    scope: Annotated[
        list[str],
        Parameter(help="A permission such as customers:read, or '*' for all but the audit; repeat for several."),
    ],
    name: str = "integration",
    holder: Holder | None = None,
    bounds: Bounds | None = None,
    json: Json = False,
) -> None:
    """Make a key; it is shown this once."""
    holder, bounds = holder or Holder(), bounds or Bounds()
    new = NewKey(
        name=name,
        scopes=tuple(scope),
        addresses=tuple(bounds.address or ()),
        expires_at=bounds.expires,
        service=holder.service,
    )
    async with environment.inside(slug) as session:
        owner = await staff.by_login(holder.owner) if holder.owner else None
        if holder.owner and (owner is None or owner.left_at is not None):
            raise Invalid.at("owner", "the login of somebody who works here", value=holder.owner)
        expires_at = aware(new.expires_at, session.tenant.time_zone)
        new = msgspec.structs.replace(new, expires_at=expires_at, owner_id=owner.id if owner else None)
        token, view = await keys.create(new, now=session.act.now, beside=session.act.hooks.permissions())
    answer({"key": token, "id": view.id, "scopes": view.scopes}, token, json=json)


@app.command(name="list")
async def list_(slug: str, *, json: Json = False) -> None:
    """All keys, without the keys themselves."""
    async with environment.inside(slug):
        found = await keys.all_keys()
    rows = [(k.id, k.name, f"…{k.hint}", " ".join(k.scopes), k.expires_at, k.revoked_at) for k in found]
    heads = ("id", "name", "key", "scopes", "expires", "revoked")
    answer_table(found, heads, rows, empty="No key yet: guibin key create", json=json)


@app.command
async def revoke(slug: str, key: UUID, *, json: Json = False) -> None:
    """End a key; running servers are told at once."""
    async with environment.inside(slug) as session:
        view = await keys.revoke(key, now=session.act.now)
    answer(view, f"Key …{view.hint} is revoked.", json=json)
