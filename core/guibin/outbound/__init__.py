"""Reaching other machines: only public ones, over a connection to an address that was checked."""
