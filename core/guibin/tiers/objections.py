"""What packs say against a membership that an assessment is about to start: asked only where a pack objects at all."""

from datetime import date
from uuid import UUID

import msgspec

from guibin.hookspecs import Proposal
from guibin.packs import Hooks

from .bulk import fetch_all
from .judging import COMPARED, HELD_NOW, Filled

_WOULD_START = (
    COMPARED.rstrip()
    + """
select o.customer_id, o.tier, o.held, o.move, o.measures, c.kind from outcome o
join customer c on c.id = o.customer_id
where o.move in ('start', 'upgrade') order by o.customer_id
"""
)


async def objected(filled: Filled, *, hooks: Hooks, as_of: date) -> dict[UUID, str]:
    """The packs' sentences by customer: whoever they object to keeps what is held. Empty where no pack has the hook.

    The figures stand in the proposal's details as `measure.<name>`. Raises HookFailed.
    """
    if not hooks.has("objections"):
        return {}
    rows = await fetch_all(_WOULD_START.format(**filled.places(holding=HELD_NOW)), *filled.values)
    sentences_of = {}
    for row in rows:
        measures = msgspec.json.decode(row["measures"], type=dict[str, int | None])
        details: dict[str, str | int | bool | None] = {
            "kind": row["move"],
            "scheme": filled.scheme.name,
            "tier": row["tier"],
            "held": row["held"],
            "customer_kind": row["kind"],
            "as_of": str(as_of),
            **{f"measure.{name}": value for name, value in measures.items()},
        }
        sentences = hooks.objections(Proposal("assessment", row["customer_id"], details))
        if sentences:
            sentences_of[row["customer_id"]] = "; ".join(sentences)
    return sentences_of
