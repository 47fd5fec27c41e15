"""Files of customers from and for other shops."""
