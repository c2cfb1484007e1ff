"""The same request twice: one effect, one answer, kept for a while."""
