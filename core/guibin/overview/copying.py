"""A customer's own data as a file for themselves: whoever asks for a copy of what is kept about them is given it (PIPL, article 45)."""

from collections.abc import Iterator
from uuid import UUID

from litestar import Controller, Response, post
from msgspec import Struct

from guibin.audit.actions import noted, searched
from guibin.complaints import queries as complaints
from guibin.console.shell import Shell
from guibin.files import queries as files
from guibin.files.queries import FileFilter
from guibin.files.subjects import holder_of
from guibin.mailbox import queries as mails
from guibin.policy.words import FullLine, Paragraph
from guibin.profiles import disclosures, queries
from guibin.profiles.refusals import ArchiveErased
from guibin.profiles.requests import FieldDisclosure
from guibin.sealing.seeing import refuse_partly
from guibin.service_requests import queries as requests
from guibin.spreadsheets.writing import MEDIA, written
from guibin.web.listing import PageAsked
from guibin_tenants.principals import may
from guibin_tenants.rate_limits import BULK
from guibin_tenants.scope import fetch

from . import archive, choices, panels, story, tabs

# Opens what is sealed, and takes it out of the house.
COPIES = may("customers:disclose") & may("customers:export")
# A list that is longer is told to be: of what goes on for decades, the latest.
EACH_MAX = 10_000
_EACH = PageAsked(EACH_MAX)


class NewCopy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the customer asked and how it was made sure that it is they; by which basis they are given it."""

    purpose: Paragraph
    legal_basis: FullLine


class CustomerCopy(Struct, frozen=True):
    """The file and how many lines it has."""

    name: str
    content: bytes
    rows: int


# One line: the part of what is kept, what it is, what it says.
_Line = tuple[str, str, str]


async def copy(customer_id: UUID, new: NewCopy, shell: Shell) -> CustomerCopy:
    """All that is kept of the customer and that whoever hands it out may read, sealed values in clear, what was said of their
    cases whole, files by their names; of others, such as relatives, no more than their mask, and no note among ourselves. A
    list of more than EACH_MAX says so in its last line. On record as a disclosure to the customer, with its basis.

    Raises NotFound, ArchiveErased, Invalid for a purpose that says nothing.
    """
    refuse_partly()
    customer = await queries.customer(customer_id)
    if customer.erased_at is not None:
        raise ArchiveErased("Nothing is kept that could be handed out")
    names = tuple(sorted(await disclosures.sealed_fields(customer_id)))
    clear = await disclosures.values_of(customer_id, names)
    known = await archive.archive(customer, shell)
    rows = [*_archive(known, clear, shell), *await _lists(customer_id, shell), *await _story(customer_id, shell)]
    rows += [*await _said_of_cases(customer_id, shell), *await _files(customer_id, shell)]
    shown = (await disclosures.list_disclosures(customer_id, _EACH, shell.act)).items
    rows += [
        (
            shell.says("overview.copy.disclosed"),
            shell.clock.exact(one.disclosed_at),
            " · ".join(part for part in (one.disclosed_to_name, one.recipient, one.purpose) if part),
        )
        for one in shown
    ]
    recipient = shell.says("overview.copy.recipient")
    said = FieldDisclosure(
        purpose=new.purpose, fields=names, leaves_to="customer", recipient=recipient, legal_basis=new.legal_basis
    )
    await disclosures.write_down(customer_id, said, shell.act)
    await noted("customer.copy", shell.act, customer_id=customer_id, purpose=new.purpose, shown=len(rows))
    heads = [shell.says(f"overview.copy.{name}") for name in ("part", "what", "says")]
    name = f"customer-{customer.number}-{shell.act.today.isoformat()}.xlsx"
    return CustomerCopy(name, written(name, heads, rows, sheet="copy"), len(rows))


class CustomerCopyController(Controller):
    path = "/api/v1/customers/{customer_id:uuid}/copies"
    tags = ("customers",)

    @post(
        "/",
        needs=COPIES,
        cost=BULK,
        confirmed=True,
        status_code=200,
        summary="All that is kept of a customer, as a file for themselves",
        media_type=MEDIA["xlsx"],
    )
    async def hand_out(self, customer_id: UUID, data: NewCopy, shell: Shell) -> Response[bytes]:
        return handed_out(await copy(customer_id, data, shell))


def handed_out(made: CustomerCopy) -> Response[bytes]:
    """The file to be kept."""
    headers = {"Content-Disposition": f'attachment; filename="{made.name}"', "Cache-Control": "private, no-store"}
    return Response(made.content, media_type=MEDIA["xlsx"], headers=headers)


def _archive(known: archive.Archive, clear: dict[str, list[str]], shell: Shell) -> Iterator[_Line]:
    part = shell.says("overview.tab.archive")
    for line in known.lines:
        yield part, line.title, line.text or shell.joined(clear.get(line.field, ()))
    for wish in known.preferences:
        yield shell.says("overview.preferences"), *wish
    for occasion, day in known.occasions:
        yield shell.says("overview.days"), occasion.name, day
    for relative in known.relatives:
        yield (
            shell.says("overview.relatives"),
            choices.worded("overview.relation", relative.relation, shell),
            relative.masked,
        )
    for link in known.links:
        yield shell.says("overview.links"), link.name, choices.worded("overview.part", link.link.role, shell)
    for said in known.consents:
        answer = choices.worded("overview.answer", said.answer, shell)
        answered = " · ".join(part for part in (answer, shell.clock.exact(said.recorded_at), said.note) if part)
        yield shell.says("overview.wishes"), choices.purpose(said.purpose, shell), answered


async def _lists(customer_id: UUID, shell: Shell) -> list[_Line]:
    """The lists of the customer's page, and which of them whoever hands the copy out may not read."""
    found: list[_Line] = []
    for name, tab in tabs.TABS.items():
        title = shell.says(f"overview.tab.{name}")
        if not tab.needs(shell.act.by):
            found.append((title, shell.says("overview.copy.left_out"), ""))
            continue
        for section in await tab.shows(customer_id, shell, _EACH):
            heads = [shell.says(f"overview.head.{head}") for head in section.heads]
            found += [
                (shell.says(f"overview.section.{section.name}"), *_said(heads, row, shell)) for row in section.rows
            ]
            found += _more(shell.says(f"overview.section.{section.name}"), len(section.rows), shell)
    return found


