"""Suggestions and demands that go up the line (S07-14)."""
