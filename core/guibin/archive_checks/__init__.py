"""Looking over the archives: what is missing, contradicts itself, stands there twice or was not touched for long."""
