"""The company's own provider or enterprise chat by page: whose word is believed, what its claims bring, and trying both out."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from msgspec import UNSET, Struct
from msgspec.structs import replace

from guibin.administration import rules
from guibin.administration.requests import Roles
from guibin.console import choices as offered
from guibin.console import forms
from guibin.console.commands import Asks, Command, Commands
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.context import Act
from guibin.policy.words import UNSEEN, Line, Word, up_to
from guibin.web.public_address import public_address
from guibin_tenants import org_units, registry
from guibin_tenants.refusals import Conflict, Refusal

from . import provided, providers
from .api import RULES
from .oidc import Discovered
from .provided import ClaimsTried, Foretold
from .providers import ClaimRule, NewProvider, NoProvider, ProviderSettings

PATH, NAME, CHAT_NAME = f"{PREFIX}/identity-provider", "sign_ins.provider", "sign_ins.chat"
ENTRIES = (Entry(title=f"{NAME}.title", path=PATH, icon="building", needs=RULES, group="govern", order=73),)
# Where a provider sends people back to, below the service's address.
BACK, GOING = f"{PREFIX}/sign-in/provider/back", f"{PREFIX}/sign-in/provider/going?company="


class LastRule(Conflict):
    """The last rule stays while people sign in by the provider. It would give nobody anything."""


class ProviderForm(Struct, frozen=True, kw_only=True):
    """The provider, as a form. Left empty, the secret stays as it is."""

    issuer: Annotated[str, up_to(200, 8)]
    client_id: Annotated[str, up_to(200, 1)]
    client_secret: Annotated[str, up_to(200), UNSEEN] = ""
    login_claim: Word = "preferred_username"
    takes_over: bool = False


class FirstProvider(ProviderForm, frozen=True, kw_only=True):
    """The provider and the first of its rules, as a form."""

    claim: Word
    value: Line
    roles: Roles
    org_unit_id: UUID | None = None


class ChatForm(Struct, frozen=True, kw_only=True):
    """The company's enterprise chat, as a form. Left empty, the secret stays as it is."""

    kind: Literal["wecom", "dingtalk", "feishu"]
    corp_id: Annotated[str, up_to(100)] = ""
    client_id: Annotated[str, up_to(200, 1)]
    client_secret: Annotated[str, up_to(200), UNSEEN] = ""
    takes_over: bool = False


class FirstChat(ChatForm, frozen=True, kw_only=True):
    """The chat and the first of its rules, as a form: whoever is in this department there."""

    department: Line
    roles: Roles
    org_unit_id: UUID | None = None


class _Tried(Struct, frozen=True, kw_only=True):
    """What was tried out: what the provider answered, or what claims would bring, or why neither."""

    discovered: Discovered | None = None
    foretold: Foretold | None = None
    typed: str = ""
    wrong: str = ""
    status: int = 200


async def connect(new: FirstProvider, act: Act) -> None:
    """As `providers.set_provider`, with one rule."""
    rule = ClaimRule(claim=new.claim, value=new.value, roles=new.roles, org_unit_id=new.org_unit_id)
    await providers.set_provider(_provider(new, (rule,)), act)


async def change(new: ProviderForm, act: Act) -> None:
    """As `providers.set_provider`; the rules stay."""
    await providers.set_provider(_provider(new, (await providers.held()).rules), act)


async def connect_chat(new: FirstChat, act: Act) -> None:
    """As `providers.set_provider`, with one rule."""
    rule = ClaimRule(claim="departments", value=new.department, roles=new.roles, org_unit_id=new.org_unit_id)
    await providers.set_provider(_chat(new, (rule,)), act)


async def change_chat(new: ChatForm, act: Act) -> None:
    """As `providers.set_provider`; the rules stay."""
    await providers.set_provider(_chat(new, (await providers.held()).rules), act)


async def add_rule(new: ClaimRule, act: Act) -> None:
    """One more, the last. Raises as `providers.set_provider`."""
    present = await providers.held()
    await _keep(present, rules.added(present.rules, new, field="claim"), act)


async def change_rule(rule_id: UUID, new: ClaimRule, act: Act) -> None:
    """Another in its place. Raises NotFound, and as `providers.set_provider`."""
    present = await providers.held()
    await _keep(present, rules.changed(present.rules, rule_id, new), act)


async def remove_rule(rule_id: UUID, act: Act) -> None:
    """It gives nobody anything any more. Raises NotFound, LastRule."""
    present = await providers.held()
    kept = rules.without(present.rules, rule_id)
    if not kept:
        raise LastRule()
    await _keep(present, kept, act)


async def _present(_: Shell, __: UUID) -> Mapping[str, str | Sequence[str]]:
    found = await providers.provider()
    given = {name: getattr(found, name) for name in ("issuer", "client_id", "login_claim", "kind", "corp_id")}
    return given | {"takes_over": "true" if found.takes_over else ""}


