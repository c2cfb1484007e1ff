"""Departments assess and analyse what customers need on their own account, and see that it is followed up (S01-12)."""
