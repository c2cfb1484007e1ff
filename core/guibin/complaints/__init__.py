"""Complaints: intake, levels, first-contact owner, hand-overs, resolution, callback, cause, rectification, samples, measures."""
