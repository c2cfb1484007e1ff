"""The company's policy, version by version: as a bundle in TOML that comes in again, and as the regulation that people read."""

from collections.abc import Iterator

import msgspec

from guibin.bundles.values import Bundle, written
from guibin.console.texts import SHARED, Words, folder_of
from guibin.context import Act
from guibin.policies import queries
from guibin.policies.queries import merged, parts_of
from guibin.policy.packs import Policy
from guibin.policy_changes.writing import Speaker
from guibin_tenants.principals import ROLE_PERMISSIONS

from .writing import Folder

LANGUAGES = {"zh": "zh-CN", "en": "en"}


async def write(folder: Folder, act: Act) -> int:
    """Every version under `policy`, by its number; version 0 is what the packs say by themselves. How many there were."""
    numbers = [0, *sorted(each.version for each in await queries.versions())]
    for number in numbers:
        overrides = await parts_of(number)
        try:
            folder.write(f"policy/{number}.toml", written(Bundle(policy=overrides)).encode())
        except TypeError:
            # Of a release that TOML had no form for.
            folder.write(f"policy/{number}.json", msgspec.json.encode(overrides))
        policy = merged(act.hooks, act.company, overrides, version=number)
        for name, language in LANGUAGES.items():
            folder.write(f"policy/{number}.{name}.md", "\n".join(_regulation(policy, number, language, act)).encode())
    return len(numbers)


def roles(act: Act) -> dict[str, list[str]]:
    """What each built-in role may do; those that the company composed are rows of `company_role`."""
    added = act.hooks.permissions_of(ROLE_PERMISSIONS)
    return {role: sorted(permissions | added[role]) for role, permissions in ROLE_PERMISSIONS.items()}


def _regulation(policy: Policy, number: int, language: str, act: Act) -> Iterator[str]:
    words = Words({SHARED: folder_of(SHARED)})

    def post(role: str) -> str:
        known = words.has(f"role.{role}")
        return words.of(f"role.{role}", language) if known else policy.title(f"post.{role}", language)

    titles = [act.hooks.value(name).regulation for name in act.hooks.started(act.company.packs)]
    yield f"# {'、'.join(titles) if language != 'en' else ', '.join(titles)} · {number}"
    for chapter in Speaker(policy, language, post).chapters():
        yield f"\n## {chapter.title}"
        for article in chapter.articles:
            yield f"\n### {article.title}{f' ({article.clause})' if article.clause else ''}\n"
            yield from (f"- {item.text}" for item in article.items)
    yield ""
