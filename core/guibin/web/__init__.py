"""What every part of the HTTP API shares: pages of lists, their parameters, versions, and links that prove themselves."""
