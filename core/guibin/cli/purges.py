"""`guibin tenant purge`: what a company left is destroyed for good, by two people, with a certificate."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter
from msgspec import structs

from guibin.context import real_clock
from guibin_tenants import directory, purges, registry
from guibin_tenants.purges import NoPurge, Purge
from guibin_tenants.refusals import Invalid

from . import environment
from .output import Json, answer, answer_table, fail, fields_of, refuse_unless_typed, say

if TYPE_CHECKING:
    from guibin.evidence.verify import ExitPack

app = App(name="purge", help="Destroy a company for good, by two people: ask, confirm, withdraw, show, check.")


@app.command
async def ask(
    slug: str,
    *,
    pack: Annotated[Path, Parameter(help="Its exit pack, written since it was frozen; it is checked first.")],
    because: Annotated[str, Parameter(help="Why, for whoever confirms it.")],
    days: Annotated[int, Parameter(help="For how many days it waits to be confirmed: 7 at least.")] = 30,
    json: Json = False,
) -> None:
    """Ask to destroy everything of a frozen company. Nothing happens until somebody else confirms it after the waiting time."""
    # Read by this command alone: it needs every slice.
    from guibin.operation import purging

    held = _pack(pack)
    with environment.urls() as urls:
        await directory.refuse_moving(urls.owner, slug)
    async with environment.owner(slug) as owner, environment.inside(slug, by=environment.person()) as session:
        asked = await purging.ask(owner, held, session.act, because=because, days=days)
    clear = "" if asked.exit_clear else " The pack holds nothing confidential in clear: that will be gone."
    answer(
        asked,
        f"{asked.asked_by} asks to purge {slug}. From {asked.due_at:%Y-%m-%d %H:%M} UTC on another person may confirm it:"
        f" guibin tenant purge confirm {slug}.{clear}",
        json=json,
    )


@app.command
async def withdraw(slug: str, *, json: Json = False) -> None:
    """Let a company be kept whose purge was asked for and not confirmed yet."""
    from guibin.operation import purging

    async with environment.owner(slug) as owner, environment.inside(slug, by=environment.person()) as session:
        await purging.withdraw(owner, session.act)
    answer({"slug": slug, "purge": None}, f"Nobody asks to purge {slug} any more.", json=json)


@app.command
async def confirm(
    slug: str,
    *,
    certificate: Annotated[Path, Parameter(help="Where the certificate goes: a file that is not there yet.")],
    backup: Annotated[
        list[Path] | None, Parameter(help="A folder of `guibin backup` that may hold it; repeat for several.")
    ] = None,
    yes: Annotated[str, Parameter(help="The slug again, for a script; without it the question is asked.")] = "",
    json: Json = False,
) -> None:
    """Confirm as another person, and destroy rows, files and keys for good; again where it was broken off."""
    from guibin.operation import backups, purging

    refuse_unless_typed(slug, yes, f"Everything of {slug} will be destroyed for ever.")
    if certificate.exists() or not certificate.absolute().parent.is_dir():
        raise Invalid.at("certificate", "a file that is not there yet, in a folder that is", value=str(certificate))
    folders = [each.resolve() for each in backup or ()]
    for folder in folders:
        backups.bases_of(folder)
    environment.use_files()
    with environment.urls() as urls:
        await directory.refuse_moving(urls.owner, slug)
    async with environment.owner(slug) as owner:
        written = await purges.certificate_of(owner, slug)
        if written is None:
            async with environment.inside(slug) as session:
                await purging.refuse_unsigned(session.act)
            confirmed = await purging.confirm(owner, slug, by=environment.person().name, now=real_clock())
            say(f"{slug} is suspended. Waiting for whatever had begun …")
            await purging.settled(owner, await registry.by_slug(owner, slug), now=real_clock())
            async with environment.inside(slug, by=environment.person()) as session:
                left = await purging.last_words(confirmed, folders, session.act)
            written = await purging.purge(owner, slug, left, folders, now=real_clock())
        company = await purging.finish(owner, slug, folders)
    with environment.urls() as urls:
        await directory.bury(urls.owner, company.id)
    certificate.write_text(written, encoding="utf-8")
    rows = sum((line["rows"] for line in purging.lines_of(written) if "table" in line), 0)
    answer(
        {"slug": slug, "certificate": str(certificate), "rows": rows},
        f"{slug} is purged, {rows} rows with its files and keys. The certificate is in {certificate}:"
        f" guibin tenant purge check {certificate}",
        json=json,
    )


@app.command
async def show(
    slug: str,
    *,
    certificate: Annotated[
        Path | None, Parameter(help="Write the certificate of a purged company there, once more.")
    ] = None,
    json: Json = False,
) -> None:
    """How it stands: who asked, from when on it may be confirmed, who confirmed it; and the certificate again."""
    async with environment.owner(slug) as owner:
        stands = await registry.purge_of(owner, slug)
        written = await purges.certificate_of(owner, slug)
    if stands is None and written is None:
        raise NoPurge(f"Nobody asked to purge {slug}")
    if certificate is not None:
        if written is None:
            raise NoPurge(f"{slug} is not purged yet: there is no certificate")
        certificate.write_text(written, encoding="utf-8")
    shown: Purge | dict[str, bool] = stands or {"certificate": True}
    rows = fields_of(stands) if stands is not None else [("certificate", "guibin tenant purge show --certificate FILE")]
    said = structs.asdict(stands) if stands is not None else shown
    answer_table(said, ("", ""), rows, json=json)


@app.command
def check(
    certificate: Path,
    *,
    pack: Annotated[Path | None, Parameter(help="The exit pack it is to be of.")] = None,
    key: Annotated[str, Parameter(help="The key of the company's log, as it was published.")] = "",
    json: Json = False,
) -> None:
    """Say what a certificate proves, a sentence each; exit code 1 at the first thing that is wrong. Needs no database."""
    from guibin.evidence import verify as verifying

    try:
        pinned = verifying.Key.of(key) if key else None
    except ValueError:
        raise Invalid.at("key", "name+id+base64, as the log's page shows it", value=key) from None
    held = _pack(pack) if pack is not None else None
    try:
        with certificate.open("rb") as lines:
            found = verifying.verify_certificate(lines, key=pinned, pack=held)
        said = list(verifying.sentences_of_certificate(found, pinned=pinned is not None))
    except verifying.Wrong as wrong:
        fail(verifying.SAYS[wrong.says][1].format(**wrong.values))
    except OSError as error:
        fail(verifying.SAYS["unread"][1].format(file=error.filename, because=error.strerror))
    if held is not None:
        said.append(("purge_pack_held", {}))
    sentences = [verifying.SAYS[says][1].format(**values) for says, values in said]
    answer({"head": found.head, "rows": found.rows, "says": sentences}, "\n".join(sentences), json=json)


def _pack(folder: Path) -> "ExitPack":
    from guibin.evidence import verify as verifying

    try:
        return verifying.verify_exit(folder)
    except verifying.Wrong as wrong:
        fail(verifying.SAYS[wrong.says][1].format(**wrong.values))
    except OSError as error:
        fail(verifying.SAYS["unread"][1].format(file=error.filename, because=error.strerror))
