"""What can be done to the thing a page shows: an action of its slice, asked for by a form in a dialog, one key away."""

import hashlib
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, get_type_hints
from uuid import UUID

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct
from msgspec.structs import replace

from guibin.context import Act
from guibin.policy.forms import Form as Sheet
from guibin_tenants.principals import Predicate, require
from guibin_tenants.refusals import NotFound, Refusal

from . import answers, forms
from .foreseen import Foreseen
from .forms import Choice
from .shell import Outcome, Shell, Undoing

Offered = Callable[[Shell], Awaitable[Sequence[Choice]]]
Prefilled = Callable[[Shell, UUID], Awaitable[Mapping[str, str | Sequence[str]]]]
Before = Callable[[Shell, UUID], Awaitable[Mapping[str, str]]]
Tells = Callable[[Sequence[Any], Shell], Awaitable[Outcome]]
Shows = Callable[[Any, Shell], Response[str]]
Leads = Callable[[Any], str]
SheetOf = Callable[[Shell], Awaitable[Sheet | None]]
# What would come of it, from what the action would be called with.
Foresees = Callable[[Mapping[str, Any], Shell], Awaitable[Foreseen]]


class Asks(Struct, frozen=True):
    """What a form asks of this very thing: fields that are left out, and others without which it is refused. `about` says
    in words what it is."""

    left_out: frozenset[str] = frozenset()
    needed: frozenset[str] = frozenset()
    about: tuple[str, ...] = ()


Asking = Callable[[Shell], Awaitable[Asks]]


class Undo(Struct, frozen=True, kw_only=True):
    """The inverse of a command: another one of the same thing, filled in with how it was `before`, or with what is known of
    what was done `after`. Where it asks for a reason, that it was undone is one. It is done as any other, on record as itself."""

    command: str
    before: Before | None = None
    after: Callable[[Any], Mapping[str, str]] | None = None


# What a command needs that does not say: it is given to nobody, until those it belongs to say.
nobody = Predicate(lambda who: False, "nobody")


class Command(Struct, frozen=True, kw_only=True):
    """One action as people reach it. Its name is the text `<slice>.do.<name>`; `<slice>.done.<name>` says that it is done.

    `new` is the struct it takes, None for an action that asks nothing. `choices` are offered where the struct takes an
    id or one of the policy's names; `finds` are fields that take a customer, found by what is typed. `key` is pressed on the
    page. `asks` says what this very thing is asked, `sheet` which of the policy's forms is filled in with it, as the `answers` of
    what it takes; it `needs` what all of them need unless it says otherwise. `undo` is offered for some seconds once it is done; `tells` says what came of it, where that is not the same
    for all that were selected; `shows` puts what came of it into the dialog, once; `leads` says where the reader goes on. `foresees` says what would come of it: that is shown first, and it
    is done once that very thing was seen.
    """

    name: str
    action: Callable[..., Awaitable[Any]]
    needs: Predicate = nobody
    icon: str = "chevron-right"
    key: str = ""
    danger: bool = False
    main: bool = False
    new: type[Struct] | None = None
    choices: Mapping[str, Offered] = {}
    given: Prefilled | None = None
    left_out: frozenset[str] = frozenset()
    asks: Asking | None = None
    hidden: frozenset[str] = frozenset()
    finds: frozenset[str] = frozenset()
    sheet: SheetOf | None = None
    undo: Undo | None = None
    tells: Tells | None = None
    shows: Shows | None = None
    leads: Leads | None = None
    foresees: Foresees | None = None


# Pressed anywhere: find, keys, go to, next and previous row, select, take back. No command may have them.
FRAME_KEYS = frozenset("/?gjkxz")

# What a selection is sent as, and what was seen before it is done.
SELECTED, SEEN = "id", "seen"


class Sent(Struct, frozen=True):
    """What a form holds, what is wrong with it by field, and what it says above its fields."""

    given: Mapping[str, Sequence[str]]
    errors: Mapping[str, str] = {}
    status: int = 200
    about: tuple[str, ...] = ()
    foreseen: Foreseen | None = None
    seen: str = ""


# Refuses whoever does not see the thing of this id.
Seeing = Callable[[UUID, Act], Awaitable[object]]


