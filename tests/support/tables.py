"""Tables that come into a company and go out of it, as the command line brings and takes them."""

import openpyxl
from acting import acting

from guibin.complaints.exporting import export_complaints
from guibin.complaints.importing import import_complaints
from guibin.policies.queries import effective_policy
from guibin.profiles.exporting import export_orders
from guibin.profiles.importing import export_customers, import_customers, import_orders
from guibin.records.importing import export_interactions, import_interactions
from guibin.spreadsheets.mapping import Mapping
from guibin.spreadsheets.writing import write
from guibin.tiers.exporting import export_facts
from guibin.tiers.importing import import_facts
from support import company_of

KINDS = ("customers", "orders", "facts", "interactions", "complaints")
_IN = {
    "customers": import_customers,
    "orders": import_orders,
    "facts": import_facts,
    "interactions": import_interactions,
    "complaints": import_complaints,
}
_OUT = {
    "customers": export_customers,
    "orders": export_orders,
    "facts": export_facts,
    "interactions": export_interactions,
    "complaints": export_complaints,
}


class Tables:
    """Imports and exports of one company."""

    def __init__(self, world, company, folder):
        self.world, self.company, self.folder = world, company, folder

    async def brings(self, kind, file, mapping=None, **options):
        """Import a file."""
        async with self.company.scope():
            return await _IN[kind](file, mapping or Mapping(), await self.act(options), **options)

    async def takes(self, kind, ending="xlsx", **options):
        """Export into a file of this ending."""
        file = self.folder / f"out.{kind}.{ending}"
        async with self.company.scope():
            await _OUT[kind](file, await self.act(options), **options)
        return file

    async def act(self, options):
        """An act of the company's, or of whom and when the options say."""
        company = company_of(self.company)
        return acting(
            by=options.pop("by", None) or self.company.principal(),
            now=options.pop("now", None) or self.world.clock(),
            policy=options.pop("policy", None) or await self.policy(),
            company=company,
            hooks=self.world.packs.hooks_of(company.packs),
        )

    async def policy(self):
        """The company's policy now."""
        return await effective_policy(self.world.packs, company_of(self.company), at=self.world.clock())

    async def table(self, kind, heading, *lines, ending="csv", **options):
        """Import these lines."""
        file = self.folder / f"in.{kind}.{ending}"
        write(file, heading, lines)
        return await self.brings(kind, file, **options)


def workbook(file, *lines, change=None):
    """A workbook as a spreadsheet program keeps it; `change` gets the sheet and the book."""
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(line)
    if change:
        change(book.active, book)
    book.save(file)
    return file


def counts(done):
    """Created, updated, unchanged, differing."""
    return done.created, done.updated, done.unchanged, done.differing


def wrong(refused):
    """Row and column of every problem."""
    return [(one.row, one.column) for one in refused.value.problems]
