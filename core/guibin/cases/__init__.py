"""What complaints, requests and receptions share as cases."""
