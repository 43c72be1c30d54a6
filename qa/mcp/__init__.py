"""The archive as tools for a language model's client, over the Model Context Protocol.

It has three read-only tools on the engine: ``search`` and ``fetch`` in the shape that chat products
expect, and ``ask``. ``tools`` has what they do, ``server`` offers them with the official package's
server, ``http`` and ``stdio`` are the two ways to reach it. The package is slow to import (half a
second), so callers import it when the first call comes.
"""
