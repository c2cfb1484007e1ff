"""Running the product: its servers and processes, the database's tables, and companies made tenants or erased."""
