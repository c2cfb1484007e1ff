"""`/api/v1/policy`: what the company goes by, and its versions."""

from datetime import datetime
from typing import Any

from litestar import Controller, Request, get

from guibin.context import Act, Root
from guibin.policy.packs import Policy
from guibin_tenants.principals import may

from .queries import effective_policy


class PolicyController(Controller):
    path = "/api/v1/policy"
    tags = ("policy",)

    @get("/", needs=may("policy:read"), summary="The policy in force, now or at a moment")
    async def show(self, request: Request[Any, Any, Any], act: Act, at: datetime | None = None) -> Policy:
        if at is None:
            return act.policy
        root: Root = request.app.state.root
        return await effective_policy(root.packs, act.company, at=at)