class Commands:
    """All that can be done to one kind of thing; `subject` is what its id is called among the actions' arguments; an
    action that has it in what it takes as `new` goes without."""

    def __init__(self, slice_name: str, subject: str, path: str, *commands: Command, needs: Predicate = nobody) -> None:
        self.slice_name, self.subject, self.path = slice_name, subject, path
        self.known = {
            command.name: replace(command, needs=needs) if command.needs is nobody else command for command in commands
        }
        taken = sorted(command.name for command in commands if command.key in FRAME_KEYS)
        if taken:
            raise ValueError(f"{slice_name}: the keys of {', '.join(taken)} mean something on every page")

    def allowed(self, shell: Shell, *names: str) -> list[Command]:
        """Those of these names that the reader may do, in this order."""
        return [self.known[name] for name in names if self.known[name].needs(shell.act.by)]

    def address(self, subject_id: UUID, name: str) -> str:
        """Where the form of a command stands."""
        return f"{self.path}/{subject_id}/do/{name}"

    def handlers(
        self,
        path: str,
        *,
        needs: Predicate,
        asks: Predicate | None = None,
        sees: Seeing | None = None,
        confirmed: bool = False,
    ) -> tuple[HTTPRouteHandler, HTTPRouteHandler]:
        """A controller's handlers below the address of one thing, which calls its id as the commands call their subject: what
        they ask, and doing them, with `confirmed` only shortly after the reader told their password. Asking needs `asks`, if it is less; `sees` refuses whoever does not see the thing."""
        commands = self
        shown_once = any(command.shows for command in self.known.values())

        async def here(shell: Shell) -> UUID:
            subject_id = UUID(str(shell.request.path_params[commands.subject]))
            if sees is not None:
                await sees(subject_id, shell.act)
            return subject_id

        @get(f"{path}/do/{{command:str}}", needs=asks or needs)
        async def ask(self: Any, command: str, shell: Shell) -> Response[str]:
            return await commands.ask(command, await here(shell), shell)

        @post(f"{path}/do/{{command:str}}", needs=needs, confirmed=confirmed, shown_once=shown_once, status_code=200)
        async def do(self: Any, command: str, shell: Shell) -> Response[str]:
            return await commands.do(command, await here(shell), shell)

        return ask, do

    async def ask(self, name: str, subject_id: UUID, shell: Shell) -> Response[str]:
        """The form, empty or with what can be known already."""
        command = self._command(name, shell)
        given = await command.given(shell, subject_id) if command.given else {}
        sent = Sent({key: [value] if isinstance(value, str) else value for key, value in given.items()})
        if command.foresees is not None and takes(command) is None:
            try:
                sent = replace(sent, foreseen=await command.foresees({self.subject: subject_id}, shell))
            except Refusal as refusal:
                sent = replace(sent, errors=forms.faults(refusal, shell), status=refusal.status)
        return await self._form(command, shell, sent)

    async def do(self, name: str, subject_id: UUID, shell: Shell) -> Response[str]:
        """Do it; what is wrong comes back in the form, with nothing written and what was typed kept."""
        return await self._do(self._command(name, shell), [subject_id], shell, await forms.sent(shell.request))

    async def ask_all(self, name: str, shell: Shell) -> Response[str]:
        """The form for all that are selected."""
        chosen = shell.request.query_params.getall(SELECTED, [])
        return await self._form(self._command(name, shell), shell, Sent({SELECTED: chosen}))

    async def do_all(self, name: str, shell: Shell) -> Response[str]:
        """Do it to all that were selected, or to none of them."""
        command, given = self._command(name, shell), await forms.sent(shell.request)
        chosen = [UUID(each) for each in given.get(SELECTED, ()) if is_id(each)]
        if not chosen:
            return await self._form(command, shell, Sent(given, {"": shell.says("list.none_selected")}, 422))
        return await self._do(command, chosen, shell, given)

    async def _do(
        self, command: Command, chosen: Sequence[UUID], shell: Shell, given: dict[str, list[str]]
    ) -> Response[str]:
        arguments: dict[str, Any] = {"act": shell.act}
        kind = takes(command)
        if kind is not None:
            filled = forms.fill(kind, given, shell)
            if filled.errors:
                return await self._form(command, shell, Sent(given, filled.errors, 422))
            sheet = await command.sheet(shell) if command.sheet else None
            told = {"answers": answers.read(sheet, given)} if sheet else {}
            arguments["new"] = replace(filled.value, **told)
        wanted = inspect.signature(command.action).parameters
        known = {key: value for key, value in arguments.items() if key in wanted}
        seen = _mark(kind, given) if kind is not None and command.foresees else ""
        if command.foresees is not None and seen and given.get(SEEN) != [seen]:
            try:
                foreseen = await command.foresees({**known, self.subject: chosen[0]}, shell)
            except Refusal as refusal:
                return await self._form(command, shell, Sent(given, forms.faults(refusal, shell), refusal.status))
            return await self._form(command, shell, Sent(given, foreseen=foreseen, seen=seen))
        undo = self._undo(command, shell) if len(chosen) == 1 else None
        filled_in = await undo.before(shell, chosen[0]) if undo and undo.before else {}
        results = []
        try:
            for subject_id in chosen:
                itself = {self.subject: subject_id} if self.subject in wanted else {}
                results.append(await command.action(**known, **itself))
        except Refusal as refusal:
            return await self._form(command, shell, Sent(given, forms.faults(refusal, shell), refusal.status))
        if command.shows is not None:
            return command.shows(results[-1], shell)
        if command.tells is not None:
            return shell.done(await command.tells(results, shell))
        said = shell.says(f"{self.slice_name}.done.{command.name}")
        if command.leads is not None:
            return shell.done(said, goes_to=command.leads(results[-1]))
        if undo is None:
            return shell.done(said if len(chosen) == 1 else shell.says("list.done", said=said, count=len(chosen)))
        given_back = {
            "reason": shell.says("undo_reason"),
            **filled_in,
            **(undo.after(results[-1]) if undo.after else {}),
        }
        return shell.done(said, undo=Undoing(self.address(chosen[0], undo.command), given_back))

    def _undo(self, command: Command, shell: Shell) -> Undo | None:
        """How it is taken back, by somebody who may."""
        return command.undo if command.undo and self.known[command.undo.command].needs(shell.act.by) else None

    def _command(self, name: str, shell: Shell) -> Command:
        command = self.known.get(name)
        if command is None:
            raise NotFound(f"There is nothing called {name} to be done here")
        require(shell.act.by, command.needs)
        return command

    async def _form(self, command: Command, shell: Shell, sent: Sent) -> Response[str]:
        kind = takes(command)
        choices = {name: await offered(shell) for name, offered in command.choices.items()}
        asks = await command.asks(shell) if command.asks else Asks()
        form = (
            forms.Form(
                kind=kind,
                slice_name=self.slice_name,
                choices=choices,
                left_out=command.left_out | asks.left_out | {"answers"},
                needed=asks.needed,
                hidden=command.hidden,
                finds=command.finds,
            )
            if kind
            else None
        )
        sheet = await command.sheet(shell) if command.sheet else None

        def shown(errors: Mapping[str, str]) -> list[forms.Field]:
            asked = answers.fields(sheet, shell, sent.given, errors) if sheet else []
            return [*asked, *(form.fields(shell, sent.given, errors) if form else ())]

        errors = forms.placed(sent.errors, {field.name for field in shown({}) if field.kind != "hidden"})
        return shell.page(
            "console/command.html",
            status=int(sent.status),
            command=command,
            slice_name=self.slice_name,
            fields=shown(errors),
            problem=errors.get("", ""),
            about=asks.about,
            foresees=command.foresees is not None,
            foreseen=sent.foreseen,
            seen=sent.seen,
            chosen=sent.given.get(SELECTED, ()),
            address=shell.request.url.path,
        )


def page_of(command: Command, form: forms.Form, shell: Shell, sent: Sent) -> Response[str]:
    """The page on which somebody fills in what the command takes, and which takes it: what is no command of a list's has it too."""
    return shell.page(
        "console/command.html",
        status=sent.status,
        command=command,
        slice_name=form.slice_name,
        fields=form.fields(shell, sent.given, sent.errors),
        problem=sent.errors.get("", ""),
        about=sent.about,
        foresees=False,
        foreseen=None,
        seen="",
        chosen=(),
        address=shell.request.url.path,
    )


def takes(command: Command) -> type[Struct] | None:
    """The struct that the action takes as `new`."""
    if command.new is not None:
        return command.new
    found = get_type_hints(command.action).get("new")
    return found if isinstance(found, type) and issubclass(found, Struct) else None


def _mark(kind: type[Struct], given: Mapping[str, Sequence[str]]) -> str:
    """By which it is known that what would come of just this was seen."""
    told = [(name, given.get(name, [])) for name in (SELECTED, *kind.__struct_fields__)]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def is_id(text: str) -> bool:
    """Whether it is the id of a row."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True
