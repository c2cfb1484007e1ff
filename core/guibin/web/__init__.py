"""What every part of the HTTP API shares: bodies, answers and problems, pages of lists, versions, and links that prove themselves."""
