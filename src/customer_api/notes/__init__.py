"""What operators and clients note about customers, for each other."""
