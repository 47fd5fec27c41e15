"""Changing the profile, and what must follow when the e-mail address changes with it."""
