"""Deadlines: calendars, timers, and the sweep that fires what is due."""
