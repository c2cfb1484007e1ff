"""Takes rules out of the product, one at a time, and tells which of them no test misses. docs/testing.md says how to read it."""
