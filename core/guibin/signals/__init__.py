"""Warnings before a customer complains: what was noticed opens a task, whose it is and until when (S07-32, S07-16)."""
