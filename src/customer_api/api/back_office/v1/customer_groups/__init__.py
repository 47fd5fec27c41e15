"""The resource types `customer-groups` and `customer-group-members`."""
