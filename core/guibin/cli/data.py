"""`guibin import`, `export`, `assess` and `report`: a company's data."""

import tempfile
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from cyclopts import Parameter
from msgspec import Struct

from guibin.audit.actions import noted
from guibin.cases.requests import NewDisclosure
from guibin.insight.actions import unit_seen
from guibin.insight.complaints import ComplaintReport, complaint_report, lines
from guibin.insight.exporting import complaint_workbook, report_workbook
from guibin.insight.figures import Kind, say
from guibin.insight.pages import basis, page, worded
from guibin.insight.reports import Asked, Report
from guibin.insight.reports import report as make_report
from guibin.periods.names import parse_period
from guibin.profiles.disclosures import as_recorded, gate
from guibin.profiles.importing import export_customers
from guibin.spreadsheets import mapping as mappings
from guibin.spreadsheets.importing import BadRows, Imported
from guibin.spreadsheets.mapping import Mapping
from guibin.tiers.assessment import AssessmentView, is_assessable
from guibin.tiers.assessment import assess as assess_scheme
from guibin.transfers.kinds import kind_of
from guibin.transfers.particulars import export_relatives
from guibin_tenants.org_units import by_code
from guibin_tenants.refusals import Invalid

from . import environment
from .output import Json, answer, as_json, as_table, err, explain, out, refuse_unwritable
from .tenants import Why

FileKind = Annotated[
    str,
    Parameter(
        help="customers, relatives, occasions, links, facts, interactions, complaints, orders, venues, materials, merchants, shifts,"
        " offers, qualifications, or what a pack of the company calls its own, such as airline_lounge.stays."
    ),
]


@Parameter(name="*")
@dataclass(frozen=True)
class Reading:
    """How a file is to be read."""

    mapping: Annotated[Path | None, Parameter(help="A TOML file: which column is which field (docs/importing.md).")] = (
        None
    )
    sheet: Annotated[str, Parameter(help="Which sheet of a workbook that has several.")] = ""
    encoding: Annotated[str, Parameter(help="Of a text file that does not show it, such as big5 or gb18030.")] = ""

    def chosen(self) -> Mapping:
        """The mapping's file with what was said beside it."""
        found = mappings.load(self.mapping) if self.mapping else Mapping()
        return msgspec.structs.replace(found, sheet=self.sheet or found.sheet, encoding=self.encoding or found.encoding)


async def import_(
    slug: str,
    kind: FileKind,
    file: Path,
    *,
    reading: Reading | None = None,
    dry_run: Annotated[bool, Parameter(help="Check everything and say what would happen.", negative="")] = False,
    json: Json = False,
) -> None:
    """Import an xlsx or csv file, whole or not at all. Bad rows go into FILE.errors.xlsx."""
    # What a wrong row is told in, the pages' words: only whoever imports loads them.
    from guibin.transfers.wording import Wording

    try:
        async with environment.inside(slug, changes=True) as session:
            chosen, act = (reading or Reading()).chosen(), session.act
            wording = Wording(kind=kind, policy=act.policy, language=act.language, mapping=chosen)
            done = await kind_of(kind, session.act).take_in(
                file, chosen, session.act, dry_run=dry_run, progress=progress
            )
    except BadRows as refusal:
        explain(refusal)
        report = file.with_name(f"{file.name}.errors.xlsx")
        try:
            wording.write(report, refusal.problems)
        except OSError:
            report = Path(tempfile.gettempdir()) / report.name
            wording.write(report, refusal.problems)
        for one in refusal.problems[:10]:
            err.print(f"  row {one.row}, {one.column}: {one.value!r}: {one.reason}", markup=False, soft_wrap=True)
        err.print(f"All {len(refusal.problems)} problems are in {report}", soft_wrap=True)
        raise SystemExit(1) from None
    if json:
        as_json(done)
    else:
        would = "would be " if done.dry_run else ""
        what = "" if done.what == "rows" else f"{done.what} "
        out.print(
            f"{done.rows} rows read: {done.created} {what}{would}created, {done.updated} {would}updated, {done.unchanged} unchanged."
        )
        _say_not_taken(done)


async def columns(slug: str, kind: FileKind, *, json: Json = False) -> None:
    """What the columns of such a file are called, the pack's fields among them."""
    async with environment.inside(slug) as session:
        names = kind_of(kind, session.act).fields(session.act)
    answer(names, ", ".join(names), json=json)


def _say_not_taken(done: Imported) -> None:
    """Whatever of the file was left alone, so that nothing is lost without a word."""
    if done.differing:
        err.print(f"{done.differing} rows say something else than what is held, which stays.")
    for one in done.not_taken[:10]:
        err.print(f"  row {one.row}, {one.column}: {one.value!r}: {one.reason}", markup=False, soft_wrap=True)
    if len(done.not_taken) > 10:
        err.print(f"  and {len(done.not_taken) - 10} more; --json lists them all")


class Exported(Struct, frozen=True):
    """What an export wrote where."""

    kind: str
    file: str
    rows: int