async def _rule_as_it_is(_: Shell, rule_id: UUID) -> Mapping[str, str | Sequence[str]]:
    found = rules.found((await providers.provider()).rules, rule_id)
    return {
        "claim": found.claim,
        "value": found.value,
        "roles": found.roles,
        "org_unit_id": str(found.org_unit_id or ""),
    }


async def _asked(_: Shell) -> Asks:
    return Asks(needed=frozenset({"client_secret"}))


OFFERED = {"roles": offered.roles, "org_unit_id": offered.units}
SETTINGS = Commands(
    NAME,
    "company_id",
    f"{PATH}/settings",
    Command(name="connect", action=connect, choices=OFFERED, asks=_asked, icon="plus", main=True),
    Command(name="change", action=change, given=_present, icon="pencil"),
    Command(name="add_rule", action=add_rule, choices=OFFERED, icon="plus"),
    Command(name="remove", action=providers.remove_provider, danger=True),
    needs=RULES,
)
CHAT = Commands(
    CHAT_NAME,
    "company_id",
    f"{PATH}/chats",
    Command(name="connect", action=connect_chat, choices=OFFERED, asks=_asked, icon="plus"),
    Command(name="change", action=change_chat, given=_present, icon="pencil"),
    needs=RULES,
)
RULE = Commands(
    NAME,
    "rule_id",
    f"{PATH}/rules",
    Command(name="change_rule", action=change_rule, choices=OFFERED, given=_rule_as_it_is),
    Command(name="remove_rule", action=remove_rule, danger=True),
    needs=RULES,
)


class ProviderScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=RULES)
    async def show(self, shell: Shell) -> Response[str]:
        return await _page(shell, _Tried())

    @post("/discoveries", needs=RULES, status_code=200)
    async def discover(self, shell: Shell) -> Response[str]:
        try:
            return await _page(shell, _Tried(discovered=await providers.discover(shell.act)))
        except Refusal as refusal:
            faults, status = forms.wrong(refusal, shell)
            return await _page(shell, _Tried(wrong=faults[""], status=status))

    @post("/trials", needs=RULES, status_code=200)
    async def foretell(self, shell: Shell) -> Response[str]:
        typed = "".join((await forms.sent(shell.request)).get("claims", [])[:1])[:20_000]
        try:
            new = ClaimsTried(claims=msgspec.json.decode(typed, type=dict[str, Any]))
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeEncodeError):
            return await _page(shell, _Tried(typed=typed, wrong=shell.says(f"{NAME}.no_claims"), status=422))
        return await _page(shell, _Tried(foretold=await provided.foretell(new, shell.act), typed=typed))

    ask, do = SETTINGS.handlers("/settings/{company_id:uuid}", needs=RULES, confirmed=True)
    ask_chat, do_chat = CHAT.handlers("/chats/{company_id:uuid}", needs=RULES, confirmed=True)
    ask_rule, do_rule = RULE.handlers("/rules/{rule_id:uuid}", needs=RULES, confirmed=True)


async def _page(shell: Shell, tried: _Tried) -> Response[str]:
    try:
        settings = await providers.provider()
    except NoProvider:
        settings = None
    address = public_address()
    return shell.page(
        "sign_ins/provider.html",
        status=int(tried.status),
        provider=settings,
        domains=await registry.domains_of(),
        tried=replace(tried, typed=tried.typed or _example(settings)),
        units={unit.id: unit.name for unit in await org_units.all_units()},
        commands=SETTINGS.known,
        of_rule=lambda rule, name: RULE.address(rules.id_of(rule), name),
        rule_commands=RULE.known,
        chat_commands=CHAT.known,
        of_chat=lambda name: CHAT.address(shell.act.company.id, name),
        at=lambda name: SETTINGS.address(shell.act.company.id, name),
        back=f"{address}{BACK}" if address else "",
        going=f"{address}{GOING}{shell.act.company.slug}" if address else "",
    )


def _example(settings: ProviderSettings | None) -> str:
    said = {"sub": "1001", "preferred_username": "li.wei"}
    is_chat = settings is not None and settings.kind != "openid"
    return msgspec.json.encode(said | ({"departments": ["2"]} if is_chat else {"groups": ["vip"]})).decode()


def _provider(new: ProviderForm, kept: tuple[ClaimRule, ...]) -> NewProvider:
    return NewProvider(
        issuer=new.issuer,
        client_id=new.client_id,
        client_secret=new.client_secret or UNSET,
        login_claim=new.login_claim,
        takes_over=new.takes_over,
        rules=kept,
    )


def _chat(new: ChatForm, kept: tuple[ClaimRule, ...]) -> NewProvider:
    return NewProvider(
        kind=new.kind,
        corp_id=new.corp_id,
        client_id=new.client_id,
        client_secret=new.client_secret or UNSET,
        takes_over=new.takes_over,
        rules=kept,
    )


async def _keep(present: ProviderSettings, kept: tuple[ClaimRule, ...], act: Act) -> None:
    said = {name: getattr(replace(present, rules=kept), name) for name in ProviderSettings.__struct_fields__}
    await providers.set_provider(NewProvider(**said), act)
