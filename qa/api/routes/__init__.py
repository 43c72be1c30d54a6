"""The routes, one module for each subject; each has shapes and calls the engine."""
