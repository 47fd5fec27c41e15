"""Files of customers: their columns, what an import does with a row, and what an export writes."""
