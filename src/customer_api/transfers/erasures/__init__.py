"""Files of who was anonymized: nothing but references and times."""
