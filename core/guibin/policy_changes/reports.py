"""The regulation as a document: the policy in words, with the English or any other version beside it, and on paper."""

from typing import Annotated, Literal

from litestar import Controller, Response, get
from litestar.params import Parameter
from msgspec import Struct
from msgspec.structs import replace

from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.policies.queries import merged, parts_of
from guibin.policies.queries import version as version_of
from guibin.policies.queries import versions as all_versions
from guibin.policy.packs import Policy
from guibin_tenants.principals import PERMISSIONS, ROLE_PERMISSIONS, may
from guibin_tenants.roles import composed
from guibin_tenants.scope import fetch

from .api import DRAFTS
from .writing import Chapter, Speaker, beside

NAME, PATH = "policy_changes", f"{PREFIX}/policy/regulation"
READ = may("policy:read")
RIGHTS = f"{PREFIX}/policy/rights"
ENTRIES = (
    Entry(title=f"{NAME}.document.title", path=PATH, icon="book", needs=READ, group="govern", order=32),
    Entry(title=f"{NAME}.rights.title", path=RIGHTS, icon="key", needs=DRAFTS, group="govern", order=33),
)
Number = Annotated[int | None, Parameter(ge=0, le=1_000_000)]
Beside = Literal["nothing", "english", "version"]


class RoleView(Struct, frozen=True):
    """A role: which posts bring it, how many people hold it, and what it permits."""

    name: str
    posts: tuple[str, ...]
    people: int
    permissions: frozenset[str]


class Head(Struct, frozen=True):
    """What stands over a column: which version, and from when it holds."""

    title: str
    since: str


class RegulationScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=READ)
    async def regulation(
        self, shell: Shell, version: Number = None, other: Number = None, show: Beside = "nothing"
    ) -> Response[str]:
        policy = await _policy(version, shell)
        chapters = _said(policy, shell, shell.language)
        second: list[Chapter] = chapters
        heads = [await _head(version, shell)]
        if show == "english":
            second = _said(policy, shell, "en" if shell.language != "en" else "zh-CN")
            heads.append(Head(shell.says(f"{NAME}.document.english"), ""))
        elif show == "version":
            other = other or 0
            # The older stands on the left, whichever was asked for first.
            second = chapters
            chapters = _said(await _policy(other, shell), shell, shell.language)
            heads.insert(0, await _head(other, shell))
        pairs = beside(chapters, second, marked=show == "version")
        return shell.page(
            "policy_changes/regulation.html",
            pairs=pairs,
            heads=heads,
            show=show,
            version=version,
            other=other,
            moved=sum(pair.moved for pair in pairs),
            versions=await all_versions(),
            titles=_titles(policy, shell),
        )


class RoleScreens(Controller):
    path = RIGHTS
    include_in_schema = False

    @get("/", needs=DRAFTS)
    async def roles(self, shell: Shell) -> Response[str]:
        held = await fetch(
            "select role, count(*)::int as people from staff, unnest(roles) role where left_at is null group by 1"
        )
        people = {row["role"]: row["people"] for row in held}
        posts = shell.act.policy.posts
        added = shell.act.hooks.permissions_of(ROLE_PERMISSIONS)
        built_in = {role: permissions | added[role] for role, permissions in ROLE_PERMISSIONS.items()}
        known = built_in | {role.name: frozenset(role.permissions) for role in await composed()}
        roles = [
            RoleView(name, tuple(post.name for post in posts if post.role == name), people.get(name, 0), permissions)
            for name, permissions in known.items()
        ]
        permissions = sorted(PERMISSIONS | shell.act.hooks.permissions().keys())
        return shell.page("policy_changes/rights.html", roles=roles, permissions=permissions, said=shell.permission)


async def _policy(number: int | None, shell: Shell) -> Policy:
    """The policy of a version over the packs as they are today; the one in force without. Raises NotFound."""
    act = shell.act
    if number is None:
        return act.policy
    return merged(act.hooks, act.company, await parts_of(number), version=number)


def _said(policy: Policy, shell: Shell, language: str) -> list[Chapter]:
    speaking = replace(shell, act=replace(shell.act, policy=policy), look=replace(shell.look, language=language))
    return Speaker(policy, language, speaking.post).chapters()


async def _head(number: int | None, shell: Shell) -> Head:
    number = shell.act.policy.version if number is None else number
    view = await version_of(number) if number else None
    title = shell.says(f"{NAME}.version", version=number) if number else shell.says("policy_shipped")
    return Head(title, shell.says(f"{NAME}.from", at=shell.clock.moment(view.effective_from)) if view else "")


def _titles(policy: Policy, shell: Shell) -> list[str]:
    return [shell.act.hooks.value(name).regulation for name in policy.packs]
