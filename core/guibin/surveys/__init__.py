"""Asking customers how satisfied they are, hearing it in time, and changing something because of it (S01-11)."""
