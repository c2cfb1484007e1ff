"""The customer archive: who the customer is, how to reach them, what they agreed to, what they ordered."""
