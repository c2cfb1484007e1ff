"""Who is on duty when, day and night, and what came in while they were (S07-2, S14-9)."""
