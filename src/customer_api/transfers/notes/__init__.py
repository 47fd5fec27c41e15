"""Files of notes about customers."""
