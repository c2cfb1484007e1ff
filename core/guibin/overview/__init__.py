"""What crosses slices: finding anything, the customers as a list, and all that is known of one of them on one page."""
