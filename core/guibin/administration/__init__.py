"""A company's own house: its people, org units and API keys, run by its admins."""
