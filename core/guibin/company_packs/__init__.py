"""Which industry packs the company has: shown, and switched by its own admin where the operator allows it."""
