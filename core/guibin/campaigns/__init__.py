"""Campaigns to a selected segment, beside a control group, with measured results (S06-4)."""
