"""The HTTP application: the composition root of the API."""
