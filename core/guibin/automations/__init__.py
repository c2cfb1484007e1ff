"""Automations of a company's own: when something happens, if conditions hold, then commands; tried on history, switched on, on record."""
