"""What a pack from outside may add to the console, and each of the ways in which that may fail."""

from importlib.resources import files

from msgspec.structs import replace
from pack_values import all_packs

from guibin import Figure, Pack, PackColumn, PackPage, Panel, Tile, hookimpl
from guibin_tenants.principals import may
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import execute, fetch, fetch_value

CUSTOMERS, AUDIT = may("customers:read"), may("audit:read")


@hookimpl
def pack() -> Pack:
    """The values do not matter here."""
    return replace(all_packs().value("cable_tv"), name="gallery")


@hookimpl
def templates():
    return files("guibin_gallery") / "templates"


async def everybody(asked, act):
    """Every customer in sight, whatever the statement does not say."""
    return {"rows": await fetch("select name from customer order by name"), "asked": asked.get("word", "")}


async def named(customer_id, act):
    return {"name": await fetch_value("select name from customer where id = $1", customer_id)}


async def none_to_show(customer_id, act):
    return None


async def misspelt(customer_id, act):
    """Writes, then fails in the database: nothing of it may stay."""
    await execute("update customer set name = 'overwritten' where id = $1", customer_id)
    await fetch("select no_such_column from customer")


async def refusing(customer_id, act):
    raise NotFound("The gallery is closed on Mondays")


async def counted(act):
    return Figure(await fetch_value("select count(*) from customer"), "warn", "in sight", "/console/customers")


async def uncountable(act):
    raise ZeroDivisionError


def _panel(name, shows, needs=CUSTOMERS):
    return Panel(name=name, on="customer", needs=needs, shows=shows, template="named.html")


@hookimpl
def pages():
    return [
        PackPage(name="everybody", needs=CUSTOMERS, shows=everybody, template="everybody.html", icon="users"),
        PackPage(name="secret", needs=AUDIT, shows=everybody, template="everybody.html", icon="lock"),
    ]


@hookimpl
def panels():
    return [
        _panel("misspelt", misspelt),
        _panel("refusing", refusing),
        _panel("named", named),
        _panel("nothing", none_to_show),
        _panel("audited", named, AUDIT),
    ]


@hookimpl
def tiles():
    return [
        Tile(name="uncountable", needs=CUSTOMERS, shows=uncountable),
        Tile(name="counted", needs=CUSTOMERS, shows=counted),
        Tile(name="audited", needs=AUDIT, shows=counted),
    ]


async def letters(customer_ids, act):
    rows = await fetch("select id, name from customer where id = any ($1) and name <> 'Nobody'", list(customer_ids))
    return {row["id"]: f"{len(row['name'])} letters <of it>" for row in rows}


async def unreadable(customer_ids, act):
    raise ZeroDivisionError


@hookimpl
def columns():
    return [
        PackColumn(name="letters", on="customers", needs=CUSTOMERS, shows=letters),
        PackColumn(name="unreadable", on="customers", needs=CUSTOMERS, shows=unreadable),
        PackColumn(name="audited", on="customers", needs=AUDIT, shows=letters),
    ]