def _said(heads: list[str], row: list[tabs.Cell], shell: Shell) -> tuple[str, str]:
    cells = [
        " · ".join(part for part in (cell.text or (cell.due.text if cell.due else ""), cell.sub) if part)
        for cell in row
    ]
    rest = [f"{head}{shell.says('colon')}{text}" for head, text in zip(heads[1:], cells[1:], strict=True) if text]
    return cells[0], shell.says("overview.copy.then").join(rest)


def _more(part: str, count: int, shell: Shell) -> list[_Line]:
    """The line of a list that is not whole."""
    return [(part, shell.says("overview.copy.more", count=EACH_MAX), "")] if count >= EACH_MAX else []


async def _said_of_cases(customer_id: UUID, shell: Shell) -> list[_Line]:
    """Every word of the customer's about their cases, and every word of ours to them."""
    found: list[_Line] = []
    for needs, statement, part in (
        (panels.COMPLAINTS, complaints.SAID, "complaints"),
        (panels.REQUESTS, requests.SAID, "requests"),
        (panels.RECORDS, mails.SAID, "mails"),
    ):
        if not needs(shell.act.by):
            continue
        rows = await fetch(f"{statement} limit $2", customer_id, EACH_MAX)
        await noted(f"{_CASES[part]}.read", shell.act, customer_id=customer_id, fields=("text",), shown=len(rows))
        title = shell.says("overview.copy.said", of=shell.says(f"overview.section.{part}"))
        found += [
            (
                title,
                f"{row['number']} · {shell.clock.exact(row['said_at'])} · {shell.says('overview.copy.' + row['direction'])}",
                row["text"],
            )
            for row in rows
        ]
        found += _more(title, len(rows), shell)
    return found


_CASES = {"complaints": "complaint", "requests": "service_request", "mails": "mail"}


async def _files(customer_id: UUID, shell: Shell) -> list[_Line]:
    """What files there are; they are handed out one by one."""
    holder = holder_of("customer")
    part = shell.says("overview.tab.files")
    asking = await files.asking(holder, customer_id, shell.act)
    page = await files.of(holder).page(FileFilter(kept=True), _EACH, shell.act, **asking)
    found = await searched("file", page, shell.act, verb="list")
    lines = [(part, one.name, shell.clock.exact(one.added_at)) for one in found.items]
    return [*lines, *_more(part, len(lines), shell)]


async def _story(customer_id: UUID, shell: Shell) -> list[_Line]:
    if not panels.RECORDS(shell.act.by):
        return [(shell.says("overview.copy.contacts"), shell.says("overview.copy.left_out"), "")]
    return [
        (
            shell.says("overview.copy.contacts"),
            shell.clock.exact(one.at),
            " · ".join(part for part in (one.who, one.what, one.text) if part),
        )
        for one in await story.story(customer_id, shell, "contact", _EACH)
    ]
