"""Bundles: a company's own rules as one file that people can read, exported, compared and taken in elsewhere, whole or not at all."""
