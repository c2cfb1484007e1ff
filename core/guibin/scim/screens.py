"""The company's directory by page: where it tells people, with which key, what its groups bring, and who takes over from whom it ends."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, get
from msgspec import Struct

from guibin.administration import actions as administration
from guibin.administration import foreseen, rights, rules
from guibin.administration.actions import CreatedKey
from guibin.administration.requests import Moment, NewApiKey, Roles
from guibin.console import choices as offered
from guibin.console.commands import Command, Commands
from guibin.console.foreseen import Foreseen
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.context import Act
from guibin.notation.plausible import Plausible
from guibin.policy.words import FullLine, Name, up_to
from guibin.web.public_address import public_address
from guibin_tenants import org_units, staff
from guibin_tenants.principals import may
from guibin_tenants.refusals import Conflict

from . import actions, queries
from .api import RULES
from .refusals import NotProvisioned
from .requests import GroupRule, Provisioning

NAME = "scim"
ADDRESS = f"{PREFIX}/provisioning"
ENTRIES = (Entry(title=f"{NAME}.title", path=ADDRESS, icon="users-group", needs=RULES, group="govern", order=74),)
KEYS = RULES & may("keys:write")


class LastGroupRule(Conflict):
    """The last rule stays while a directory tells people. It would give nobody anything."""


class Receiving(Struct, frozen=True, kw_only=True):
    """Whether accounts that are there are taken over, and who takes what a leader cannot, as a form."""

    successor_id: UUID | None = None
    takes_over: bool = False


class First(Receiving, frozen=True, kw_only=True):
    """The same, and the first rule."""

    group: FullLine
    roles: Roles
    org_unit_id: UUID | None = None


class DirectoryKey(Plausible, frozen=True, kw_only=True):
    """The directory's key, as a form: networks in lines."""

    name: Name
    expires_at: Moment | None = None
    addresses: Annotated[str, up_to(2_000)] = ""


async def begin(new: First, act: Act) -> None:
    """As `actions.set_provisioning`, with one rule."""
    rule = GroupRule(group=new.group, roles=new.roles, org_unit_id=new.org_unit_id)
    whole = Provisioning(rules=(rule,), successor_id=new.successor_id, takes_over=new.takes_over)
    await actions.set_provisioning(whole, act)


async def change(new: Receiving, act: Act) -> None:
    """As `actions.set_provisioning`; the rules stay."""
    kept = (await queries.held()).rules
    whole = Provisioning(rules=kept, successor_id=new.successor_id, takes_over=new.takes_over)
    await actions.set_provisioning(whole, act)


async def add_rule(new: GroupRule, act: Act) -> None:
    """One more, the last. Raises as `actions.set_provisioning`."""
    present = await queries.held()
    await _keep(present, rules.added(present.rules, new, field="group"), act)


async def change_rule(rule_id: UUID, new: GroupRule, act: Act) -> None:
    """Another in its place. Raises NotFound, and as `actions.set_provisioning`."""
    present = await queries.held()
    await _keep(present, rules.changed(present.rules, rule_id, new), act)


async def remove_rule(rule_id: UUID, act: Act) -> None:
    """It gives nobody anything any more. Raises NotFound, LastGroupRule, and as `actions.set_provisioning`."""
    present = await queries.held()
    kept = rules.without(present.rules, rule_id)
    if not kept:
        raise LastGroupRule()
    await _keep(present, kept, act)


async def make_key(new: DirectoryKey, act: Act) -> CreatedKey:
    """A key that tells people and does nothing else. Raises as `administration.create_key`."""
    key = NewApiKey(
        name=new.name,
        scopes=("staff:provision",),
        addresses=tuple(new.addresses.replace(",", " ").split()),
        expires_at=new.expires_at,
        service=new.name,
    )
    return await administration.create_key(key, act)


async def _present(_: Shell, __: UUID) -> Mapping[str, str | Sequence[str]]:
    found = await queries.settings()
    return {"successor_id": str(found.successor_id or ""), "takes_over": "true" if found.takes_over else ""}


async def _rule_as_it_is(_: Shell, rule_id: UUID) -> Mapping[str, str | Sequence[str]]:
    found = rules.found((await queries.settings()).rules, rule_id)
    return {"group": found.group, "roles": found.roles, "org_unit_id": str(found.org_unit_id or "")}


def _shown(made: CreatedKey, shell: Shell) -> Response[str]:
    return shell.page("administration/made_key.html", made=made)


def _by(action: Callable[..., Awaitable[None]], subject: str = "") -> Callable[..., Awaitable[Foreseen]]:
    """Who gains and loses what at once, of whom the directory told already."""

    async def foresee(given: Mapping[str, Any], shell: Shell) -> Foreseen:
        itself = {subject: given[subject]} if subject else {}
        said = {"new": given["new"]} if "new" in given else {}
        found = await rights.of_all(action(**itself, **said, act=shell.act), shell.act)
        return foreseen.told_of_all(found, shell)

    return foresee


OFFERED = {"roles": offered.roles, "org_unit_id": offered.units, "successor_id": offered.colleagues}
SETTINGS = Commands(
    NAME,
    "company_id",
    f"{ADDRESS}/settings",
    Command(name="begin", action=begin, choices=OFFERED, icon="plus", main=True, foresees=_by(begin)),
    Command(name="change", action=change, choices=OFFERED, given=_present),
    Command(name="add_rule", action=add_rule, choices=OFFERED, foresees=_by(add_rule)),
    Command(name="end", action=actions.end_provisioning, danger=True),
    needs=RULES,
)
RULE = Commands(
    NAME,
    "rule_id",
    f"{ADDRESS}/rules",
    Command(
        name="change_rule",
        action=change_rule,
        choices=OFFERED,
        given=_rule_as_it_is,
        foresees=_by(change_rule, "rule_id"),
    ),
    Command(name="remove_rule", action=remove_rule, danger=True, foresees=_by(remove_rule, "rule_id")),
    needs=RULES,
)
KEY = Commands(
    NAME,
    "company_id",
    f"{ADDRESS}/keys",
    Command(name="make_key", action=make_key, icon="key", shows=_shown),
    needs=KEYS,
)


class ProvisioningScreens(Controller):
    path = ADDRESS
    include_in_schema = False

    @get("/", needs=RULES)
    async def show(self, shell: Shell) -> Response[str]:
        try:
            settings = await queries.settings()
        except NotProvisioned:
            settings = None
        company_id = shell.act.company.id
        return shell.page(
            "scim/provisioning.html",
            settings=settings,
            counts=await queries.counts(),
            units={unit.id: unit.name for unit in await org_units.all_units()},
            people=await staff.names_of([settings.successor_id] if settings else []),
            keys=KEY.allowed(shell, "make_key"),
            key_at=KEY.address(company_id, "make_key"),
            commands=SETTINGS.known,
            at=lambda name: SETTINGS.address(company_id, name),
            rule_commands=RULE.known,
            of_rule=lambda rule, name: RULE.address(rules.id_of(rule), name),
            base=f"{public_address()}{queries.PATH}",
        )

    ask, do = SETTINGS.handlers("/settings/{company_id:uuid}", needs=RULES, confirmed=True)
    ask_rule, do_rule = RULE.handlers("/rules/{rule_id:uuid}", needs=RULES, confirmed=True)
    ask_key, do_key = KEY.handlers("/keys/{company_id:uuid}", needs=KEYS, confirmed=True)


async def _keep(present: Provisioning, kept: tuple[GroupRule, ...], act: Act) -> None:
    await actions.set_provisioning(msgspec.structs.replace(present, rules=kept), act)
