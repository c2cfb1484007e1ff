"""Thinking of customers in time: orders about to end, renewals, birthdays and festivals, new services."""
