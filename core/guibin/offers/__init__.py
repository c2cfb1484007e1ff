"""Scarce goods and services: open to tiers in order, never sold twice (S01-6)."""
