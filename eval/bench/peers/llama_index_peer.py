"""LlamaIndex: its vector index, and the fusion of it with BM25 by reciprocal ranks."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness import CANDIDATES, DEPTH, Built, Document, Opened, main, model_path


class LlamaIndex:
    """Every document is one node. No language model is asked."""

    packages = (
        "llama-index-core",
        "llama-index-embeddings-huggingface",
        "llama-index-retrievers-bm25",
        "sentence-transformers",
        "torch",
        "transformers",
    )

    def build(self, documents: Sequence[Document], folder: Path) -> Built:
        """Embed into the default vector store; index the words; persist both."""
        from llama_index.core import VectorStoreIndex
        from llama_index.core.schema import TextNode
        from llama_index.retrievers.bm25 import BM25Retriever

        model = _model()
        model.get_text_embedding("warm-up")
        began = time.perf_counter()
        nodes = [TextNode(id_=document.id, text=document.whole) for document in documents]
        index = VectorStoreIndex(nodes, embed_model=model)
        index.storage_context.persist(str(folder / "vectors"))
        words = BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=CANDIDATES)
        words.persist(str(folder / "words"))
        return Built(time.perf_counter() - began, len(documents))

    def open(self, configuration: str, folder: Path) -> Opened:
        """Load what was persisted; make the retriever."""
        from llama_index.core import StorageContext, load_index_from_storage

        storage = StorageContext.from_defaults(persist_dir=str(folder / "vectors"))
        index = load_index_from_storage(storage, embed_model=_model())
        hybrid = configuration == "hybrid RRF"
        retriever: Any = index.as_retriever(similarity_top_k=CANDIDATES if hybrid else DEPTH)
        if hybrid:
            from llama_index.core.llms import MockLLM
            from llama_index.core.retrievers.fusion_retriever import (
                FUSION_MODES,
                QueryFusionRetriever,
            )
            from llama_index.retrievers.bm25 import BM25Retriever

            words = BM25Retriever.from_persist_dir(str(folder / "words"))
            retriever = QueryFusionRetriever(
                [retriever, words],
                llm=MockLLM(),
                similarity_top_k=DEPTH,
                num_queries=1,  # the question as it is, no variants of it
                mode=FUSION_MODES.RECIPROCAL_RANK,
                use_async=False,
            )

        def ask(text: str) -> list[str]:
            return [found.node.node_id for found in retriever.retrieve(text)]

        return Opened(ask)


def _model() -> Any:
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    return HuggingFaceEmbedding(model_name=model_path(), device="cpu")


if __name__ == "__main__":
    main(LlamaIndex())
