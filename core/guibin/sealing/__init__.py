"""Confidential values of customers: sealed under the customer's key, shown masked, found by keyed hashes."""
