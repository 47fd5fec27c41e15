"""Newsletters: which there are, who gets them, and the proof that they asked for it."""
