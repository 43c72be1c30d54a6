"""txtai: dense, and hybrid as its users ask for it, with its default index and its BM25."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from harness import DEPTH, Built, Document, Opened, main, model_path


class Txtai:
    """Content is stored with the index, so that a result can be shown."""

    packages = ("txtai", "torch", "transformers", "faiss-cpu")

    def build(self, documents: Sequence[Document], folder: Path) -> Built:
        """Embed once; save the hybrid index, then, untimed, the same one without keywords."""
        from txtai import Embeddings

        embeddings = Embeddings(path=model_path(), content=True, hybrid=True)
        embeddings.transform("warm-up")
        began = time.perf_counter()
        embeddings.index([(document.id, document.whole, None) for document in documents])
        embeddings.save(str(folder / "hybrid"))
        seconds = time.perf_counter() - began
        embeddings.scoring = None
        for key in ("hybrid", "scoring"):
            embeddings.config.pop(key, None)
        embeddings.save(str(folder / "dense"))
        return Built(seconds, len(documents))

    def open(self, configuration: str, folder: Path) -> Opened:
        """Load a saved index."""
        from txtai import Embeddings

        embeddings = Embeddings()
        embeddings.load(str(folder / configuration))
        assert bool(embeddings.scoring) == (configuration == "hybrid")

        def ask(text: str) -> list[str]:
            return [result["id"] for result in embeddings.search(text, DEPTH)]

        return Opened(ask)


if __name__ == "__main__":
    main(Txtai())
