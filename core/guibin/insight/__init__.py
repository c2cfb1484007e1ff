"""Figures: each defined in one place, with numerator, denominator and clause."""
