"""A loyalty program: cards of customers, in the database of the customer accounts."""
