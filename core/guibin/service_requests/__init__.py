"""Service requests: from the application to the filed case, by one desk and in time (S07-5, S07-15, S07-17 to S07-20)."""
