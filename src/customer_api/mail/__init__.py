"""Mails: queued in the transaction of what they tell, delivered later, at least once."""
