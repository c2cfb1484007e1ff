"""`/api/v1/me`: who asks, for which company, with which permissions."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, get
from msgspec import Struct

from guibin.context import Company
from guibin.policy.packs import Policy
from guibin_tenants.principals import Principal, anyone


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
    async def me(self, by: Principal, company: Company, policy: Policy, now: datetime, language: str) -> Me:
        return Me(
            kind=by.kind,
            id=by.id,
            name=by.name,
            roles=by.roles,
            posts=tuple(
                HeldPost(post.name, policy.title(f"post.{post.name}", language))
                for post in policy.posts
                if post.name in by.roles
            ),
            permissions=tuple(sorted(by.permissions)),
            org_unit_id=by.org_unit_id,
            company=company.slug,
            packs=company.packs,
            time_zone=company.time_zone,
            language=language,
            now=now,
        )
