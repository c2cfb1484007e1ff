"""Changes of a policy: proposed by whose part it is, approved, told to those who must comply, and read (S04-4, S08-4, S01-13)."""
