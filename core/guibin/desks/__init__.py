"""Dedicated desks for important customers in main business halls (S07-3)."""
