"""Posts by page: who holds each, what of the policy rests on it, and which are vacant."""

from litestar import Controller, Response, get
from msgspec.structs import replace

from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell

from . import posts
from .api import READ

NAME, PATH = "people.post", f"{PREFIX}/posts"
ENTRIES = (
    Entry(
        title=f"{NAME}.title",
        path=PATH,
        icon="id",
        needs=READ,
        group="govern",
        order=70,
        has=lambda policy: bool(policy.posts),
    ),
)


class PostScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=READ)
    async def posts(self, shell: Shell) -> Response[str]:
        found = await posts.posts(replace(shell.act, language=shell.language))
        return shell.page("people/posts.html", posts=sorted(found, key=lambda each: not (each.vacant and each.rests)))
