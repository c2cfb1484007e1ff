"""Every hook a pack may implement: synchronous, pure and typed. I/O belongs in reactions and jobs.

Signatures here and in `docs/hooks.md` are the same, and a test says so.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib.abc import Traversable
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

import pluggy
from msgspec import Struct
from piccolo.table import Table

from guibin_tenants.changes import Change
from guibin_tenants.principals import Predicate

from .policy.demonstrations import Demonstration
from .policy.packs import Pack

if TYPE_CHECKING:
    # Packs are read by workers and commands too, which serve nothing.
    from litestar import Controller

PROJECT = "guibin"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class ComplaintDraft(Struct, frozen=True):
    """A complaint before it has a level: what a pack may judge it by."""

    text: str
    channel: str
    customer_kind: str | None = None


class LevelSuggestion(Struct, frozen=True):
    """A level of the pack's complaint policy, and why, in a sentence for the desk."""

    level: str
    because: str


class Proposal(Struct, frozen=True):
    """Something about to be written, about the customer `subject_id`.

    `action` is `application`, with its kind (an exception and an adjustment are such too), scheme and tier; or
    `assessment`, with the move `start` or `upgrade` as its kind, scheme, tier, the tier `held`, `customer_kind`, `as_of`
    and every figure as `measure.<name>`, None where there is no fact.
    """

    action: str
    subject_id: UUID | None
    details: dict[str, str | int | bool | None]


class Measure(Struct, frozen=True):
    """A measure derived from others of one customer, minor units for money."""

    name: str
    value: int


class Reaction(Struct, frozen=True):
    """A function to run as a job after an event's transaction has committed, at least once."""

    event: type[Struct]
    handler: Callable[..., Any]


class PackJob(Struct, frozen=True):
    """A job kind of the pack's own: its payload and handler, and its rhythm if it recurs."""

    payload: type[Struct]
    handler: Callable[..., Any]
    every: str = ""


class PackPermission(Struct, frozen=True):
    """A permission of the pack's own, called `<pack>:<word>`: `needs=SEATS.needs` asks for it, of a route as of a page.

    Whoever holds one of `roles` has it, and whoever a role of the company's own gives it to, as long as the company has the
    pack. Text: `permission.<pack>.<word>`, what it permits.
    """

    name: str
    roles: tuple[Literal["tenant_admin", "manager", "account_manager", "agent"], ...] = ("tenant_admin",)

    @property
    def needs(self) -> Predicate:
        """Holds for those who have it."""
        return Predicate(lambda who: self.name in who.permissions, self.name)


class PackFigure(Struct, frozen=True, kw_only=True):
    """A figure of the pack's own in the reports of its companies, called `<pack>.<word>`: how many of `rows` there are for which
    `holds`, or `of` what of them, `over` another count where one is named.

    `rows` is SQL: a table with a letter it goes by, such as `airline_lounge_stay s`, and what is joined to it; `holds` sees the
    period, by `within("s.entered_at")` or `on_a_day("s.on_day")`. Walls hold in both. Texts: `figure.<pack>.<word>`,
    `count.<pack>.<word>`.
    """

    name: str
    kind: Literal["complaints", "retention", "service", "tiers"] = "service"
    rows: str
    holds: str = "true"
    of: str = "*"
    over: str = ""
    target_per_mille: int | None = None
    good: Literal["below", "above"] = "above"
    clause: str = ""


class PackImport(Struct, frozen=True, kw_only=True):
    """Rows of the pack's own that go in and out as files, called `<pack>.<word>`, beside the core's kinds: by API, on the page and by
    the command line, tried first, with what is wrong at its cell.

    A column is a field of `row`, `customer_number` says whose a row is. `takes(row, customer_id, act)` writes one, with None for a row
    of nobody; what it refuses stands at the row, and nothing of the file is written. `rows(act)` gives all that are exported. `needs`
    is asked for beside the right to import. Texts: `import.<pack>.<word>`, and `field.<column>` for columns that the core does not have.
    """

    name: str
    row: type[Struct]
    takes: Callable[[Any, UUID | None, Any], Awaitable[object]]
    rows: Callable[[Any], Awaitable[Sequence[Struct]]]
    needs: Predicate


class PackPage(Struct, frozen=True, kw_only=True):
    """A page of the pack's own in the console, `/console/packs/<pack>/<name>`, and its place in the menu.

    `needs` says who may open it, `shows(asked, act)` makes the values of `template` inside of the company's scope: `asked`
    is what stands in the address. Texts: `page.<name>`. `icon` is one of `assets/icons.txt`, `group` one of the menu's.
    """

    name: str
    needs: Predicate
    shows: Callable[[Mapping[str, str], Any], Awaitable[Mapping[str, object]]]
    template: str
    icon: str
    group: str = "work"
    order: int = 80


class Panel(Struct, frozen=True, kw_only=True):
    """A part of a page of the core's: beside a customer, a complaint or a service request.

    `shows(id, act)` makes the values of `template` inside of the company's scope, None where there is nothing to show.
    Texts: `panel.<name>`.
    """

    name: str
    on: Literal["customer", "complaint", "service_request"]
    needs: Predicate
    shows: Callable[[UUID, Any], Awaitable[Mapping[str, object] | None]]
    template: str


