"""The archive as tools for a language model's client, over the Model Context Protocol.

Three read-only tools on the one engine: ``search`` and ``fetch`` in the shape that chat products
expect, and ``ask``. ``tools`` is what they do, ``server`` puts them behind the official package's
server, ``http`` and ``stdio`` are the two ways in. The package is slow to import (half a second),
so whoever uses this imports it when the first call comes.
"""
