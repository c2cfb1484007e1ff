"""Telling a company's other systems what happened, by Standard Webhooks: signed, thin, at least once."""
