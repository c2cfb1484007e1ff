"""What a newcomer gets for a wrong word: the field, the value, the rule or the next step. Never a stack trace."""

import json

import pytest

COMMANDS = """up|serve|worker|migrate|doctor|tenant create|tenant list|tenant show|tenant suspend|tenant resume|key create
key list|key revoke|staff add|staff list|pack list|pack show|import|export|assess|report|timers run|audit list|audit verify
db url|rules|jobs list|jobs show|jobs retry|timetable show|timetable run"""
NOBODY = "There is no tenant 'nobody': `guibin tenant list` shows them"
WRONG = (
    ("tenant create my-shop --pack bakery", ("pack", "an installed pack", "given: bakery")),
    ("tenant create my-shop --time-zone Mars/Olympus", ("time_zone", "Asia/Shanghai", "given: Mars/Olympus")),
    ("tenant create my-shop --simulated-from 2015-13-01", ("--simulated-from", "2015-13-01")),
    ("tenant show nobody", (NOBODY,)),
    ("tenant suspend nobody --because unpaid", (NOBODY,)),
    ("tenant suspend {slug} --because ", ("because", "why")),
    ("tenant resume nobody", (NOBODY,)),
    ("key create nobody --scope *", (NOBODY,)),
    ("key create {slug} --scope cutomers:read", ("scopes", "customers:read", "given: cutomers:read")),
    ("key create {slug} --scope * --expires 2020-01-01", ("expires_at", "a moment to come", "given: 2019-12-31")),
    ("key create {slug} --scope * --address nowhere", ("addresses", "10.1.0.0/16", "given: nowhere")),
    ("key revoke {slug} 1234", ("KEY", "1234")),
    ("staff add {slug} --login li --name 李 --role manager", ("password", "set GUIBIN_PASSWORD")),
    ("pack show bakery", ("an installed pack", "given: bakery")),
    ("import nobody customers good.csv", (NOBODY,)),
    ("import {slug} customers gone.csv", ("file", "an existing file", "given: gone.csv")),
    ("import {slug} people good.csv", ("kind", "people", "customers")),
    ("import {slug} customers good.txt.pdf", ("file", "a file called .xlsx or .csv", "given: good.txt.pdf")),
    (
        "import {slug} customers good.csv --mapping gone.toml",
        ("mapping", "a file that can be read", "given: gone.toml"),
    ),
    ("import {slug} customers good.csv --mapping part.toml", ("colums", "columns", "given: part.toml")),
    (
        "import {slug} customers good.csv --mapping field.toml",
        ("mapping.columns", "did you mean number?", "given: numbr"),
    ),
    ("import {slug} orders good.csv --mapping field.toml", ("mapping.columns", "did you mean number?", "given: numbr")),
    ("import {slug} interactions good.csv --mapping field.toml", ("mapping.columns", "the fields are", "given: numbr")),
    ("import {slug} facts good.csv --mapping field.toml", ("mapping.columns", "the fields are", "given: numbr")),
    ("import {slug} complaints good.csv --mapping field.toml", ("mapping.columns", "the fields are", "given: numbr")),
    (
        "import {slug} customers good.csv --mapping column.toml",
        ("heading", "a column the mapping needs", "given: 编号"),
    ),
    ("export {slug} customers gone/out.csv", ("file", "a folder that exists", "make the folder gone")),
    ("export {slug} customers out.pdf", ("file", ".xlsx or .csv", "given: out.pdf")),
    ("export {slug} customers out.csv --clear", ("purpose", "say why")),
    ("assess {slug} --as-of 2999-01-01", ("as_of", "not after today", "given: 2999-01-01")),
    ("assess {slug} --as-of never", ("--as-of", "never")),
    ("assess {slug} --scheme gold", ("scheme", "one of: key_account", "given: gold")),
    ("report {slug} complaints --period 2015-W60", ("period", "such as 2015-W26", "given: 2015-W60")),
    ("report {slug} tiers --period 2026 --format xlsx --file gone/a.xlsx", ("file", "a folder that exists")),
    ("report {slug} tiers --period 2026 --unit gone", ("org unit gone",)),
    ("timers run {slug} --until 2015-07-05", ("slug", "a simulated clock", "--simulated-from")),
    ("timers run {slug} --until soon", ("--until", "soon")),
    ("audit list {slug} --limit -1", ("--limit", "1")),
    ("jobs list {slug} --limit 0", ("--limit", "1")),
    ("rules --uncovered", ("in a checkout",)),
    ("rules show S07-23", ("in a checkout",)),
    ("nothing", ("nothing", "Available commands")),
)
CUSTOMERS = "number,name,kind\nK1,王伟,leader\n"


@pytest.fixture
def files(tmp_path):
    """The files the wrong words name."""
    (tmp_path / "good.csv").write_text(CUSTOMERS, encoding="utf-8")
    (tmp_path / "good.txt.pdf").write_text(CUSTOMERS, encoding="utf-8")
    (tmp_path / "part.toml").write_text('[colums]\nname = "name"\n')
    (tmp_path / "field.toml").write_text('[columns]\nnumbr = "number"\nname = "name"\n')
    (tmp_path / "column.toml").write_text('[columns]\nnumber = "编号"\n', encoding="utf-8")


@pytest.mark.usefixtures("files")
async def test_a_wrong_word_is_answered_with_what_to_do(tenant, guibin):
    wanting = []
    for line, wanted in WRONG:
        words = [word.format(slug=tenant.slug) for word in line.split(" ")]
        code, out, err = await guibin(*words)
        told = " ".join((out + err).replace("│", " ").split())
        missing = [part for part in wanted if part not in told]
        if code == 0 or missing or "Traceback" in told:
            wanting.append((line, code, missing, told[-400:]))

    assert wanting == []


async def test_every_command_explains_itself(guibin):
    found = {}
    for command in COMMANDS.replace("\n", "|").split("|"):
        code, out, _ = await guibin(*command.split(), "--help")
        found[command] = (code, f"Usage: guibin {command}" in out)

    assert set(found.values()) == {(0, True)}, found


async def test_a_process_ends_with_the_code_and_says_why(process):
    code, out, err = await process("audit", "list", "nobody")

    assert (code, out) == (1, "")
    assert NOBODY in err


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:1/x", "nonsense", "{url}x"])
async def test_a_database_that_is_not_there_is_told_in_a_sentence(guibin, addresses, monkeypatch, url):
    monkeypatch.setenv("GUIBIN_DATABASE_URL", url.format(url=addresses["GUIBIN_DATABASE_URL"].split("?")[0]))

    code, _, err = await guibin("audit", "list", "nobody")

    assert (code, "the database cannot be reached" in err, "guibin doctor" in err) == (1, True, True), err


async def test_a_root_key_that_is_none_is_told_in_a_sentence(guibin, monkeypatch):
    monkeypatch.setenv("GUIBIN_ROOT_KEY", "abc")

    code, _, err = await guibin("audit", "list", "nobody")

    assert (code, "32 random bytes in base64" in err) == (1, True), err


async def test_all_of_a_packs_schemes_that_can_be_assessed_are(world, guibin):
    hotel = await world.tenant(packs=("hotel",))

    code, out, err = await guibin("assess", hotel.slug, "--json")

    assert (code, [one["scheme"] for one in json.loads(out)]) == (0, ["stays"]), err
