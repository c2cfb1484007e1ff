"""The terms by which a name is found from within: kept beside the archive, behind its wall, gone when it is erased."""

from collections.abc import Mapping
from uuid import UUID

from guibin.notation.names import search_terms
from guibin_tenants.scope import execute

# Whatever is still right stays: a corrected letter changes few of a long name's terms.
_DROP = """delete from search_term t where t.customer_id = any ($1::uuid[]) and not exists (
    select from unnest($2::uuid[], $3::text[]) as w (customer_id, term)
    where w.customer_id = t.customer_id and w.term = t.term)"""
_ADD = """insert into search_term (id, customer_id, org_unit_id, term)
    select gen_random_uuid(), c.id, c.org_unit_id, w.term from unnest($1::uuid[], $2::text[]) as w (customer_id, term)
    join customer c on c.id = w.customer_id
    on conflict (tenant_id, customer_id, term) do nothing"""


async def name(names: Mapping[UUID, str], *, fresh: bool = False) -> None:
    """Let these customers be found by these names and no others any more; `fresh` ones never had one."""
    pairs = [(customer_id, term) for customer_id, called in names.items() for term in sorted(search_terms(called))]
    whose, terms = [customer_id for customer_id, _ in pairs], [term for _, term in pairs]
    if not fresh:
        await execute(_DROP, list(names), whose, terms)
    if pairs:
        await execute(_ADD, whose, terms)
