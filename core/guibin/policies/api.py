"""`/api/v1/policy`: what the company goes by, and its versions."""

from datetime import datetime
from typing import Any

from litestar import Controller, Request, get, post

from guibin.context import Act, Root
from guibin.policy.packs import Policy
from guibin.web.routing import gets
from guibin_tenants.principals import may, sees_all

from . import actions, queries
from .actions import NewPolicyVersion
from .bounds import OVERRIDES_BYTES_MAX
from .queries import PolicyVersionView, effective_policy

# Spaces and escapes included: what is larger is not even read.
BODY_BYTES_MAX = 4 * OVERRIDES_BYTES_MAX


class PolicyController(Controller):
    path = "/api/v1/policy"
    tags = ("policy",)

    @get("/", needs=may("policy:read"), summary="The policy in force, now or at a moment")
    async def show(self, request: Request[Any, Any, Any], act: Act, at: datetime | None = None) -> Policy:
        if at is None:
            return act.policy
        root: Root = request.app.state.root
        return await effective_policy(root.packs, act.company, at=at)

    list_versions = gets("/versions", queries.versions, "Every version, latest first", needs=may("policy:read"))

    @post(
        "/versions",
        needs=may("policy:write") & sees_all,
        request_max_body_size=BODY_BYTES_MAX,
        confirmed=True,
        summary="Write a new version",
    )
    async def write(self, data: NewPolicyVersion, request: Request[Any, Any, Any], act: Act) -> PolicyVersionView:
        root: Root = request.app.state.root
        return await actions.write(data, act, packs=root.packs)
