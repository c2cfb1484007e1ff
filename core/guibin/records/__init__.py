"""What happened between the company and a customer: contacts, visits, reviews, work plans, and what they add up to."""
