"""Groups of customers, for whoever addresses several of them."""
