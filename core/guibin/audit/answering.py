"""Lists and single rows as addresses that show them and put on record what was shown of whom."""

import inspect
import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, get_type_hints
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from guibin.context import Act
from guibin.web.listing import Listing, PageAsked
from guibin.web.paging import Page
from guibin.web.query_parameters import ChangedSince
from guibin.web.routing import Action, Address, gets

from .actions import AuditNote, along, record, searched

Query = Callable[..., Awaitable[Any]]
_PLACE = re.compile(r"\{(\w+):(\w+)\}")
_KINDS = {"uuid": UUID, "str": str}
_SAID = ("subject", "verb", "fields")


def lists(path: str, listing: Listing[Any], filters: type[Struct] | None, summary: str, **options: Any) -> Address:
    """GET answers with a page of the list; `values`, of an act and what stands in the path, gives those that its SQL names.

    With `recorded`, an entry of that thing says who is on the page, as `searched` does; its `subject`, `verb` and `fields`
    may be said. Only a list that shows nobody goes without. One that is in step can be asked for what was `changed_since`.
    """
    recorded, values = options.pop("recorded", ""), options.pop("values", None)
    entry = {name: options.pop(name) for name in _SAID if name in options}

    async def listed(
        page: PageAsked,
        act: Act,
        filters: Struct | None = None,
        changed_since: datetime | None = None,
        **places: Any,
    ) -> Any:
        known = values(act, **places) if values is not None else {}
        asked = await known if inspect.isawaitable(known) else known
        if changed_since is None:
            shown = await listing.page(filters, page, act, **asked)
        else:
            shown = await listing.changed_since(changed_since, filters, page, act, **asked)
        return await searched(recorded, shown, act, **entry) if recorded else shown

    taken = _places(path) | ({"filters": filters} if filters is not None else {}) | {"page": PageAsked, "act": Act}
    taken |= {"changed_since": ChangedSince} if listing.in_step else {}
    return gets(path, _as(listed, taken, Page[listing.view]), summary, **options)  # type: ignore[name-defined]


def finds(what: str, listing: Listing[Any], **entry: Any) -> Callable[[Any, PageAsked, Act, str], Awaitable[Page[Any]]]:
    """A page of the list as the queue of a page asks for it, in its own order; on record as `searched` says it."""

    async def found(filters: Any, page: PageAsked, act: Act, _: str) -> Page[Any]:
        return await searched(what, await listing.page(filters, page, act), act, **entry)

    return found


def reads(path: str, query: Query | Listing[Any], summary: str, subject: str, **options: Any) -> Address:
    """GET answers with what the query finds by the id in the path; an entry of `subject` says that it was read.

    A query takes the id and, if it asks for them, `by`, `now` or `act`. Whose the row is, it says as `customer_id` or in the
    field `whose`, unless it is nobody's; what was done is `verb`, what of it was shown `fields`, and `recorded` the thing, where
    that is not the subject. A list of customers' rows finds it and writes the entry in one statement.
    """
    ask: Query = query.one if isinstance(query, Listing) else query
    verb, whose, thing = (
        options.pop(*each) for each in (("verb", "read"), ("whose", "customer_id"), ("recorded", subject))
    )
    fields = options.pop("fields", ())
    takes = () if isinstance(query, Listing) else tuple(inspect.signature(query).parameters)
    (named,) = _places(path)

    async def read(act: Act, **given: Any) -> Any:
        note = AuditNote(action=f"{thing}.{verb}", subject=subject, subject_id=given[named], fields=fields)
        if isinstance(query, Listing) and query.says_whose:
            with along(note, act, says_whose=True) as entry:
                return await query.one(given[named], entry)
        known = {"by": act.by, "now": act.now, "act": act}
        shown = await ask(given[named], **{name: value for name, value in known.items() if name in takes})
        await record(replace(note, customer_id=getattr(shown, whose, None)), act)
        return shown

    answer = query.view if isinstance(query, Listing) else get_type_hints(query)["return"]
    return gets(path, _as(read, {named: UUID, "act": Act}, answer), summary, **options)


def _places(path: str) -> dict[str, Any]:
    """What stands in the path."""
    return {name: _KINDS[kind] for name, kind in _PLACE.findall(path)}


def _as(action: Action, taken: dict[str, Any], answer: Any) -> Action:
    """The action, which to the framework takes these arguments and answers so."""
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [inspect.Parameter(name, keyword, annotation=kind) for name, kind in taken.items()]
    action.__signature__ = inspect.Signature(parameters, return_annotation=answer)  # type: ignore[attr-defined]  # what inspect reads
    action.__annotations__ = taken | {"return": answer}
    return action
