"""Forty ways in which somebody breaks a pack: each is the good one with a few words of its files written otherwise."""

from dataclasses import dataclass
from pathlib import Path

GOOD = Path(__file__).parent / "guibin_airline_lounge"
CODE, ZH, EN = "__init__.py", "texts/zh.toml", "texts/en.toml"
SLOW = "    import time; time.sleep(30)\n"
HUNGRY = "    wasted = [0] * 2_000_000_000\n"
JUDGES = '    words = [word for word in ("safety"'
DERIVES = '    segments = measures.get("segments_1y", 0)\n'
OBJECTS = '    matched = proposal.action == "application"'


@dataclass(frozen=True)
class Variant:
    """What stands otherwise in which file, and the words by which it is refused: the first of them where it stands."""

    name: str
    before: str
    after: str
    named: tuple[str, ...] = ()
    file: str = CODE


REFUSED = (
    Variant(
        "a misspelt class", '"confidential", searchable', '"confidental", searchable', ("__init__.py:", "confidential")
    ),
    Variant("a misspelt aggregate", 'aggregate="sum"', 'aggregate="sums"', ("metrics[0].aggregate", "'sum' is meant")),
    Variant("a float for a bound", 'AtLeast("fare_1y", 5_000_000)', 'AtLeast("fare_1y", 0.5)', ("bound", "float")),
    Variant("a text for a number", "grace_days=60", 'grace_days="60"', ("grace_days", "Expected `int`")),
    Variant("a truth for a number", "grace_days=60", "grace_days=True", ("grace_days", "got `bool`")),
    Variant(
        "a list for a tuple",
        "customer_kinds=(FLYER,),\n    metrics",
        "customer_kinds=[FLYER],\n    metrics",
        ("read back as",),
    ),
    Variant(
        "a text for a tuple", "customer_kinds=(FLYER,),\n    fields", "customer_kinds=FLYER,\n    fields", ("`array`",)
    ),
    Variant("another struct", 'ServiceItem("tasting", clause="4.4")', "Hours(3)", ("service_items",)),
    Variant("nothing for a name", 'regulation="贵宾休息室常旅客规则"', "regulation=None", ("regulation", "null")),
    Variant("an unknown field", "always_follow_up=True", "allways_follow_up=True", ("its import", "allways_follow_up")),
    Variant("an unknown setting", 'Setting("gold_miles"', 'Setting("golden_miles"', ("gold_miles",)),
    Variant("an unknown tier", "HeadStart(CLUB, GOLD, 24", 'HeadStart(CLUB, "flyer_gld", 24', ("flyer_gld",)),
    Variant("an unknown item", 'item="tasting"', 'item="testing"', ("testing", "__init__.py:")),
    Variant("an unknown level", 'default_level="delay"', 'default_level="delayed"', ("delayed",)),
    Variant(
        "two of one name",
        'ServiceItem("lounge_guest", clause="4.2")',
        'ServiceItem("tasting", clause="4.2")',
        ("each name once",),
    ),
    Variant(
        "a warning after the end", "HeadStart(CLUB, PLATINUM, 48", "HeadStart(CLUB, PLATINUM, -48", ("head_starts",)
    ),
    Variant("half-translated", 'flyer_gold = "Gold"', "", ("one language only", "flyer_gold"), EN),
    Variant("a text without words", 'flyer_gold = "金卡"', 'flyer_gold = ""', ("flyer_gold", "zh and en"), ZH),
    Variant("texts that cannot be read", "[measure]", "[measure", ("its import", "TOMLDecodeError"), ZH),
    Variant("a page half-translated", 'nobody = "Nobody is in"', "", ("one language only",), "templates/en.toml"),
    Variant("a syntax error", "def close_lounges(", "def close_lounges((", ("__init__.py:", "SyntaxError")),
    Variant(
        "an import that fails",
        "from uuid import UUID",
        "from uuid import UUID\nimport nowhere",
        ("__init__.py:", "nowhere"),
    ),
    Variant(
        "an exit at its import", "from uuid import UUID", "from uuid import UUID\nraise SystemExit(3)", ("SystemExit",)
    ),
    Variant("another name", 'name="airline_lounge"', 'name="lounge"', ("calls itself 'lounge'",)),
    Variant(
        "a misspelt hook",
        "def suggest_level(draft",
        "def sugest_level(draft",
        ("'sugest_level' does not exist", "suggest_level"),
    ),
    Variant("an argument of its own", "def objections(proposal:", "def objections(proposed:", ("proposed",)),
    Variant(
        "a hook that waits", "def derived_measures(", "async def derived_measures(", ("'derived_measures' is async",)
    ),
    Variant(
        "a hook without an answer",
        "hookimpl(lambda: [StayController])",
        "hookimpl(lambda: None)",
        ("'controllers' answers NoneType",),
    ),
    Variant(
        "a table of the core",
        'tablename="airline_lounge_stay"',
        'tablename="customer"',
        ("must be called airline_lounge_customer",),
    ),
    Variant("an index twice", ', name="inside"', "", ("two indexes",)),
    Variant(
        "a change of the core's",
        '("airline_lounge_stay",), statements',
        '("customer",), statements',
        ("change 1 'wish'", "'customer', which is not the pack's own"),
    ),
    Variant("a change of nothing", ", statements=said)]", ")]", ("change 1 'wish' does nothing",)),
    Variant("a change out of turn", 'Change(1, "wish"', 'Change(3, "wish"', ("change 3 'wish' stands where change 1",)),
    Variant("a statement for statements", "statements=said)]", "statements=said[0])]", ("statements is 'alter table",)),
    Variant(
        "an event that is not declared", "lambda: [GuestEntered]", "lambda: []", ("'GuestEntered'", "is not declared")
    ),
    Variant(
        "an event of the core's name",
        'tag="airline_lounge.guest_entered"',
        'tag="complaint_received"',
        ("event 'complaint_received' is not the pack's own",),
    ),
    Variant(
        "an event without words",
        'tag="airline_lounge.guest_entered"',
        'tag="airline_lounge.in"',
        ("event.airline_lounge.in",),
    ),
    Variant(
        "an event of a long name",
        'tag="airline_lounge.guest_entered"',
        'tag="airline_lounge.guest_entered_a_lounge_of_ours_or_of_a_partner_of_ours"',
        ("is longer than 60 signs",),
    ),
    Variant(
        "an event that is none", "lambda: [GuestEntered]", "lambda: [GuestEntered, NewStay]", ("'NewStay' is no Event",)
    ),
    Variant(
        "a figure of the core's name",
        'name="airline_lounge.stays"',
        'name="churn"',
        ("figure 'churn' is not the pack's own",),
    ),
    Variant(
        "a figure without words",
        'name="airline_lounge.stays"',
        'name="airline_lounge.visits"',
        ("figure.airline_lounge.visits",),
    ),
    Variant(
        "a figure of nothing",
        'rows="airline_lounge_stay s"',
        'rows="airline_lounge_stay"',
        ("counts 'airline_lounge_stay'",),
    ),
    Variant(
        "a figure over nothing",
        'rows="airline_lounge_stay s"',
        'rows="airline_lounge_stay s", over="guests"',
        ("'guests', which nobody counts",),
    ),
    Variant(
        "a file's column without words",
        "    customer_number: str\n    lounge: str",
        "    customer_no: str\n    lounge: str",
        ("column 'customer_no' has no words", "customer_number"),
    ),
    Variant(
        "rows that nobody takes in", "takes=let_in", "takes=None", ("import 'airline_lounge.stays'", "no `async def`")
    ),
    Variant(
        "rows that are taken in otherwise",
        "def let_in(data, customer_id, act)",
        "def let_in(data, act)",
        ("'let_in'", "3 arguments"),
    ),
    Variant(
        "a file half-translated", '[import.airline_lounge]\nstays = "Guests who are in"', "", ("one language only",), EN
    ),
    Variant(
        "a file of the core's",
        'PackImport(name="airline_lounge.stays"',
        'PackImport(name="customers"',
        ("import 'customers' is not the pack's own",),
    ),
    Variant(
        "a file without words",
        'PackImport(name="airline_lounge.stays"',
        'PackImport(name="airline_lounge.guests"',
        ("import.airline_lounge.guests",),
    ),
    Variant(
        "a file of a list",
        '    wish: str = ""\n\n\nclass StayView',
        "    wish: list[str] = []\n\n\nclass StayView",
        ("several values",),
    ),
    Variant("a file for everybody", "needs=SEATS.needs)\n\n# What", "needs=None)\n\n# What", ("who may import it",)),
    Variant("a route of the core", '"/api/v1/packs/airline_lounge/stays"', '"/api/v1/customers"', ("must lie under",)),
    Variant("a route for everybody", "needs=SEATS.needs, ", "", ("does not say who may call it",)),
    Variant(
        "an unknown permission", 'may("customers:read"), summary', 'may("customer:read"), summary', ("customer:read",)
    ),
    Variant("a permission of another's", '"airline_lounge:seats"', '"customers:write"', ("is not the pack's own",)),
    Variant("a rhythm that is none", "daily 23:30", "nightly", ("no rhythm 'nightly'",)),
    Variant("a job that there is", "class CloseLounges", "class SweepTimers", ("NameError",)),
    Variant(
        "a job that cannot wait",
        "PackJob(CloseLounges, close_lounges",
        "PackJob(CloseLounges, print",
        ("no `async def`",),
    ),
    Variant(
        "a reaction without a run", "event: MembershipStarted, run: Run", "event: MembershipStarted", ("2 arguments",)
    ),
    Variant(
        "a template that is missing", 'template="stays.html"', 'template="stay.html"', ("no template 'stay.html'",)
    ),
    Variant(
        "a template that cannot be read", "{% endfor %}", "", ("stays.html", "cannot be read"), "templates/stays.html"
    ),
    Variant("an icon that is none", 'icon="users"', 'icon="unicorn"', ("no icon 'unicorn'",)),
    Variant("a demonstration of strangers", 'name = "flyer"', 'name = "sailor"', ("'sailor'",), "demonstration.toml"),
    Variant(
        "a story without a counterpart",
        "otherwise = [",
        "elsewhere = [",
        ("scenarios", "unknown: elsewhere"),
        "scenarios/tiers.toml",
    ),
)
# What can only be seen when it runs: it starts, and what fails is contained.
CONTAINED = (
    Variant("advice that sleeps", JUDGES, SLOW + JUDGES, ("suggest_level", "TookTooLong")),
    Variant("advice that raises", JUDGES, "    raise KeyError(draft.text)\n" + JUDGES, ("suggest_level", "KeyError")),
    Variant("advice that eats memory", JUDGES, HUNGRY + JUDGES, ("suggest_level", "MemoryError")),
    Variant(
        "advice of another kind",
        'LevelSuggestion("safety", because=f"says {words[0]}") if words else None',
        '"safety"',
        ("suggest_level", "TypeError"),
    ),
    Variant("advice of no level", 'LevelSuggestion("safety"', 'LevelSuggestion("saftey"', ()),
    Variant("an objection that raises", OBJECTS, "    raise RuntimeError\n" + OBJECTS, ("objections", "RuntimeError")),
    Variant("an objection that ends the process", OBJECTS, "    import os; os._exit(9)\n" + OBJECTS, ("objections",)),
    Variant("measures that loop", DERIVES, "    while True: pass\n" + DERIVES, ("derived_measures", "TookTooLong")),
)


def made(variant: Variant, folder: Path, package: str) -> Path:
    """The variant as a package of this name below the folder."""
    home = folder / package
    found = 0
    for source in sorted(GOOD.rglob("*")):
        if source.is_file() and "__pycache__" not in source.parts:
            text = source.read_text(encoding="utf-8")
            place = str(source.relative_to(GOOD))
            if place == variant.file:
                found = text.count(variant.before)
                text = text.replace(variant.before, variant.after)
            target = home / place
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text.replace("guibin_airline_lounge", package), encoding="utf-8")
    assert found, f"{variant.name}: the good pack has no {variant.before!r} in {variant.file}"
    return home
