"""Files of who subscribes to which newsletter, and of who ended that."""
