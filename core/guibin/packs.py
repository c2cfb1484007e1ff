"""Packs: found by entry point, checked at the start, and called per tenant. The only module that calls pluggy."""

