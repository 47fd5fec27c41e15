"""Events for the outside world: recorded with what they tell of, delivered to receivers, read by clients."""
