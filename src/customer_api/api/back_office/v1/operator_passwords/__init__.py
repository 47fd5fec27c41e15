"""The resource type `operator-passwords`."""
