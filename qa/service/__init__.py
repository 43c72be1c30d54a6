"""What a running service keeps beside the engine: the live index, keys, sessions, its own addresses."""
