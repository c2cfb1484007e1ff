"""Who looks after a customer and where, who serves beside them, and what goes to another when somebody does."""
