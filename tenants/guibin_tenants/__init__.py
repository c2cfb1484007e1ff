"""Companies as isolated tenants. Knows no customer, tier or complaint."""
