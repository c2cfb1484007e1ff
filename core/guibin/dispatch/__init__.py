"""Doing jobs: handed to an executor under a lease, each effect once, and rescued when a worker vanishes."""
