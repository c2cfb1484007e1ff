"""Calls of the hotline, each a contact from the moment it is answered or missed, whoever calls (S01-7)."""
