"""Webhooks by page: where events go, what was answered, and sending again what did not arrive."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from litestar import Controller, Response, get
from litestar.di import Provide
from msgspec import Struct
from msgspec.structs import replace

from guibin.console import lists
from guibin.console.choices import words_of
from guibin.console.commands import Command, Commands
from guibin.console.forms import Choice
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Outcome, Shell
from guibin.context import Act
from guibin.policy.words import Line, Page, Url
from guibin.web import conversion
from guibin.web.listing import PageAsked
from guibin_tenants.refusals import Invalid

from . import actions, queries
from .actions import CreatedWebhook, Replayed
from .api import WRITE
from .kinds import known_kinds
from .payloads import event_types
from .queries import WebhookView
from .requests import DeliveryFilter, EventTypes, Narrowed, NewWebhook, WebhookChange

PATH, NAME = f"{PREFIX}/webhooks", "webhooks"
ENTRIES = (Entry(title=f"{NAME}.title", path=PATH, icon="webhook", needs=WRITE, group="govern", order=81),)
STATES = ("pending", "delivered", "failed", "held")


class FollowedEvents(Struct, frozen=True, kw_only=True):
    """A webhook as a form: `narrowed_to` line by line, each field as the API or as people call it."""

    url: Url
    event_types: EventTypes = ()
    narrowed_to: Page = ""
    description: Line = ""

    def narrowed(self, packs: Iterable[str]) -> tuple[str, ...]:
        """As the API writes it. Raises Invalid for too many or too long lines."""
        lines = tuple(_spelled(each, packs) for each in self.narrowed_to.split("\n") if each.strip())
        wrong = conversion.faults(list(lines), Narrowed)
        if wrong:
            raise Invalid.at("narrowed_to", wrong[0].rule, wrong[0].fix)
        return lines


def _spelled(line: str, packs: Iterable[str]) -> str:
    field, equals, value = line.replace("＝", "=").partition("=")
    fields = [each for kind in known_kinds(packs) for each in kind.payload]
    called = {said: each.name for each in fields for said in (each.title.zh, each.title.en)}
    return f"{called.get(field.strip(), field.strip())}{equals}{value.strip()}"


def in_words(narrowed: str, act: Act) -> str:
    """`level=3` as people call it."""
    field, _, value = narrowed.partition("=")
    named = (each for kind in known_kinds(act.company.packs) if (each := kind.field(field)) is not None)
    known = next(named, None)
    return f"{known.title.in_language(act.language) if known else field}={value}"


async def make(new: FollowedEvents, act: Act) -> CreatedWebhook:
    """As `actions.add`."""
    narrowed = new.narrowed(act.company.packs)
    made = NewWebhook(url=new.url, event_types=new.event_types, narrowed_to=narrowed, description=new.description)
    return await actions.add(made, act)


async def change(webhook_id: UUID, new: FollowedEvents, act: Act) -> WebhookView:
    """As `actions.change`, all of it at once."""
    narrowed = new.narrowed(act.company.packs)
    given = WebhookChange(url=new.url, event_types=new.event_types, narrowed_to=narrowed, description=new.description)
    return await actions.change(webhook_id, given, act)


def said(kind: str, shell: Shell) -> str:
    """What happened, in words; a pack's event by the name its pack gives it."""
    if shell.studio.words.has(f"{NAME}.event.{kind}"):
        return shell.says(f"{NAME}.event.{kind}")
    named = shell.named(f"event.{kind}")
    return kind.replace("_", " ") if named == f"event.{kind}" else named


async def _events(shell: Shell) -> Sequence[Choice]:
    return [Choice(kind, said(kind, shell)) for kind in event_types(shell.act.company.packs)]


async def _present(shell: Shell, webhook_id: UUID) -> Mapping[str, str | Sequence[str]]:
    found = await queries.endpoint(webhook_id)
    narrowed = "\n".join(in_words(each, shell.act) for each in found.narrowed_to)
    return {
        "url": found.url,
        "description": found.description,
        "event_types": found.event_types,
        "narrowed_to": narrowed,
    }


def _shown(made: CreatedWebhook, shell: Shell) -> Response[str]:
    return shell.page("webhooks/made.html", made=made)


async def _again(done: Sequence[Replayed], shell: Shell) -> Outcome:
    said = shell.says(f"{NAME}.{'more' if done[0].more else 'again'}", count=done[0].deliveries)
    return Outcome(said, stays=done[0].more)


MADE = Commands(
    NAME,
    "webhook_id",
    f"{PATH}/secrets",
    Command(
        name="make",
        action=make,
        choices={"event_types": _events},
        key="n",
        main=True,
        shows=_shown,
    ),
    Command(name="rotate", action=actions.rotate, shows=_shown),
    needs=WRITE,
)
HOOKS = Commands(
    NAME,
    "webhook_id",
    PATH,
    Command(name="ping", action=actions.ping),
    Command(name="change", action=change, choices={"event_types": _events}, given=_present),
    Command(name="disable", action=actions.disable_by_staff),
    Command(name="enable", action=actions.enable),
    Command(name="remove", action=actions.remove, danger=True),
    needs=WRITE,
)
SPANS = Commands(
    NAME,
    "webhook_id",
    f"{PATH}/spans",
    Command(
        name="replays",
        action=actions.replay_range,
        choices={"states": words_of(f"{NAME}.state", [state for state in STATES if state != "pending"])},
        tells=_again,
    ),
    needs=WRITE,
)
SENT = Commands(NAME, "delivery_id", f"{PATH}/deliveries", Command(name="replay", action=actions.replay), needs=WRITE)


class WebhookScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=WRITE)
    async def hooks(self, shell: Shell) -> Response[str]:
        return shell.page(
            "webhooks/webhooks.html",
            hooks=await queries.endpoints(),
            make=MADE.known["make"],
            made_at=MADE.address(shell.act.company.id, "make"),
            said=lambda kind: said(kind, shell),
        )

    @get(
        "/{webhook_id:uuid}",
        needs=WRITE,
        dependencies={"filters": lists.asks(DeliveryFilter), "page": Provide(lists.page_asked)},
    )
    async def hook(self, webhook_id: UUID, shell: Shell, filters: DeliveryFilter, page: PageAsked) -> Response[str]:
        hook = await queries.endpoint(webhook_id)
        found = await queries.WITH_ATTEMPTS.page(replace(filters, webhook_id=webhook_id), page, shell.act)
        paused = hook.disabled_at is not None
        return shell.page(
            "webhooks/webhook.html",
            hook=hook,
            found=found,
            state=filters.state or "",
            states=STATES,
            commands=[
                *((HOOKS.known[each], HOOKS.address) for each in (("enable",) if paused else ("ping", "disable"))),
                (HOOKS.known["change"], HOOKS.address),
                (MADE.known["rotate"], MADE.address),
                *(() if paused else ((SPANS.known["replays"], SPANS.address),)),
                (HOOKS.known["remove"], HOOKS.address),
            ],
            narrowed=lambda each: in_words(each, shell.act),
            replay=SENT.known["replay"],
            of_sent=SENT.address,
            said=lambda kind: said(kind, shell),
        )

    ask_made, do_made = MADE.handlers("/secrets/{webhook_id:uuid}", needs=WRITE, confirmed=True)
    ask_hook, do_hook = HOOKS.handlers("/{webhook_id:uuid}", needs=WRITE)
    ask_span, do_span = SPANS.handlers("/spans/{webhook_id:uuid}", needs=WRITE, confirmed=True)
    ask_sent, do_sent = SENT.handlers("/deliveries/{delivery_id:uuid}", needs=WRITE)
