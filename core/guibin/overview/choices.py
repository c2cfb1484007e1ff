"""What the forms and filters about customers offer."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from guibin.activities.queries import ahead
from guibin.console.forms import Choice
from guibin.console.shell import Shell
from guibin.profiles import queries as profiles
from guibin.profiles import wishes
from guibin.profiles.disclosures import OUTSIDE
from guibin.profiles.queries import OPEN
from guibin.records.dues import CONTACT
from guibin.records.requests import channels_of
from guibin.tiers.assessment import is_assessable
from guibin_tenants.rows import many

from .queries import Named


async def kinds(shell: Shell) -> Sequence[Choice]:
    """The policy's kinds of customers."""
    return kinds_of(shell)


def kinds_of(shell: Shell) -> list[Choice]:
    """As `kinds`."""
    return [Choice(kind, shell.named(f"customer_kind.{kind}")) for kind in shell.act.policy.customer_kinds]


def sexes_of(shell: Shell) -> list[Choice]:
    """What a person can be."""
    return [Choice(each, shell.says(f"overview.sex.{each}")) for each in ("female", "male")]


async def relations(shell: Shell) -> Sequence[Choice]:
    """Who somebody can be to a customer."""
    return every("overview.relation", shell)


async def parts(shell: Shell) -> Sequence[Choice]:
    """What part a customer can have in another's archive."""
    return every("overview.part", shell)


def every(kind: str, shell: Shell) -> list[Choice]:
    """Every name of this kind that the pages have a word for."""
    texts = shell.studio.words.keys()
    known = sorted(key for key in texts if key.startswith(f"{kind}."))
    return [Choice(key.rpartition(".")[2], shell.says(key)) for key in known]


async def managers(shell: Shell) -> Sequence[Choice]:
    """Whoever looks after a customer in sight, by name; the reader first."""
    found = await many(
        Named,
        f"from staff s where exists (select from {OPEN} and c.account_manager_id = s.id) order by s.id <> $1, s.name",
        shell.act.by.person,
    )
    return [Choice(str(one.id), one.name) for one in found]


async def colleagues(shell: Shell) -> Sequence[Choice]:
    """Whoever may look after a customer."""
    found = await many(
        Named,
        "from staff s where s.left_at is null and s.roles && '{account_manager,manager}' order by s.id <> $1, s.name",
        shell.act.by.person,
    )
    return [Choice(str(one.id), one.name) for one in found]


async def activities(shell: Shell) -> Sequence[Choice]:
    """Activities to which one can still invite, the next first."""
    found = await ahead(shell.act.now)
    return [Choice(str(one.id), f"{one.title} · {shell.clock.moment(one.starts_at)}") for one in found]


async def channels(shell: Shell) -> Sequence[Choice]:
    """By which ways there are contacts."""
    return [Choice(each, worded("overview.channel", each, shell)) for each in channels_of(shell.act.policy)]


async def purposes(shell: Shell) -> Sequence[Choice]:
    """What a customer is asked for consent to: the schemes, contact, care, disclosure to others; and what they may want or
    decline by its name (S02-2, S02-3)."""
    general = shell.says("overview.wish_group.general")
    names = (CONTACT, "care", "marketing", "activities", OUTSIDE, *(each.name for each in shell.act.policy.schemes))
    wanted = [
        Choice(
            wishes.wish(kind, name),
            wishes.title(kind, name, shell.act.policy, shell.language),
            shell.says(f"overview.wish_group.{kind}"),
        )
        for kind, name in wishes.known(shell.act.policy)
    ]
    return [*(Choice(each, purpose(each, shell), general) for each in names), *wanted]


async def assessed(shell: Shell) -> Sequence[Choice]:
    """The schemes under which a customer can be assessed on the spot (S12-1)."""
    return [
        Choice(each.name, shell.named(f"scheme.{each.name}"))
        for each in shell.act.policy.schemes
        if is_assessable(each)
    ]


async def recognising(shell: Shell) -> Sequence[Choice]:
    """The schemes that ask for the company's recognition first (S13-6)."""
    return [
        Choice(each.name, shell.named(f"scheme.{each.name}")) for each in shell.act.policy.schemes if each.recognised_by
    ]


def purpose(name: str, shell: Shell) -> str:
    """What the purpose of a consent is called: a scheme's title, what is wanted or declined, or a general purpose."""
    kind, _, wanted = name.partition(":")
    if wanted and kind in wishes.KINDS:
        title = wishes.title(kind, wanted, shell.act.policy, shell.language)
        return shell.says(f"overview.wish.{kind}", title=title)
    return wishes.purpose_title(name, shell.act.policy, shell.language)


def worded(kind: str, name: str, shell: Shell) -> str:
    """The text of a name of that kind, the name itself without one."""
    key = f"{kind}.{name}"
    return shell.says(key) if shell.studio.words.has(key) else name


async def whose(_: Shell, customer_id: UUID) -> Mapping[str, str]:
    """The form is about this customer."""
    return {"customer_id": str(customer_id), "direction": "out"}


async def looked_after(_: Shell, customer_id: UUID) -> Mapping[str, str]:
    """Who looks after the customer now, and where."""
    standing = await profiles.standing(customer_id)
    manager = standing.account_manager_id
    return {"org_unit_id": str(standing.org_unit_id), "account_manager_id": str(manager) if manager else ""}


async def materials(shell: Shell) -> Sequence[Choice]:
    """What customers are given free of charge (S07-31)."""
    return [Choice(each.name, shell.named(f"material.{each.name}")) for each in shell.act.policy.materials]
