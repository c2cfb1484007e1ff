"""What members of the service team have learned: certificates on record, and the training that is due (S10-9, S08-7)."""
