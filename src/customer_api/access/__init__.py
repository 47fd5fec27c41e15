"""Which resource types guests of the storefront do not see."""
