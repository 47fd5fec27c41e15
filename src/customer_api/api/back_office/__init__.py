"""The API of administrators and integrators."""
