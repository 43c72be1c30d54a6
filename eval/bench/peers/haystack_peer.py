"""Haystack: dense retrieval, and a pipeline that fuses it with BM25 by reciprocal ranks."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness import CANDIDATES, DEPTH, Built, Document, Opened, main, model_path


class Haystack:
    """The store is the one in memory, saved as JSON."""

    packages = (
        "haystack-ai",
        "sentence-transformers-haystack",
        "sentence-transformers",
        "torch",
        "transformers",
    )

    def build(self, documents: Sequence[Document], folder: Path) -> Built:
        """Embed into a store and save it."""
        from haystack import Document as Stored
        from haystack.document_stores.in_memory import InMemoryDocumentStore
        from haystack_integrations.components.embedders.sentence_transformers import (
            SentenceTransformersDocumentEmbedder,
        )

        embedder = SentenceTransformersDocumentEmbedder(model=model_path(), progress_bar=False)
        embedder.warm_up()
        embedder.run([Stored(content="warm-up")])
        store = InMemoryDocumentStore(embedding_similarity_function="cosine")
        began = time.perf_counter()
        stored = [Stored(id=document.id, content=document.whole) for document in documents]
        store.write_documents(embedder.run(stored)["documents"])
        store.save_to_disk(str(folder / "store.json"))
        return Built(time.perf_counter() - began, len(documents))

    def open(self, configuration: str, folder: Path) -> Opened:
        """Load the store; make the pipeline."""
        from haystack import Pipeline
        from haystack.components.joiners import DocumentJoiner
        from haystack.components.retrievers.in_memory import (
            InMemoryBM25Retriever,
            InMemoryEmbeddingRetriever,
        )
        from haystack.document_stores.in_memory import InMemoryDocumentStore
        from haystack_integrations.components.embedders.sentence_transformers import (
            SentenceTransformersTextEmbedder,
        )

        store = InMemoryDocumentStore.load_from_disk(str(folder / "store.json"))
        hybrid = configuration == "hybrid RRF"
        pipeline = Pipeline()
        embedder = SentenceTransformersTextEmbedder(model=model_path(), progress_bar=False)
        pipeline.add_component("embedder", embedder)
        dense = InMemoryEmbeddingRetriever(store, top_k=CANDIDATES if hybrid else DEPTH)
        pipeline.add_component("dense", dense)
        pipeline.connect("embedder.embedding", "dense.query_embedding")
        if hybrid:
            pipeline.add_component("words", InMemoryBM25Retriever(store, top_k=CANDIDATES))
            joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=DEPTH)
            pipeline.add_component("joiner", joiner)
            pipeline.connect("dense", "joiner")
            pipeline.connect("words", "joiner")

        def ask(text: str) -> list[str]:
            asked: dict[str, Any] = {"embedder": {"text": text}}
            if hybrid:
                asked["words"] = {"query": text}
            found = pipeline.run(asked)["joiner" if hybrid else "dense"]["documents"]
            return [document.id for document in found]

        return Opened(ask)


if __name__ == "__main__":
    main(Haystack())
