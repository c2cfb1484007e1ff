"""Exporting paid services: the file imports again as it is (S07-25)."""

from pathlib import Path

from guibin.audit.actions import exported
from guibin.context import Act
from guibin.policy.money import from_minor
from guibin.sealing.seeing import AMOUNTS, refuse_partly
from guibin.spreadsheets.writing import write
from guibin_tenants.scope import fetch

ORDER_COLUMNS = ("customer_number", "number", "product", "price", "currency", "started_on", "ends_on")


async def export_orders(file: Path, act: Act) -> int:
    """Write every visible order by number; `ends_on` is exclusive. Raises NotSeenWhole."""
    refuse_partly(AMOUNTS)
    orders = await fetch(
        "select o.*, c.number as customer_number from product_order o"
        " join customer c on c.tenant_id = o.tenant_id and c.id = o.customer_id"
        " where c.erased_at is null order by o.number"
    )
    await exported("order", orders, file, act)
    lines = (
        (
            row["customer_number"],
            row["number"],
            row["product"],
            from_minor(row["price"], row["currency"]).amount,
            row["currency"],
            row["started_on"].isoformat(),
            row["ends_on"].isoformat(),
        )
        for row in orders
    )
    return write(file, ORDER_COLUMNS, lines, sheet="orders")
