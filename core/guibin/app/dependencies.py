"""What handlers get by name: `act`, `page`, or one of `by`, `now`, `company`, `policy`, `hooks`, `language`."""

from datetime import datetime
from typing import Any

from litestar import Request
from litestar.di import Provide

from guibin.context import Act, Company, Root
from guibin.context import Request as Ours
from guibin.packs import Hooks
from guibin.policies.queries import act_of, effective_policy
from guibin.policy.packs import Policy
from guibin.web.listing import PageAsked, from_query
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import Unauthenticated

Incoming = Request[Any, Any, Any]


def provide_by(request: Incoming) -> Principal:
    """Who asks."""
    return _ours(request).by


def provide_now(request: Incoming) -> datetime:
    """The company's now, UTC."""
    return _ours(request).now


def provide_company(request: Incoming) -> Company:
    """The company asked."""
    return _ours(request).company


def provide_language(request: Incoming) -> str:
    """zh-CN or en: the first of `Accept-Language` we have, else the company's."""
    return spoken(request) or _ours(request).company.language


def provide_language_anywhere(request: Incoming) -> str:
    """As `provide_language`, where it may not be known yet who asks."""
    return spoken(request) or unsaid(request)


def unsaid(request: Incoming) -> str:
    """What is spoken with whoever says nothing of it: their company's language, Chinese before it is known who asks."""
    known: Ours | None = request.scope.get("guibin")  # type: ignore[assignment]  # our own key in the ASGI scope
    return known.company.language if known else "zh-CN"


def spoken(request: Incoming) -> str:
    """zh-CN or en: the first of `Accept-Language` we have; empty without one."""
    for part in request.headers.get("accept-language", "").split(","):
        tag = part.split(";")[0].strip().lower()
        if tag.startswith("zh"):
            return "zh-CN"
        if tag.startswith("en"):
            return "en"
    return ""


def provide_hooks(request: Incoming) -> Hooks:
    """The hooks of the company's packs."""
    root: Root = request.app.state.root
    return root.packs.hooks_of(_ours(request).company.packs)


async def provide_policy(request: Incoming) -> Policy:
    """The company's policy in force now."""
    root: Root = request.app.state.root
    ours = _ours(request)
    return await effective_policy(root.packs, ours.company, at=ours.now)


async def provide_act(request: Incoming) -> Act:
    """Who acts, when, for which company and under which policy."""
    root: Root = request.app.state.root
    ours = _ours(request)
    return await act_of(root.packs, ours.company, by=ours.by, now=ours.now, language=provide_language(request))


def _ours(request: Incoming) -> Ours:
    found: Ours | None = request.scope.get("guibin")  # type: ignore[assignment]  # our own key in the ASGI scope
    if found is None:
        raise Unauthenticated()
    return found


DEPENDENCIES = {
    "act": Provide(provide_act),
    "page": from_query(PageAsked),
    "by": Provide(provide_by, sync_to_thread=False),
    "now": Provide(provide_now, sync_to_thread=False),
    "company": Provide(provide_company, sync_to_thread=False),
    "language": Provide(provide_language, sync_to_thread=False),
    "hooks": Provide(provide_hooks, sync_to_thread=False),
    "policy": Provide(provide_policy),
}
