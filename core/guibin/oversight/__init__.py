"""What auditors go by: who looked at whom, what looks unusual, what left the company, who may what, how decisions came about."""
