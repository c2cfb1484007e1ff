"""Whole files in and out: imports and exports as jobs with progress, their files sealed and taken away in time."""
