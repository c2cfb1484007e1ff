"""What happened to a case, in one row of moments, and what it goes through: who said or did what, what a rule did, what comes
next, by whom and by when."""

from datetime import datetime

from msgspec import Struct

from .moments import Due


class Happening(Struct, frozen=True, kw_only=True):
    """One moment. `tone` says who speaks: cust, out, note, rule, good, bad or empty; `text` is what was said."""

    at: datetime
    who: str
    what: str
    icon: str
    tone: str = ""
    text: str = ""


class Stage(Struct, frozen=True, kw_only=True):
    """One stage. `state` is done, refused, next, later or dropped; `about` are particulars, each with its name; `place` is
    where more of it is to be seen."""

    title: str
    state: str
    who: str = ""
    at: datetime | None = None
    text: str = ""
    about: tuple[tuple[str, str], ...] = ()
    due: Due | None = None
    why: str = ""
    place: str = ""
