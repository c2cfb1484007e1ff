"""Inspection: samples drawn by seed, faults found, corrected by their owners, and followed to the end (S08-6)."""
