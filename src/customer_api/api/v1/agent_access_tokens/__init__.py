"""The resource type `agent-access-tokens`."""
