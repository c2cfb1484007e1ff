"""What every page stands in, and how a handler answers with one."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

from litestar import Request, Response
from litestar.enums import MediaType
from msgspec import Struct, field
from msgspec.json import encode

from guibin.audit.tables import EMERGENCY
from guibin.context import Act
from guibin.regulations.rules import Said, said
from guibin_tenants.principals import PERMISSIONS
from guibin_tenants.scope import lent_by

from .looks import Look
from .moments import Clock
from .navigation import Entry, Section, sections
from .studio import Studio
from .texts import spelled

PREFIX = "/console"
DOCKED_MAX = 4
# A page's policy: scripts, sheets and images of ours alone, nothing inline.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self';"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "private, no-store",
    "Vary": "HX-Request-Type, Cookie, Accept-Language",
    "Referrer-Policy": "same-origin",
}
_PARTIAL = "partial"


class Frame(Struct, frozen=True):
    """What stands around a page, of this reader: the company's name, their post or unit, how many notices are unread, and what the
    company's own roles are called."""

    company: str
    post: str
    unread: int
    roles: Mapping[str, str] = {}


class Undoing(Struct, frozen=True):
    """What takes back what was just done: sent `to` that form, with what is `given`, and done once."""

    to: str
    given: Mapping[str, str]
    key: str = field(default_factory=lambda: str(uuid4()))


class Outcome(Struct, frozen=True):
    """What is said of something done; it `stays` until it was read where something of it was left undone."""

    text: str
    stays: bool = False


class Shell(Struct, frozen=True, kw_only=True):
    """One request for a page: who reads it, in which words, and what it answers with."""

    studio: Studio
    request: Request[Any, Any, Any]
    act: Act
    frame: Frame
    look: Look
    csrf: str
    clock: Clock
    idle_minutes: float = 0

    @property
    def language(self) -> str:
        """zh-CN or en."""
        return self.look.language

    @property
    def is_part(self) -> bool:
        """Whether a part of a page is asked for, to be put into one that is there."""
        return wants_part(self.request)

    @property
    def sections(self) -> tuple[Section, ...]:
        """Where this reader may go."""
        return sections(self.studio.entries, self.act)

    @property
    def dock(self) -> tuple[Entry, ...]:
        """Where this reader goes on a telephone: at most so many places."""
        return tuple(entry for section in self.sections for entry in section.entries if entry.phone)[:DOCKED_MAX]

    def says(self, key: str, **values: object) -> str:
        """A text of the pages."""
        return self.studio.says(key, self.look, **values)

    def permission(self, name: str) -> str:
        """What a permission permits, in words: a pack's in the pack's own."""
        if name in PERMISSIONS:
            return self.says(f"policy_changes.rights.may_do.{name.replace(':', '_')}")
        return self.act.policy.title(f"permission.{name.replace(':', '.')}", self.language)

    def joined(self, values: Iterable[object]) -> str:
        """Several things one after another, as the reader's language parts them."""
        return self.says("comma").join(str(value) for value in values)

    def named(self, key: str) -> str:
        """A text of the company's policy, such as `complaint_level.standard`."""
        return self.act.policy.title(key, self.language)

    def rule_of(self, clause: str) -> Said | None:
        """What pages say of a clause of the regulations; None for one that they do not know."""
        return said(self.language).get(clause.split(",")[0].strip())

    def because(self, reason: str) -> str:
        """A reason that a rule gave, in the reader's words; what a person wrote stays as it was written."""
        key = f"because.{spelled(reason)}"
        return self.says(key) if reason and self.studio.words.has(key) else reason

    def purpose(self, said: str) -> str:
        """A purpose as the record has it; how looks in the name of an emergency access are marked, in the reader's words."""
        return self.says("in_an_emergency") if said.startswith(EMERGENCY) else said

    def post(self, role: str) -> str:
        """A role of the product or a post of the company's, as it is called."""
        if role in self.frame.roles:
            return self.frame.roles[role]
        known = self.studio.words.has(f"role.{role}")
        return self.says(f"role.{role}") if known else self.named(f"post.{role}")

    def page(self, template: str, *, status: int = 200, **values: Any) -> Response[str]:
        """A whole page, or the part of one that the template makes."""
        return answer(self.render(template, **values), status)

    def render(self, template: str, **values: Any) -> str:
        """The template with what every page knows."""
        known = {
            "shell": self,
            "act": self.act,
            "me": self.act.by,
            "lent": lent_by() is not None,
            "clock": self.clock,
            "csrf": self.csrf,
            "frame": self.frame,
            "path": self.request.url.path,
            "named": self.named,
            "post": self.post,
            "purpose_said": self.purpose,
            "rule_of": self.rule_of,
        }
        return self.studio.render(template, self.look, known | values)

    def done(self, said: str | Outcome, *, undo: Undoing | None = None, goes_to: str = "") -> Response[str]:
        """It happened: the page says so, offers to `undo` it, and shows itself anew or goes on to `goes_to`."""
        outcome = said if isinstance(said, Outcome) else Outcome(said)
        happened = {"said": {"text": outcome.text, "stays": outcome.stays, "undo": undo, "to": goes_to}}
        return answer("", 200, {"HX-Trigger": encode(happened).decode().encode("ascii", "backslashreplace").decode()})


def wants_part(request: Request[Any, Any, Any]) -> bool:
    """Whether the browser asks for a part; going back asks for the whole."""
    return request.headers.get("hx-request-type") == _PARTIAL


def answer(html: str, status: int = 200, headers: dict[str, str] | None = None) -> Response[str]:
    """A page or a part of one."""
    return Response(html, status_code=status, media_type=MediaType.HTML, headers={**HEADERS, **(headers or {})})
