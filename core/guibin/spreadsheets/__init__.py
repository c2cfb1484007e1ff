"""Tables from and to files: xlsx and csv, read through a mapping, reported row by row."""
