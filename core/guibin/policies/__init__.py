"""A tenant's policy: its packs' values with its own figures, versioned and effective-dated (S01-2)."""
