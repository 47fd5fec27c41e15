"""The customer: a person with an account, their profile and their reference."""
