"""An index in LanceDB: in a folder that machines share, or in an object store.

``index.py`` is what the rest sees; ``docs/scale.md`` describes it from the outside. A generation is some
tables of its own (``layout.py``), written once and dropped whole; one row of one table says which
generation is live (``pointer.py``), and is replaced by compare-and-set. Everything that is read is
verified by checksums of our own: Lance hands a changed byte on without a word.

Only this package imports lancedb and pyarrow.
"""

from qa.store.lance.index import LanceIndex

__all__ = ["LanceIndex"]
