"""Background work: a ledger in PostgreSQL, a relay that shares it out fairly, a worker that does each effect once."""
