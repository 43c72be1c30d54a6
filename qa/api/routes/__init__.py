"""The routes, a module a subject; each holds shapes and hands over to the engine."""
