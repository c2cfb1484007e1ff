"""What account managers plan and note, and what was agreed for each customer (S05-4, S07-14, S01-5)."""
