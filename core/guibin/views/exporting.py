"""A list as a file: every row that is asked for, in the columns that are chosen, as the page shows them; on record with what
was asked and why."""

from typing import Any, Literal
from uuid import UUID

from litestar import Controller, Response, post
from msgspec import Struct

from guibin.audit.actions import IDS_MAX, noted
from guibin.cases.requests import Leaving
from guibin.console import exporting as sheets
from guibin.console import lists
from guibin.console.lists import Wanted
from guibin.console.shell import Shell
from guibin.policy.words import Code, CodeIfAny
from guibin.profiles.disclosures import as_recorded, gate
from guibin.profiles.queries import CustomerView
from guibin.spreadsheets.writing import MEDIA, written
from guibin.web.listing import PageAsked
from guibin.web.routing import AS_IT_IS
from guibin_tenants.principals import may, require
from guibin_tenants.rate_limits import BULK

from .actions import checked
from .queries import ME, table_of
from .requests import Asks, Columns

EXPORT = may("customers:export") | may("audit:read")
ROWS_MAX = 5_000
_PAGE = 200


class NewListExport(Leaving, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which list, asked how, in which columns and as what. Where a column is confidential, the purpose is asked for, and
    nothing leaves the company without a basis (S12-5)."""

    list: Code
    asks: Asks = {}
    sort: CodeIfAny = ""
    columns: Columns = ()
    format: Literal["xlsx", "csv"] = "xlsx"


class ListFile(Struct, frozen=True):
    """The file, how many rows it has, and whether there were more than fit."""

    name: str
    media_type: str
    content: bytes
    rows: int
    more: bool


async def export(new: NewListExport, shell: Shell) -> ListFile:
    """Raises NotFound for an unknown list, Forbidden, Invalid for what the list does not have or a purpose that is missing."""
    table, act = table_of(new.list), shell.act
    require(act.by, table.needs & EXPORT)
    asks = checked(table, new, act)
    columns = table.shows(new.columns, act)
    found, customers, more = await _rows(new, asks, columns, shell)
    if new.leaves_to != "nobody" or any(column.confidential for column in columns):
        await gate(new, set(customers))
    heads, cells = _wide([shell.says(table.titled(each)) for each in columns], found, shell)
    said = [f"{name}={value}" if name != table.search else name for name, value in asks.items()]
    await noted(
        "list.export",
        act,
        subject="list",
        customer_ids=customers[:IDS_MAX],
        fields=(new.list, *(column.name for column in columns), *said),
        purpose=as_recorded(new),
        shown=len(found),
    )
    name = f"{new.list}-{act.today.isoformat()}.{new.format}"
    return ListFile(name, MEDIA[new.format], written(name, heads, cells, sheet="list"), len(found), more)


class ListExportController(Controller):
    path = "/api/v1/list-exports"
    tags = ("views",)

    @post(
        "/",
        needs=EXPORT,
        cost=BULK,
        confirmed=True,
        status_code=200,
        summary="A list as a file: what filters and columns show",
        media_type=AS_IT_IS,
    )
    async def export_list(self, data: NewListExport, shell: Shell) -> Response[bytes]:
        return answer(await export(data, shell))


def answer(file: ListFile) -> Response[bytes]:
    """The file to be kept; beside it how many rows it has, and whether there were more."""
    headers = {
        "Content-Disposition": f'attachment; filename="{file.name}"',
        "X-Guibin-Rows": str(file.rows),
        "X-Guibin-More": "true" if file.more else "false",
        "Cache-Control": "private, no-store",
    }
    return Response(file.content, media_type=file.media_type, headers=headers)


Cells = list[list[tuple[str, str]]]


async def _rows(
    new: NewListExport, asks: dict[str, str], columns: tuple[lists.Column, ...], shell: Shell
) -> tuple[Cells, tuple[UUID, ...], bool]:
    table = table_of(new.list)
    mine = {name: str(shell.act.by.person) if value == ME else value for name, value in asks.items()}
    filters = lists.filled(table, mine)
    wanted = Wanted(new.sort or table.sort, tuple(column.name for column in columns))
    found: Cells = []
    customers: dict[UUID, None] = {}
    cursor: str | None = None
    while len(found) < ROWS_MAX:
        rows = await table.rows(filters, PageAsked(min(_PAGE, ROWS_MAX - len(found)), cursor), wanted, shell)
        found += sheets.lines(rows, columns, shell)
        customers |= {each: None for row in rows["rows"] if (each := whose(row)) is not None}
        cursor = rows["next"]
        if cursor is None:
            break
    return found, tuple(customers), cursor is not None


def whose(row: Any) -> UUID | None:
    """The customer whose row it is: the one it names, or who it is itself."""
    if hasattr(row, "customer_id"):
        named: UUID | None = row.customer_id
        return named
    return row.id if isinstance(row, CustomerView) else None


def _wide(titles: list[str], found: Cells, shell: Shell) -> tuple[list[str], list[list[str]]]:
    """Each cell's second line becomes a column of its own where any row has one."""
    two = [any(row[place][1] for row in found) for place in range(len(titles))]
    heads = [
        head
        for title, wide in zip(titles, two, strict=True)
        for head in ((title, shell.says("views.export.beside", what=title)) if wide else (title,))
    ]
    cells = [
        [text for (said, beside), wide in zip(row, two, strict=True) for text in ((said, beside) if wide else (said,))]
        for row in found
    ]
    return heads, cells
