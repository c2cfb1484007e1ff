"""What callers send about scripts, bounded and strict."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from guibin.policy.words import Code, Name, Note, Reason, up_to

from .runner import SOURCE_BYTES_MAX, Outcome

HookName = Literal["suggest_level", "objections", "derived_measures", "on_event", "on_schedule"]
Source = Annotated[str, up_to(SOURCE_BYTES_MAX, 1)]
# A kind of event for `on_event`, such as `complaint_received`; for `on_schedule` when, such as `daily 07:00`.
Follows = Annotated[str, up_to(60)]
Json = Annotated[str, up_to(8_000, 1)]
Number = Annotated[int, Meta(ge=1, le=100_000)]


class NewScript(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A script for a hook, with its first version; it answers nothing until it is switched on."""

    name: Code
    hook: HookName
    source: Source
    note: Note = ""
    follows: Follows = ""


class NewScriptVersion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another text of the script, and what is otherwise in it; it follows what the one before did unless it says otherwise."""

    source: Source
    note: Note = ""
    follows: Follows | None = None


class ScriptDraft(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A text that is looked at and not kept."""

    hook: HookName
    source: Source


class NewScriptCase(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the script is `given`, by the names its hook has, and what it must answer; both as JSON."""

    name: Name
    given: Json
    expects: Json


class ScriptCases(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All test cases of a script, instead of those it had."""

    cases: Annotated[tuple[NewScriptCase, ...], Meta(max_length=50)]


class WhichVersion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A version of the script, the latest without."""

    version: Number | None = None


class HistoryAsked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A version, the latest without, and over how many of the last days it is tried."""

    version: Number | None = None
    days: Annotated[int, Meta(ge=1, le=90)] = 30


class NewActivation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A version is to answer, an earlier one to roll back, and why."""

    version: Number
    note: Reason


class Because(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why."""

    reason: Reason


class RunFilter(Struct, frozen=True, kw_only=True):
    """Of which script, of which version, and how it ended."""

    script: Code | None = None
    version: Number | None = None
    outcome: Outcome | None = None
