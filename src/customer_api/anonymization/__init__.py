"""Deleting an account: irreversible anonymization, all or nothing, with a receipt."""
