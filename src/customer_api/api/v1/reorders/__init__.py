"""The resource type `reorders`."""
