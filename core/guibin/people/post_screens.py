"""Posts by page: who holds each, what of the policy rests on it, and which are vacant."""

from collections.abc import Mapping, Sequence

from litestar import Controller, Response, get, post
from msgspec.structs import replace

from guibin.console import forms
from guibin.console.forms import Choice
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin_tenants.refusals import NotFound, Refusal

from . import posts, roles
from .api import READ, WRITE
from .roles import PostBrings

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


# What was sent, what is wrong with it by field, and the status of the answer.
_Sent = tuple[Mapping[str, Sequence[str]], Mapping[str, str], int]


class PostScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=READ)
    async def posts(self, shell: Shell) -> Response[str]:
        found = await posts.posts(replace(shell.act, language=shell.language))
        titles = {role.name: role.title for role in await roles.all_roles(shell.act)}
        return shell.page(
            "people/posts.html",
            titles=titles,
            changes=WRITE(shell.act.by),
            posts=sorted(found, key=lambda each: not (each.vacant and each.rests)),
        )

    @get("/{post:str}", needs=WRITE)
    async def what_it_brings(self, post: str, shell: Shell) -> Response[str]:
        """First which roles it shall bring, then who gains and loses what by it, then the word that does it."""
        asked = {"roles": shell.request.query_params.getall("roles", [])}
        return await _page(post, shell, (asked, {}, 200), checked="checked" in shell.request.query_params)

    @post("/{post:str}", needs=WRITE, confirmed=True, status_code=200)
    async def bring(self, post: str, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        try:
            await roles.bring(post, forms.taken(PostBrings, given, shell), shell.act)
        except Refusal as refusal:
            return await _page(post, shell, (given, *forms.wrong(refusal, shell)), checked=True)
        return shell.done(shell.says(f"{NAME}.done"), goes_to=PATH)


async def _page(name: str, shell: Shell, sent: _Sent, *, checked: bool) -> Response[str]:
    found = next((each for each in await posts.posts(shell.act) if each.name == name), None)
    if found is None:
        raise NotFound(f"There is no post {name}")
    given, wrong, status = sent
    given = given if checked else {"roles": found.brings}
    changes = None
    if checked and not wrong:
        try:
            new = forms.taken(PostBrings, {key: list(values) for key, values in given.items()}, shell)
            changes = await roles.check_brought(name, new, shell.act)
        except Refusal as refusal:
            wrong, _ = forms.wrong(refusal, shell)
    own = [each for each in await roles.all_roles(shell.act) if each.id is not None]
    form = forms.Form(kind=PostBrings, slice_name=NAME, choices={"roles": [Choice(one.name, one.title) for one in own]})
    return shell.page(
        "people/post.html",
        status=status,
        one=found,
        composed=bool(own),
        fields=form.fields(shell, given, wrong),
        problem=wrong.get("", ""),
        asked=given,
        changes=changes,
        permits=lambda names: [shell.permission(each) for each in names],
    )
