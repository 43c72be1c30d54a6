"""A folder to a generation: what changed, passages, assembly, calibration, upkeep."""