class Figure(Struct, frozen=True):
    """What a tile says: a number, `tone` warn or late where it asks for something, what explains it, and where it leads."""

    value: int
    tone: Literal["", "warn", "late"] = ""
    detail: str = ""
    href: str = ""


class Tile(Struct, frozen=True, kw_only=True):
    """A figure above the workbench. `shows(act)` counts inside of the company's scope, None for nothing to tell this reader.
    Texts: `tile.<name>`.
    """

    name: str
    needs: Predicate
    shows: Callable[[Any], Awaitable[Figure | None]]


class PackColumn(Struct, frozen=True, kw_only=True):
    """A column of a list of the core's, after its own. `shows(ids, act)` says the cell of every row that has one; the ids are
    of customers, complaints or service requests. Texts: `column.<name>`. `width` in pixels.
    """

    name: str
    on: Literal["customers", "complaints", "requests"]
    needs: Predicate
    shows: Callable[[Sequence[UUID], Any], Awaitable[Mapping[UUID, str]]]
    width: int = 120


@hookspec
def pack() -> Pack:  # type: ignore[empty-body]  # a specification has no body
    """The pack as a value. Every plugin has exactly one."""


@hookspec
def derived_measures(measures: dict[str, int]) -> Sequence[Measure]:  # type: ignore[empty-body]
    """Measures computed from a customer's figures of one scheme, such as a ratio; its explanation shows them. Only figures
    there are facts for are in `measures`. The text `measure.<name>` is the title."""


@hookspec(firstresult=True)
def suggest_level(draft: ComplaintDraft) -> LevelSuggestion | None:
    """The level a new complaint should get; None leaves it to the next pack, then to the policy's keywords."""


@hookspec
def objections(proposal: Proposal) -> Sequence[str]:  # type: ignore[empty-body]
    """Sentences for the reader, each a reason why this must not happen. Any objection stops it, for this customer only."""


@hookspec
def permissions() -> Sequence[PackPermission]:  # type: ignore[empty-body]
    """What may be permitted beside the core's permissions."""


@hookspec
def reactions() -> Sequence[Reaction]:  # type: ignore[empty-body]
    """What the pack does after events have committed."""


@hookspec
def events() -> Sequence[type[Struct]]:  # type: ignore[empty-body]
    """Kinds of events of the pack's own: Event subclasses with `tag="<pack>.<word>"`, which its code records. Who follows events of
    a company that has the pack may follow them: webhooks, automations, scripts, reactions."""


@hookspec
def figures() -> Sequence[PackFigure]:  # type: ignore[empty-body]
    """Figures of the pack's own, beside the core's in reports, comparisons, exports and closed periods."""


@hookspec
def imports() -> Sequence[PackImport]:  # type: ignore[empty-body]
    """Kinds of rows of the pack's own that are imported from files and exported to them."""


@hookspec
def jobs() -> Sequence[PackJob]:  # type: ignore[empty-body]
    """Background work of the pack's own."""


@hookspec
def controllers() -> "Sequence[type[Controller]]":  # type: ignore[empty-body]
    """API controllers of the pack's own, under `/api/v1/packs/<pack>/`."""


@hookspec
def tables() -> Sequence[type[Table]]:  # type: ignore[empty-body]
    """Tables of the pack's own: TenantTable subclasses, in the order of their references."""


@hookspec
def changes() -> Sequence[Change]:  # type: ignore[empty-body]
    """Numbered changes of the pack's own tables: what makes those of its former versions the ones of this version, oldest first. What
    was released is never taken out or written otherwise."""


@hookspec
def demonstration() -> Demonstration:  # type: ignore[empty-body]
    """A company to try the pack with, which `guibin up` makes once."""


@hookspec
def templates() -> Traversable:  # type: ignore[empty-body]
    """The folder with the templates of the pack's pages and panels, and what they say: `zh.toml`, `en.toml`, and `fields.toml` with both languages."""


@hookspec
def scenarios() -> Traversable:  # type: ignore[empty-body]
    """The folder with the stories by which the pack is proved, TOML files (docs/scenarios.md): the tests and `guibin pack check`
    play them."""


@hookspec
def pages() -> Sequence[PackPage]:  # type: ignore[empty-body]
    """Pages of the pack's own in the console, each with its place in the menu."""


@hookspec
def panels() -> Sequence[Panel]:  # type: ignore[empty-body]
    """What the pack shows beside customers and cases."""


@hookspec
def tiles() -> Sequence[Tile]:  # type: ignore[empty-body]
    """Figures of the pack's above the workbench."""


@hookspec
def columns() -> Sequence[PackColumn]:  # type: ignore[empty-body]
    """What the pack adds to lists."""


# What each hook that judges answers: such are asked while somebody waits.
PURE: dict[str, Any] = {
    "derived_measures": list[Measure],
    "suggest_level": LevelSuggestion | None,
    "objections": list[str],
}


def fit(hook: str, answer: Any) -> Any:
    """The answer of a pure hook, if it is what the hook promises. Raises TypeError."""
    many = hook != "suggest_level"
    kind: type = {"derived_measures": Measure, "suggest_level": LevelSuggestion, "objections": str}[hook]
    if not many and answer is None:
        return answer
    found = list(answer) if many else [answer]
    wrong = next((one for one in found if not isinstance(one, kind)), None)
    if wrong is not None or isinstance(answer, str):
        raise TypeError(f"the answer holds {type(wrong).__name__}, not {kind.__name__}")
    return found if many else answer
