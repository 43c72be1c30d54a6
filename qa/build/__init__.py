"""From a folder to a generation: changes, passages, assembly, calibration, upkeep."""
