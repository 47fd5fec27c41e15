"""The resource type `agent-customer-impersonation-access-tokens`."""
