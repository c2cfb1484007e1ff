"""`guibin pack`: the installed industry packs."""

from collections import Counter

from cyclopts import App

from guibin.regulations.rules import all_rules

from . import environment
from .output import as_json, as_table
from .tenants import Json

app = App(name="pack", help="List and show industry packs.")


@app.command(name="list")
def list_(*, json: Json = False) -> None:
    """All installed packs."""
    packs = environment.packs()
    values = [packs.value(name) for name in packs.names]
    rules = Counter(rule.pack for rule in all_rules(None))
    if json:
        as_json([{"name": v.name, "regulation": v.regulation, "rules": rules[v.name]} for v in values])
        return
    as_table(
        ("pack", "regulation", "rules"),
        [(v.name, v.regulation, rules[v.name]) for v in values],
        empty="No pack is installed",
    )


@app.command
def show(pack: str) -> None:
    """The whole pack as JSON: what a tenant that enables it gets."""
    as_json(environment.packs().value(pack))
