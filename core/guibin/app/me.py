"""`/api/v1/me`: who asks, for which company, with which permissions."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, get
from msgspec import Struct

from guibin.context import Act
from guibin_tenants.principals import anyone


class HeldPost(Struct, frozen=True):
    """A post of the company's policy, titled in the caller's language."""

    name: str
    title: str


class Me(Struct, frozen=True):
    """The caller as Guibin sees them. `roles` names posts too. `now` is the company's clock."""

    kind: str
    id: UUID
    name: str
    roles: tuple[str, ...]
    posts: tuple[HeldPost, ...]
    permissions: tuple[str, ...]
    org_unit_id: UUID | None
    company: str
    packs: tuple[str, ...]
    time_zone: str
    language: str
    now: datetime


class MeController(Controller):
    path = "/api/v1/me"
    tags = ("session",)

    @get("/", needs=anyone, summary="Who you are and what you may do")
    async def me(self, act: Act) -> Me:
        return Me(
            kind=act.by.kind,
            id=act.by.id,
            name=act.by.name,
            roles=act.by.roles,
            posts=tuple(
                HeldPost(post.name, act.policy.title(f"post.{post.name}", act.language))
                for post in act.policy.posts
                if post.name in act.by.roles
            ),
            permissions=tuple(sorted(act.by.permissions)),
            org_unit_id=act.by.org_unit_id,
            company=act.company.slug,
            packs=act.company.packs,
            time_zone=act.company.time_zone,
            language=act.language,
            now=act.now,
        )
