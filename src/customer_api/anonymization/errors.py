"""What can be wrong with the set of anonymizers."""


class AnonymizersInvalid(Exception):
    """The registry cannot be built; the message names the plugin and the mend. Stops the start."""
