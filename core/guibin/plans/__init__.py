"""What account managers plan and note: work plans with their items, and work logs (S05-4, S07-14)."""
