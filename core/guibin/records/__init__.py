"""What happened between the company and a customer: contacts by whatever channel, questions, and how often there was contact."""
