"""Every recurring job and its rhythm on one screen. Importing this makes all handlers and reactions known."""
