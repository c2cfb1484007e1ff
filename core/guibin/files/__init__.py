"""Files of customers and cases: what they are by their content, sealed, opened on record, in the database or an object store."""
