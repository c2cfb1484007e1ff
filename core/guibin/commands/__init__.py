"""What somebody who is no person may do: each command carried out by the slice's own action, in the name of whoever is answerable."""