async def export(
    slug: str,
    kind: FileKind,
    file: Path,
    *,
    clear: Annotated[
        bool,
        Parameter(help="Confidential values in clear; needs --purpose, as facts do, and is on record.", negative=""),
    ] = False,
    why: Why | None = None,
    json: Json = False,
) -> None:
    """Write all archives, relatives, days, parts, facts, contacts, complaints, orders, venues, materials given, merchants, shifts, offers or qualifications to xlsx or csv; the file imports again as it is."""
    if clear and kind not in ("customers", "relatives"):
        raise SystemExit("--clear is for customers and relatives; a contact's telephone number is disclosed one by one")
    refuse_unwritable(file, endings=(".xlsx", ".csv"))
    said = NewDisclosure(**asdict(why or Why()))
    async with environment.inside(slug) as session:
        if kind == "facts":
            await gate(said, ())
            await noted("export.ask", session.act, subject="transfer", fields=(kind,), purpose=as_recorded(said))
        if kind == "customers":
            count = await export_customers(file, session.act, clear=said if clear else None)
        elif kind == "relatives":
            count = await export_relatives(file, session.act, clear=said if clear else None)
        else:
            count = await kind_of(kind, session.act).put_out(file, session.act)
    answer(Exported(kind, str(file), count), f"{count} {kind} are in {file}.", json=json)


async def assess(
    slug: str,
    *,
    as_of: Annotated[date | None, Parameter(help="Facts before this day count; today without.")] = None,
    scheme: Annotated[str | None, Parameter(help="One scheme; all without.")] = None,
    json: Json = False,
) -> None:
    """Assess the whole customer base: who is in which tier, and who moved."""
    found = await _assess(slug, as_of, scheme)
    if json:
        as_json(found)
        return
    for one in found:
        out.print(f"{one.scheme} as of {one.as_of}: {one.customers} customers assessed")
        as_table(
            ("move", "from", "to", "customers"),
            [(move.move, move.held or "-", move.becomes or "-", move.customers) for move in one.moves],
            empty="Nobody is in this scheme yet",
        )


async def report(
    slug: str,
    kind: Literal["complaints", "retention", "service", "tiers"],
    *,
    period: Annotated[str, Parameter(help="A week, month or year: 2015-W17, 2015-04, 2015.")],
    format: Literal["text", "xlsx", "json", "html"] = "text",
    file: Annotated[Path | None, Parameter(help="Where the workbook or page goes; KIND-PERIOD.xlsx without.")] = None,
    unit: Annotated[str | None, Parameter(help="The code of an org unit; the whole company without.")] = None,
) -> None:
    """The figures of a period beside the period before and the targets; `complaints` is the weekly form (S07-28)."""
    target = file or Path(f"{kind}-{period}.{format}")
    if format in ("xlsx", "html"):
        refuse_unwritable(target, endings=(f".{format}",))
    made = await _report(slug, kind, period, format, unit)
    if format == "json":
        as_json(made.found)
    elif format == "text":
        as_table(made.heads, made.rows, empty="There is no figure")
    else:
        target.write_bytes(made.content)
        out.print(f"The report is in {target}.")


class _Made(Struct, frozen=True):
    found: ComplaintReport | Report
    heads: tuple[str, ...] = ()
    rows: list[tuple[str, ...]] = []
    content: bytes = b""


async def _report(slug: str, kind: str, period: str, format: str, unit: str | None) -> _Made:
    async with environment.inside(slug) as session:
        tenant, act = session.tenant, session.act
        chosen = parse_period(period, tenant.time_zone)
        place = await by_code(unit) if unit else None
        if unit and place is None:
            raise SystemExit(f"There is no org unit {unit}")
        seen = await unit_seen(place.id if place else None, by=act.by)

        def text(key: str) -> str:
            return say(key, act.policy, act.language)

        if kind == "complaints" and format != "html":
            statistics = await complaint_report(chosen, seen.id, act)
            content = complaint_workbook(statistics, text) if format == "xlsx" else b""
            return _Made(statistics, ("figure", period, "before", "restated"), list(lines(statistics)), content)
        asked = Asked(kind=msgspec.convert(kind, Kind), period=chosen, org_unit_id=seen.id, org_unit_name=seen.name)
        found = await make_report(asked, act)
        content = b""
        if format == "xlsx":
            content = report_workbook(found, text)
        elif format == "html":
            content = page(found, text, language=act.language)
        return _Made(found, ("figure", period, "before", "of", "target"), _rows(found), content)


def _rows(found: Report) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for one in found.figures:
        unit, target = one.definition.unit, one.definition.target_per_mille
        wanted = "" if target is None else f"{one.definition.good} {target / 10:.1f}%: {_MET[one.met]}"
        rows.append((one.definition.title, worded(one.value, unit), worded(one.before, unit), basis(one), wanted))
    return rows


_MET = {True: "met", False: "not met", None: "too few"}


async def _assess(slug: str, as_of: date | None, scheme: str | None) -> list[AssessmentView]:
    async with environment.inside(slug, changes=True) as session:
        today = session.act.today
        day = as_of or today
        if day > today:
            raise Invalid.at("as_of", f"not after today, {today}", "facts to come are unknown", str(day))
        names = [scheme] if scheme else [one.name for one in session.act.policy.schemes if is_assessable(one)]
        return [await assess_scheme(name, session.act, as_of=day) for name in names]


def progress(stage: str, rows: int) -> None:
    """How far it is, on standard error."""
    err.print(f"  {rows} rows {stage}", style="dim")
