"""Receptions of guests: from the first news of a visit to the filed material (S10-7, S11-6, S14)."""
