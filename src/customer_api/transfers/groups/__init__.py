"""Files of groups of customers."""
