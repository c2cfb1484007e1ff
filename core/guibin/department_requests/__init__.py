"""What one department asks of another: with an owner and a due time, never lost between the two (S01-8, S07-21)."""
