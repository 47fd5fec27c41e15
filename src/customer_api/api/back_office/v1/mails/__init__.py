"""The resource type `mails`."""
