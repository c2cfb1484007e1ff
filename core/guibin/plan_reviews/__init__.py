"""Marketing and service plans that are reviewed before they run (S04-4, S04-7, S08-4)."""
