"""Who did what to whom in the back office, when: rows that nobody changes."""
