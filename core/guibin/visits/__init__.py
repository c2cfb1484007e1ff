"""Visits to customers: planned, carried out, signed and filed (S07-12)."""
