"""Brochures, promotional articles and demonstrations, given free of charge and on record per customer (S07-31)."""
